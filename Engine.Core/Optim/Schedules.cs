using Engine.Core.Operations;
using Engine.Kernels;

namespace Engine.Core.Optim;

/// <summary>Step sizes that depend on the number of updates made; computed on the device, so that replays advance.</summary>
public static class Schedules
{
    /// <summary>
    /// From <paramref name="start"/> in a straight line to <paramref name="end"/> after <paramref name="steps"/> updates, and constant
    /// then.
    /// </summary>
    /// <param name="step">Updates made, Int32 without axes, as in <see cref="OptimiserState.Step"/>.</param>
    /// <param name="start">The first value, which is met exactly.</param>
    /// <param name="end">The last value, which is met exactly.</param>
    /// <param name="steps">Updates from one to the other, at least 1.</param>
    /// <param name="type">The element type of the result.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is not finite, or <paramref name="steps"/> is less than 1.</exception>
    public static Tensor Linear(Tensor step, double start, double end, int steps, ElementType type = ElementType.Float32)
        => Between(step, start, end, steps, type, done => (1 - done, done));

    /// <summary>
    /// From <paramref name="start"/> along half a cosine to <paramref name="end"/> after <paramref name="steps"/> updates, and constant
    /// then.
    /// </summary>
    /// <inheritdoc cref="Linear"/>
    public static Tensor Cosine(Tensor step, double start, double end, int steps, ElementType type = ElementType.Float32)
        => Between(
            step, start, end, steps, type, done => ((done * (Math.PI / 2)).Cos().Square(), (done * (Math.PI / 2)).Sin().Square()));

    // A mean of the two values: with what they count by the last one keeps its digits also where it is far smaller than the first.
    private static Tensor Between(
        Tensor step, double start, double end, int steps, ElementType type, Func<Tensor, (Tensor Start, Tensor End)> shares)
    {
        Option.Finite(start, nameof(start));
        Option.Finite(end, nameof(end));
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        var done = (step.Cast(type) / steps).Clamp(0, 1);
        var (first, last) = shares(done);
        var (before, after) = (Tensor.Full(start, [], type, step.Device), Tensor.Full(end, [], type, step.Device));
        return Tensor.Where(done > 0, Tensor.Where(done < 1, new LinearCombination(start, end).Apply(first, last), after), before);
    }
}
