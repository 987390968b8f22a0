using Engine.Core;
using Engine.Kernels;
using Engine.Kernels.Cpu;
using Engine.RL.Experiments;
using Engine.RL.Meta;
using Engine.RL.Training;
using Xunit;

namespace Engine.Tests.RL;

public class MetaGradientVarianceTests
{
    private static readonly AgentRun s_run = new("1", 2, SmallSnake.Settings);
    private static readonly IReadOnlyList<ExperimentSnapshot> s_points = SmallSnake.Snapshots(s_run);
    private static readonly MetaGradientVarianceSettings s_small
        = new() { Methods = ["2", "1", "2-mix"], Points = 3, Replicates = 3, Oracle = 3 };
    private static readonly string[] s_columns = [.. new MetaGradientVariance(s_small, s_run, [], Device.Cpu).Columns];

    [Fact]
    public void RowsAreThoseOfTheSettings()
    {
        var watcher = new Watcher();
        var rows = Run(s_small, watcher);

        // The middles of three parts of eight points.
        var expected = from update in (int[])[1, 4, 6] from method in s_small.Methods select (method, 2, update);
        Assert.Equal(expected, rows.Select(row => (row.Method, row.Seed, row.Iteration)));
        Assert.Equal(28, s_columns.Length);
        Assert.Equal(28, s_columns.Distinct().Count());
        Assert.All(rows, row => Assert.Equal(28, row.Values.Length));
        Assert.All(rows.SelectMany(row => row.Values), value => Assert.True(double.IsFinite(value)));
        Watcher.Same(rows, watcher.Rows);
        Assert.Equal([("1-2", 0, 3), ("1-2", 1, 3), ("1-2", 2, 3), ("1-2", 3, 3)], watcher.Reports);
        Assert.True(watcher.Ended);
    }

    [Theory]
    [InlineData(100, "0 1 2 3 4 5 6 7")]
    [InlineData(1, "4")]
    public void PointsAreThoseThereAreAtMost(int points, string expected)
    {
        var rows = Run(s_small with { Points = points, Methods = ["1"], Oracle = 1, Replicates = 2 });
        Assert.Equal(expected, string.Join(' ', rows.Select(row => row.Iteration)));
    }

    [Fact]
    public void RowsAreDeterministicAndIndependentOfThreadsAndOtherMethods()
    {
        var expected = Run(s_small);
        Watcher.Same(expected, Run(s_small));
        Watcher.Same(expected, Run(s_small, threads: 3));
        Watcher.Same([.. expected.Where(row => row.Method == "1")], Run(s_small with { Methods = ["1"] }));
    }

