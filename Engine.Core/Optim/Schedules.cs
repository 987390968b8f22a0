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
    /// <param name="start">The first value.</param>
    /// <param name="end">The last value.</param>
    /// <param name="steps">Updates from one to the other, at least 1.</param>
    /// <param name="type">The element type of the result.</param>
    public static Tensor Linear(Tensor step, double start, double end, int steps, ElementType type = ElementType.Float32)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        var done = (step.Cast(type) / steps).Clamp(0, 1);
        return (done * (end - start)) + start;
    }

    /// <summary>
    /// From <paramref name="start"/> along half a cosine to <paramref name="end"/> after <paramref name="steps"/> updates, and constant
    /// then.
    /// </summary>
    /// <inheritdoc cref="Linear"/>
    public static Tensor Cosine(Tensor step, double start, double end, int steps, ElementType type = ElementType.Float32)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        var done = (step.Cast(type) / steps).Clamp(0, 1);
        return ((done * Math.PI).Cos() * ((start - end) / 2)) + ((start + end) / 2);
    }
}
