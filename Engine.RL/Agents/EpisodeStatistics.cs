using Engine.RL.Statistics;

namespace Engine.RL.Agents;

/// <summary>What came of episodes.</summary>
/// <param name="Returns">The sum of rewards of each.</param>
/// <param name="Lengths">The steps of each.</param>
public sealed record EpisodeStatistics(IReadOnlyList<double> Returns, IReadOnlyList<int> Lengths)
{
    /// <summary>The number of episodes.</summary>
    public int Count => Returns.Count;

    /// <summary>The mean return.</summary>
    public double Mean => Returns.Average();

    /// <summary>The standard error of the mean return; NaN for a single episode.</summary>
    public double StandardError => Estimate.Of(Returns).Error;

    /// <summary>The least return.</summary>
    public double Min => Returns.Min();

    /// <summary>The greatest return.</summary>
    public double Max => Returns.Max();

    /// <summary>The mean length.</summary>
    public double MeanLength => Lengths.Average();
}
