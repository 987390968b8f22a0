using Engine.Core;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.Kernels.Cpu;
using Engine.RL;
using Engine.RL.Environments;
using Engine.RL.Experiments;
using Engine.RL.Meta;
using Engine.RL.Statistics;
using Xunit;

namespace Engine.Tests.RL;

public class BiasVarianceTests : MrpExperimentTests<BiasVarianceSettings>
{
    private static readonly BiasVarianceSettings s_small = new()
    {
        LookAhead = [3, 1, 2],
        Oracle = 4,
        Seeds = 2,
        Iterations = 7,
        Points = 3,
        Replicates = 6,
        Batch = 3,
        LearningRate = 0.01,
    };

    // One before each iteration, one before each point, and one at the end.
    public BiasVarianceTests()
        : base(s_small, checkpoints: 7 + 3 + 1)
    {
    }

    [Fact]
    public void RowsAreThoseOfTheSettings()
    {
        var watcher = new Watcher();
        var rows = Run(s_small, observer: watcher);
        var expected = from iteration in (int[])[2, 4, 7]
                       from seed in (int[])[0, 1]
                       from method in (string[])["1", "2", "3", "2-mix", "3-mix"]
                       select (method, seed, iteration);
        Assert.Equal(expected, rows.Select(row => (row.Method, row.Seed, row.Iteration)));
        Assert.All(rows, row => Assert.Equal(BiasVariance.Columns.Count, row.Values.Length));
        Assert.All(rows.SelectMany(row => row.Values), value => Assert.True(double.IsFinite(value)));
        Watcher.Same(rows, watcher.Rows);
        Assert.Equal([("points", 0, 3), ("points", 1, 3), ("points", 2, 3), ("points", 3, 3)], watcher.Reports);
        Assert.True(watcher.Ended);
    }

    // Looking back on all updates of a branch is looking ahead from its beginning; on the last one alone, 1 step from there.
    [Fact]
    public void OthersStandBesideThem()
    {
        var settings = s_small with { Others = ["back-1000", "trace-1", "back-1", "trace-3"], History = 3, TraceDecay = 0 };
        var rows = Run(settings);
        string[] names = ["1", "2", "3", "2-mix", "3-mix", "trace-1", "trace-3", "back-1", "back-1000"];
        Assert.Equal(names, rows.Select(row => row.Method).Distinct());
        Watcher.Same(Run(s_small), [.. rows.Where(row => !row.Method.Contains("back") && !row.Method.Contains("trace"))]);
        foreach (var point in rows.GroupBy(row => (row.Seed, row.Iteration)))
        {
            var of = point.ToDictionary(row => row.Method, row => row.Values);
            Close.All(of["1"], of["trace-1"], 1e-5);
            Close.All(of["3"], of["back-1000"], 0.02);
            Assert.NotEqual(of["1"][2], of["back-1"][2], 1e-3 * of["1"][2]);
        }
    }

    [Fact]
    public void RunsCanBeInterruptedWhileAPointIsJudged()
    {
        // 1030 replicates are three portions: checkpoints 2 to 4 belong to the first point.
        var settings = s_small with { LookAhead = [1], Oracle = 1, Seeds = 2, Iterations = 2, Points = 2, Replicates = 1030, Batch = 1 };
        var expected = Run(settings);
        for (int at = 1; at <= 4; at++)
        {
            using var cancel = new CancellationTokenSource();
            int stop = at;
            var watcher = new Watcher { AtCheckpoint = number => Cancel(number == stop) };
            Assert.Throws<OperationCanceledException>(() => Run(settings, observer: watcher, cancel: cancel.Token));
            Assert.Equal(at + 1, watcher.Offered);
            var rest = new Watcher();
            Watcher.Same(expected, Run(settings, start: watcher.Snapshots.Single(), observer: rest));
            Watcher.Same(expected, [.. watcher.Rows, .. rest.Rows]);

            void Cancel(bool now)
            {
                if (now)
                    cancel.Cancel();
            }
        }
    }

    // Interrupted after 4 of 7 iterations, before the point there is judged: the first point of the longer run, 3, is past.
    [Fact]
    public void PointsOfALongerRunThatAreAlreadyPastAreLeftOut()
    {
        var watcher = new Watcher { TakesAll = true };
        Run(s_small, observer: watcher);
        var rows = Run(s_small with { Iterations = 9 }, start: watcher.Snapshots.First(snapshot => snapshot.Iteration == 4));
        Assert.Equal([2, 6, 9], rows.Select(row => row.Iteration).Distinct());
    }