    [Fact]
    public void EveryCheckpointLeadsToTheSameRows()
    {
        var watcher = new Watcher { TakesAll = true };
        var expected = Run(s_small, watcher);
        Assert.Equal(4, watcher.Snapshots.Count);
        foreach (var snapshot in watcher.Snapshots)
            Watcher.Same(expected, Run(s_small, start: snapshot));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void AnAgentThatHasOtherPointsNowIsRefused(int done)
    {
        using var device = new CpuDevice(1);
        var watcher = new Watcher { TakesAll = true };
        new MetaGradientVariance(s_small, s_run, Loaders[..5], device).Run(watcher);
        var longer = new MetaGradientVariance(s_small, s_run, Loaders, device);
        var e = Assert.Throws<InvalidDataException>(() => longer.Resume(watcher.Snapshots[done]));
        Assert.Equal("Agent 1-2 has other points of training now than before: begin anew.", e.Message);
        new MetaGradientVariance(s_small, s_run, Loaders[..5], device).Resume(watcher.Snapshots[done]);
    }

    [Fact]
    public void RowsAreTheStatisticsOfMetaGradients()
    {
        var row = Run(s_small with { Points = 1, Methods = ["2-mix"] }).Single();
        using var device = new CpuDevice(1);
        using var scope = new TensorScope();
        using var sampler = new MetaGradientSampler(
            SmallSnake.UpdateOf(s_run), [MetaGradientMethod.Parse("2-mix"), MetaGradientMethod.Parse("3")], device);
        var found = sampler.Sample(SmallSnake.LearnerOf(s_run, s_points[4], device), s_run.Seed, number: 4, replicates: 3);
        float[][] samples = [.. found.Select(each => each.Values)];
        string[] names = ["gamma", "lambda", "c_crit", "c_entr"];
        for (int component = 0; component < 4; component++)
        {
            double[] values = [.. Enumerable.Range(0, 3).Select(replicate => (double)samples[0][(5 * replicate) + component])];
            double mean = values.Average(), deviation = Math.Sqrt(values.Sum(x => (x - mean) * (x - mean)) / 2);
            Assert.Equal(mean, Value(names[component] + "_mean"), 1e-12);
            Assert.Equal(deviation / Math.Sqrt(3), Value(names[component] + "_mean_error"), 1e-12);
            Assert.Equal(deviation, Value(names[component] + "_std"), 1e-12);
            Assert.Equal(Math.Abs(mean) / deviation, Value(names[component] + "_snr"), 1e-9);
        }

        var all = EstimatorStatistics.Of(samples[0], samples[1], 5, [0, 1, 2, 3]);
        Assert.Equal((all.BiasNorm.Value, all.BiasNorm.Error), (Value("bias"), Value("bias_error")));
        Assert.Equal((all.Cosine.Value, all.Cosine.Error), (Value("cosine"), Value("cosine_error")));
        Assert.True(Value("bias") > 0);

        double Value(string column) => row.Values[Column(column)];
    }

    [Fact]
    public void TheOracleItselfHasNoBias()
    {
        var rows = Run(s_small with { Methods = ["3", "2"] });
        Assert.All(rows, row => Assert.Equal(row.Method == "3", row.Values[Column("bias")] == 0));
        Assert.All(rows.Where(row => row.Method == "3"), row => Assert.Equal(1, row.Values[Column("cosine")], 1e-12));
    }

    [Fact]
    public void WhatIsLearnedIsJudged()
    {
        var run = s_run with { Settings = SmallSnake.Settings with { Learn = [Hyperparameter.LearningRate, Hyperparameter.Lambda] } };
        var point = SmallSnake.Snapshots(run)[3];
        using var device = new CpuDevice(1);
        var variance = new MetaGradientVariance(s_small with { Methods = ["2"] }, run, [() => point], device);
        Assert.Equal(["lambda", "learning_rate"], variance.Parameters);
        string[] columns = [.. variance.Columns];
        Assert.Equal((16, "learning_rate_mean"), (columns.Length, columns[6]));
        var row = variance.Run(new SilentObserver()).Single();
        Assert.Equal(16, row.Values.Length);
        Assert.All(row.Values, value => Assert.True(double.IsFinite(value)));
        Assert.NotEqual(0, row.Values[6]);
    }

    [Fact]
    public void AnAgentThatLearnsNoMetaParameterIsRefused()
    {
        var run = s_run with { Settings = SmallSnake.Settings with { Learn = [] } };
        using var device = new CpuDevice(1);
        var variance = new MetaGradientVariance(s_small, run, Loaders, device);
        Assert.Equal(
            "Agent 1-2 learns no meta-parameter: there are no meta-gradients to judge.",
            Assert.Throws<ArgumentException>(() => variance.Run(new SilentObserver())).Message);
    }

    [Fact]
    public void PointsOfAnotherAgentAreRefused()
    {
        using var device = new CpuDevice(1);
        var other = s_run with { Settings = SmallSnake.Settings with { Grid = new(4, 8) } };
        var variance = new MetaGradientVariance(s_small, other, [() => s_points[0]], device);
        var e = Assert.Throws<InvalidDataException>(() => variance.Run(new SilentObserver()));
        Assert.Equal("tensor Inner.Parameters.Trunk.Dense.Weights is Float32 [32, 40], but Float32 [64, 40] is wanted.", e.Message);
        Assert.Equal(0, device.Pool.LiveBlocks);
    }

    [Fact]
    public void NothingIsLeftInMemory()
    {
        using var device = new CpuDevice(2);
        var variance = new MetaGradientVariance(s_small, s_run, Loaders, device);
        variance.Run(new SilentObserver());
        Assert.Equal(0, device.Pool.LiveBlocks);
        using var cancel = new CancellationTokenSource();
        cancel.Cancel();
        Assert.Throws<OperationCanceledException>(() => variance.Run(new SilentObserver(), cancel.Token));
        Assert.Equal(0, device.Pool.LiveBlocks);
    }

    private static int Column(string name) => Array.IndexOf(s_columns, name);

    private static Func<ExperimentSnapshot>[] Loaders => [.. s_points.Select(point => (Func<ExperimentSnapshot>)(() => point))];

    private static IReadOnlyList<MetricRow> Run(
        MetaGradientVarianceSettings settings, IExperimentObserver? observer = null, ExperimentSnapshot? start = null, int threads = 1)
    {
        using var device = new CpuDevice(threads);
        var variance = new MetaGradientVariance(settings, s_run, Loaders, device);
        if (start is not null)
            variance.Resume(start);
        return variance.Run(observer ?? new SilentObserver());
    }
}
