namespace Engine.Core.Optim;

/// <summary>Step sizes that depend on the number of updates made, for a <see cref="LearningRate"/>.</summary>
public static class Schedules
{
    /// <summary>
    /// From <paramref name="start"/> in a straight line to <paramref name="end"/> after <paramref name="steps"/> updates, and constant
    /// then.
    /// </summary>
    /// <param name="start">The first value, which is met exactly.</param>
    /// <param name="end">The last value, which is met exactly.</param>
    /// <param name="steps">Updates from one to the other, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is not finite, or <paramref name="steps"/> is less than 1.</exception>
    public static Schedule Linear(double start, double end, int steps)
        => Between(start, end, steps, done => (1 - done, done));

    /// <summary>
    /// From <paramref name="start"/> along half a cosine to <paramref name="end"/> after <paramref name="steps"/> updates, and constant
    /// then.
    /// </summary>
    /// <inheritdoc cref="Linear"/>
    public static Schedule Cosine(double start, double end, int steps)
        => Between(
            start, end, steps, done => ((done * (Math.PI / 2)).Cos().Square(), (done * (Math.PI / 2)).Sin().Square()));

    // A mean of the two values: with what they count by the last one keeps its digits also where it is far smaller than the first.
    private static Schedule Between(double start, double end, int steps, Func<Tensor, (Tensor Start, Tensor End)> shares)
    {
        Option.Finite(start, nameof(start));
        Option.Finite(end, nameof(end));
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        return (step, type) =>
        {
            var done = (step.Cast(type) / steps).Clamp(0, 1);
            var (first, last) = shares(done);
            var (before, after) = (Tensor.Full(start, [], type, step.Device), Tensor.Full(end, [], type, step.Device));
            return Tensor.Where(done > 0, Tensor.Where(done < 1, Tensor.LinearCombination(start, first, end, last), after), before);
        };
    }
}
