using Engine.RL.Statistics;
using Xunit;

namespace Engine.Tests.RL;

public class SeedStatisticsTests
{
    // Of 3, three quarters of each outer number are cut; of 4 and 8, whole ones, as scipy.stats.trim_mean(x, 0.25) does.
    [Theory]
    [InlineData(7.0, 7.0)]
    [InlineData(2.0, 1.0, 3.0)]
    [InlineData(((0.25 * 1) + 2 + (0.25 * 9)) / 1.5, 1.0, 2.0, 9.0)]
    [InlineData(2.5, -50.0, 2.0, 3.0, 100.0)]
    [InlineData(((0.75 * 1) + 2 + (0.75 * 4)) / 2.5, 0.0, 1.0, 2.0, 4.0, 100.0)]
    [InlineData(4.5, 0.0, 0.0, 3.0, 4.0, 5.0, 6.0, 90.0, 90.0)]
    public void TheInterquartileMeanIsThatOfTheMiddleHalf(double expected, params double[] values)
    {
        Assert.Equal(expected, SeedStatistics.Of(values).Iqm, 1e-12);
        Array.Reverse(values);
        Assert.Equal(expected, SeedStatistics.Of(values).Iqm, 1e-12);
        Assert.Equal(values.Average(), SeedStatistics.Of(values).Mean, 1e-12);
    }

    [Fact]
    public void TheIntervalOfASingleSeedIsOpen()
        => Assert.Equal(new SeedStatistics(1, 3, null, 3, null), SeedStatistics.Of([3]));

    [Theory]
    [InlineData]
    [InlineData(1.0, double.NaN)]
    [InlineData(1.0, double.PositiveInfinity)]
    public void WithoutANumberOfEverySeedNothingIsKnown(params double[] values)
        => Assert.Equal(new SeedStatistics(values.Length, double.NaN, null, double.NaN, null), SeedStatistics.Of(values));

    [Fact]
    public void EqualNumbersAreCertain()
    {
        var statistics = SeedStatistics.Of([0.5, 0.5, 0.5, 0.5]);
        Assert.Equal(new SeedStatistics(4, 0.5, new Interval(0.5, 0.5), 0.5, new Interval(0.5, 0.5)), statistics);
    }

    // Both numbers are the same one in half of the resamples.
    [Fact]
    public void TheIntervalOfTwoSeedsReachesBoth() => Assert.Equal(new Interval(1, 3), SeedStatistics.Of([3, 1]).MeanInterval);

    [Fact]
    public void IntervalsDependOnTheNumbersAlone()
    {
        double[] values = [3, 1, 4, 1, 5, 9];
        Assert.Equal(SeedStatistics.Of(values), SeedStatistics.Of([.. values.Reverse()]));
        var moved = SeedStatistics.Of([.. values.Select(value => (2 * value) + 1)]);
        var interval = SeedStatistics.Of(values).IqmInterval!.Value;
        Assert.Equal((2 * interval.Low) + 1, moved.IqmInterval!.Value.Low, 1e-12);
        Assert.Equal((2 * interval.High) + 1, moved.IqmInterval.Value.High, 1e-12);
    }

    // The mean of a resample deviates by the numbers' own deviation (over n, not n - 1) over the root of n, almost normally.
    [Fact]
    public void TheIntervalOfManyIsThatOfANormalMean()
    {
        double[] values = [.. Enumerable.Range(0, 400).Select(i => (double)i)];
        var interval = SeedStatistics.Of(values).MeanInterval!.Value;
        double expected = 1.96 * Math.Sqrt(((400.0 * 400) - 1) / 12 / 400);
        Assert.Equal(199.5 - expected, interval.Low, 0.1 * expected);
        Assert.Equal(199.5 + expected, interval.High, 0.1 * expected);
    }

    [Fact]
    public void IntervalsCoverTheMeanOfNormalNumbers()
    {
        var random = new Random(1);
        int means = 0, middles = 0;
        const int Samples = 200;
        for (int sample = 0; sample < Samples; sample++)
        {
            var statistics = SeedStatistics.Of([.. Enumerable.Range(0, 30).Select(_ => Normal(random))]);
            means += Covers(statistics.MeanInterval!.Value);
            middles += Covers(statistics.IqmInterval!.Value);
        }

        Assert.InRange(means / (double)Samples, 0.89, 0.99);
        Assert.InRange(middles / (double)Samples, 0.89, 0.99);

        static int Covers(Interval interval) => interval.Low < 0 && interval.High > 0 ? 1 : 0;

        static double Normal(Random random)
            => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
    }
}
