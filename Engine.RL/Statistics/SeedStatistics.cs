namespace Engine.RL.Statistics;

/// <summary>
/// What numbers, one for each seed, say of seeds in general. The interquartile mean, the mean of the middle half, hardly moves when one
/// seed is an outlier; Agarwal et al. (2021), "Deep reinforcement learning at the edge of the statistical precipice", recommend it.
/// </summary>
/// <param name="Seeds">How many seeds there are.</param>
/// <param name="Mean">Their mean; NaN if there are none, or one of them has no finite number.</param>
/// <param name="MeanInterval">Its 95% bootstrap interval; null if it is open, as with a single seed.</param>
/// <param name="Iqm">Their interquartile mean; NaN where the mean is.</param>
/// <param name="IqmInterval">Its 95% bootstrap interval; null if it is open.</param>
public sealed record SeedStatistics(int Seeds, double Mean, Interval? MeanInterval, double Iqm, Interval? IqmInterval)
{
    /// <summary>Of numbers, one for each seed, in any order.</summary>
    public static SeedStatistics Of(IReadOnlyList<double> values)
    {
        int seeds = values.Count;
        if (seeds == 0 || !values.All(double.IsFinite))
            return new(seeds, double.NaN, null, double.NaN, null);
        double[] sorted = [.. values.Order()];
        double[] all = [.. Enumerable.Repeat(1.0, seeds)], middle = MiddleHalf(seeds);
        return new(seeds, Weighted(all), Interval(all), Weighted(middle), Interval(middle));

        double Weighted(double[] weights) => sorted.Zip(weights, (value, weight) => value * weight).Sum() / weights.Sum();

        Interval? Interval(double[] weights) => seeds > 1 ? Bootstrap.Of(seeds).Interval(sorted, weights) : null;
    }

    // Of a sorted number that lies across a quartile the part within counts; scipy.stats.trim_mean would count all of it.
    private static double[] MiddleHalf(int count)
    {
        double low = count / 4.0, high = count - low;
        return [.. Enumerable.Range(0, count).Select(i => Math.Max(0, Math.Min(i + 1, high) - Math.Max(i, low)))];
    }
}
