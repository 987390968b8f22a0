using Engine.RL.Statistics;

namespace Engine.RL.Experiments;

/// <summary>A quantity along training: its mean and standard deviation over seeds.</summary>
/// <param name="Iterations">When.</param>
/// <param name="Points">The spread at each of these.</param>
public sealed record Curve(int[] Iterations, Spread[] Points)
{
    /// <summary>The iterations as numbers.</summary>
    public double[] X() => [.. Iterations.Select(iteration => (double)iteration)];

    /// <summary>The means.</summary>
    public double[] Means() => [.. Points.Select(point => point.Mean)];

    /// <summary>The standard deviations, 0 for a single seed.</summary>
    public double[] Deviations() => [.. Points.Select(point => double.IsNaN(point.Std) ? 0 : point.Std)];
}