    // Whatever the portions that replicates are judged in: replicate 0 trains, the others judge.
    [Theory]
    [InlineData(6)]
    [InlineData(1030)]
    public void RowsAreTheStatisticsOfTheReplicates(int replicates)
    {
        const int Count = MarkovRewardProcess.States;
        var settings = s_small with { LookAhead = [2], Oracle = 3, Iterations = 2, Points = 1, Replicates = replicates, Batch = 1 };
        var watcher = new Watcher { TakesAll = true };
        var rows = Run(settings, observer: watcher);
        using var device = new CpuDevice(1);
        using var scope = new TensorScope();
        using var learners = new MrpLearners(settings, device);
        learners.Restore(watcher.Snapshots[^1].Tensors, 2);
        var task = new ValuePrediction(new Adam(settings.LearningRate, EpsilonRoot: 1e-8), Batch: 1);
        using var estimator = new MetaGradientEstimator<MrpLearner>(Losses, learner => learner.Eta, perReplicate: true, device);
        var updates = SeedKeys.Several(0, 2, seed => SeedKeys.Update(seed, 2, device));
        Tensor[] results = estimator.Run(learners.State, SeedKeys.Replicates(updates, replicates, first: 1));
        float[][] samples = [.. results.Select(result => result.ToArray<float>())];
        for (int row = 0; row < 4; row++)
        {
            var (seed, method) = (row / 2, row % 2);
            var own = (seed * replicates * Count)..((seed + 1) * replicates * Count);
            var expected = EstimatorStatistics.Of(samples[method][own], samples[2][own], Count, [0, 2, 4, 6, 8]);
            Assert.Equal((method == 0 ? "2" : "2-mix", seed), (rows[row].Method, rows[row].Seed));
            Estimate[] columns = [expected.Bias, expected.Deviation, expected.SignalToNoise, expected.Cosine, expected.BiasNorm];
            Assert.Equal(columns, rows[row].Values.Chunk(2).Select(pair => new Estimate(pair[0], pair[1])));
        }

        // Two steps, their mix, and the oracle.
        Tensor[] Losses(MrpLearner learner, Key key)
        {
            var points = InnerLoop.Unroll(task.With(learner.Eta.Sigmoid()), learner.Inner, key, 3);
            return [points[1].OuterLoss, Mixing.Mix([points[0].OuterLoss, points[1].OuterLoss], 0.5), points[2].OuterLoss];
        }
    }

    [Fact]
    public void TheOracleItselfHasNoBias()
    {
        var rows = Run(s_small with { LookAhead = [1, 4] });
        Assert.All(rows.Where(row => row.Method == "4"), row => Assert.Equal(0, row.Values[0]));
        Assert.All(rows.Where(row => row.Method == "4"), row => Assert.Equal(1, row.Values[6], 1e-12));
        Assert.All(rows.Where(row => row.Method == "1"), row => Assert.True(row.Values[0] > 0));
    }

    // Kappa 0 makes a mix of its first point; other estimators don't notice.
    [Fact]
    public void KappaIsTheDiscountOfMixes()
    {
        var plain = Run(s_small);
        var zero = Run(s_small with { Kappa = 0 });
        Watcher.Same(Of(plain, "1"), Of(zero, "1"));
        Watcher.Same(Of(plain, "3"), Of(zero, "3"));
        Watcher.Same([.. Of(zero, "1").Select(row => row with { Method = "3-mix" })], Of(zero, "3-mix"));
        Assert.NotEqual(Of(plain, "3-mix")[0].Values, Of(zero, "3-mix")[0].Values);

        static MetricRow[] Of(IReadOnlyList<MetricRow> rows, string method) => [.. rows.Where(row => row.Method == method)];
    }

    // What is trained doesn't depend on what is judged, nor how often.
    [Fact]
    public void EstimatorsOfAPointDoNotDependOnOthers()
    {
        var few = Run(s_small with { LookAhead = [2], Points = 1 });
        var many = Run(s_small).Where(row => row.Iteration == 7 && row.Method is "2" or "2-mix").ToArray();
        Watcher.Same(few, [.. many.Where(row => row.Iteration == 7)]);
    }

    [Fact]
    public void NothingIsLeftInMemory()
    {
        using var device = new CpuDevice(2);
        int before = device.Pool.LiveBlocks;
        var watcher = new Watcher { TakesAll = true };
        var judging = new BiasVariance(s_small, device);
        var first = judging.Run(watcher);
        Assert.Equal(before, device.Pool.LiveBlocks);
        judging.Resume(watcher.Snapshots[5]);
        Watcher.Same(first, judging.Run(new SilentObserver()));
        Assert.Equal(before, device.Pool.LiveBlocks);
        using var cancel = new CancellationTokenSource();
        cancel.Cancel();
        Assert.Throws<OperationCanceledException>(() => judging.Run(new SilentObserver(), cancel.Token));
        Assert.Equal(before, device.Pool.LiveBlocks);
    }

    private protected override IReadOnlyList<MetricRow> Run(
        Device device, BiasVarianceSettings settings, ExperimentSnapshot? start, IExperimentObserver observer, CancellationToken cancel)
    {
        var judging = new BiasVariance(settings, device);
        if (start is not null)
            judging.Resume(start);
        return judging.Run(observer, cancel);
    }
}
