using System.Collections.Concurrent;
using Engine.Core;

namespace Engine.RL.Statistics;

/// <summary>
/// Percentile bootstrap intervals of weighted means of sorted numbers, as the mean and the interquartile mean are: how such a mean varies
/// where as many numbers are drawn, with replacement, from those there are. What is drawn follows from their count alone, so that the
/// same numbers have the same interval everywhere.
/// </summary>
internal sealed class Bootstrap
{
    /// <summary>How often numbers are drawn anew.</summary>
    public const int Resamples = 2000;

    private const double Tail = 0.025;

    private static readonly ConcurrentDictionary<int, Bootstrap> s_known = [];

    // [Resamples, count]: the places, in sorted order, of what each resample draws.
    private readonly int[][] _drawn;

    private Bootstrap(int count)
    {
        using var scope = new TensorScope();
        _drawn = [.. Tensor.Integers(Key.Of(0), 0, count, [Resamples, count]).ToArray<int>().Chunk(count)];
        foreach (int[] resample in _drawn)
            Array.Sort(resample);
    }

    /// <summary>The resamples of so many numbers.</summary>
    public static Bootstrap Of(int count) => s_known.GetOrAdd(count, number => new Bootstrap(number));

    /// <summary>The 95% interval of a weighted mean.</summary>
    /// <param name="sorted">The numbers, from the least to the greatest.</param>
    /// <param name="weights">The weight of the least, of the next, and so on.</param>
    public Interval Interval(double[] sorted, double[] weights)
    {
        double[] means = new double[Resamples];
        double total = weights.Sum();
        for (int r = 0; r < Resamples; r++)
        {
            int[] resample = _drawn[r];
            for (int k = 0; k < resample.Length; k++)
                means[r] += weights[k] * sorted[resample[k]];
            means[r] /= total;
        }

        Array.Sort(means);
        return new Interval(Quantile(means, Tail), Quantile(means, 1 - Tail));
    }

    private static double Quantile(double[] sorted, double part)
    {
        double place = part * (sorted.Length - 1);
        int below = (int)place;
        return double.Lerp(sorted[below], sorted[below + 1], place - below);
    }
}
