using Engine.RL;
using Engine.RL.Experiments;
using Engine.RL.Training;
using Xunit;

namespace Engine.Tests.RL;

public class TrainingReportTests
{
    // 40 updates of 10 frames in rows of two updates: the last 5% is the last row.
    private static readonly LearningSettings s_settings = new() { Envs = 5, Rollout = 2, Frames = 400, LogEvery = 2 };

    [Fact]
    public void FinalReturnIsThatOfTheLastTwentieth()
    {
        var result = Result(update => (Episodes: update == 40 ? 4 : 1, Return: update == 40 ? 7 : 100));
        Assert.Equal(7, TrainingReport.FinalReturn(Run("1", 0), result));
    }

    // 200 updates: rows 192, 194, ..., 200 count.
    [Fact]
    public void FinalReturnWeighsRowsByTheirEpisodes()
    {
        var run = Run("1", 0) with { Settings = s_settings with { Frames = 2000 } };
        var result = Result(update => update switch { <= 190 => (5, 50), 192 => (1, 10), 194 => (0, 0), 196 => (3, 2), _ => (0, 0) }, 200);
        Assert.Equal((10 + (3 * 2)) / 4.0, TrainingReport.FinalReturn(run, result), 1e-12);
        Assert.Equal(double.NaN, TrainingReport.FinalReturn(run, Result(update => update <= 190 ? (5, 50) : (0, 0), 200)));
    }

    [Fact]
    public void DeviationRatioIsAMeanOverPointsAndMetaParameters()
    {
        var result = Result(_ => (1, 1), deviations:
        [
            new MetaGradientDeviation(1, [2, 4, 6, 8], [1, 1, 1, 1]),
            new MetaGradientDeviation(9, [3, 3, 3, 3], [3, 1.5, 1, 0]),
        ]);

        // The last meta-parameter does not vary at the second point.
        Assert.Equal((2 + 4 + 6 + 8 + 1 + 2 + 3) / 7.0, TrainingReport.DeviationRatio(result), 1e-12);
        Assert.Equal(double.NaN, TrainingReport.DeviationRatio(Result(_ => (1, 1))));
    }

    [Fact]
    public void SummaryIsThatOfEachMethodOverSeeds()
    {
        MetaGradientDeviation twofold = new(1, [2, 2, 2, 2], [1, 1, 1, 1]), fourfold = new(1, [4, 4, 4, 4], [1, 1, 1, 1]);
        var report = new TrainingReport(
        [
            (Run("3", 0), Result(_ => (1, 10), deviations: [twofold], pace: 100)),
            (Run("0", 0), Result(_ => (0, 0), pace: 300)),
            (Run("3", 1), Result(_ => (2, 13), deviations: [fourfold], pace: 200)),
            (Run("0", 1), Result(_ => (1, 5), pace: 300)),
        ]);
        Assert.Equal(["3", "0"], report.Methods);
        var (three, zero) = (report.Summary[0], report.Summary[1]);
        Assert.Equal(("3", 11.5), (three.Method, three.FinalReturn.Mean));
        Assert.Equal(1.5 * Math.Sqrt(2), three.FinalReturn.Std, 1e-12);
        Assert.Equal(3, three.Deviation!.Value.Mean, 1e-12);
        Assert.Equal(Math.Sqrt(2), three.Deviation.Value.Std, 1e-12);
        Assert.Equal(200, three.FramesPerSecond);

        // Of one seed no episode ended.
        Assert.Equal("0", zero.Method);
        Assert.Equal(double.NaN, zero.FinalReturn.Mean);
        Assert.Null(zero.Deviation);
        Assert.Equal(300, zero.FramesPerSecond);
    }

    [Fact]
    public void CurvesAverageOverPartsAndSeeds()
    {
        var report = new TrainingReport(
        [
            (Run("3", 0), Result(update => (update <= 10 ? 0 : 1, update))),
            (Run("3", 1), Result(update => (1, update))),
        ]);
        var gamma = report.Along("3", "gamma", parts: 4);
        Assert.Equal([10, 20, 30, 40], gamma.Iterations);
        Close.All([6, 16, 26, 36], gamma.Means(), 1e-12);
        Assert.Equal([0.0, 0, 0, 0], gamma.Deviations());

        // Returns are told by episodes; in the first part one seed has none.
        var returns = report.Along("3", "return_mean", parts: 4);
        Assert.Equal(double.NaN, returns.Means()[0]);
        Close.All([16, 26, 36], returns.Means()[1..], 1e-12);
        Assert.Equal([10], report.Along("3", "gamma", parts: 1).Points.Select(point => point.Mean - 11));
    }

    [Fact]
    public void ReturnsOfAPartAreWeighedByEpisodes()
    {
        var report = new TrainingReport([(Run("3", 0), Result(update => update == 2 ? (9, 1) : update == 4 ? (1, 11) : (0, 0)))]);
        Assert.Equal([2, double.NaN, double.NaN, double.NaN], report.Along("3", "return_mean", parts: 4).Means());
    }

    // Whatever the number of updates and of rows, every part has as many rows as another, or one more.
    [Theory]
    [InlineData(75, 10, 100)]
    [InlineData(7, 3, 2)]
    [InlineData(1, 10, 100)]
    [InlineData(1003, 10, 100)]
    public void EveryPartHasRows(int updates, int logEvery, int parts)
    {
        var settings = s_settings with { Frames = updates * 10, LogEvery = logEvery };
        int[] iterations = [.. Enumerable.Range(1, updates).Where(update => update % logEvery == 0 || update == updates)];
        var rows = iterations.Select(update => Row(update, update, 1));
        var report = new TrainingReport([(Run("1", 0) with { Settings = settings }, new TrainingResult([.. rows], []))]);
        var curve = report.Along("1", "gamma", parts);
        Assert.Equal(Math.Min(parts, iterations.Length), curve.Points.Length);
        Assert.Equal(updates, curve.Iterations[^1]);
        Assert.All(curve.Means(), mean => Assert.True(double.IsFinite(mean)));
        Assert.Equal(curve.Iterations.Order().Distinct(), curve.Iterations);
        if (iterations.Length <= parts)
            Assert.Equal(iterations.Select(update => (double)update), curve.Means());
    }

    private static AgentRun Run(string method, int seed) => new(method, seed, s_settings);

    // A row every two updates, with so many episodes since the one before and their mean return; gamma is the number of the update.
    private static TrainingResult Result(
        Func<int, (int Episodes, double Return)> row, int updates = 40, MetaGradientDeviation[]? deviations = null, double pace = 1)
    {
        var rows = new List<MetricRow>();
        int episodes = 0;
        for (int update = 2; update <= updates; update += 2)
        {
            var (count, mean) = row(update);
            episodes += count;
            rows.Add(Row(update, episodes, count == 0 ? double.NaN : mean, pace));
        }

        return new TrainingResult(rows, deviations ?? []);
    }

    private static MetricRow Row(int update, int episodes, double mean, double pace = 1)
    {
        double[] values = new double[Columns<TrainingRow>.Names.Count];
        foreach (var (column, value) in (ReadOnlySpan<(string, double)>)
            [("frames", update * 10), ("episodes", episodes), ("return_mean", mean), ("gamma", update), ("frames_per_second", pace)])
        {
            values[Columns<TrainingRow>.Of(column)] = value;
        }

        return new MetricRow("any", 0, update, values);
    }
}
