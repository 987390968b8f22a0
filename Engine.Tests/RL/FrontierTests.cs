using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Kernels;
using Engine.Kernels.Cpu;
using Engine.RL.Experiments;
using Engine.RL.Meta;
using Engine.RL.Studies;
using Engine.RL.Training;
using Xunit;

namespace Engine.Tests.RL;

public class FrontierTests : MrpExperimentTests<FrontierSettings>
{
    private static readonly FrontierSettings s_small = new()
    {
        Most = 3,
        Kappas = [0.5, 1],
        Mus = [0],
        Reuse = [3],
        Back = [2, 1],
        Oracle = 4,
        Seeds = 2,
        Iterations = 7,
        Points = 3,
        Replicates = 6,
        Measured = 3,
        Batch = 3,
        LearningRate = 0.01,
    };

    private static readonly AgentRun s_run = new("1", 2, SmallSnake.Settings);

    // One before each iteration, before the replicates of each point and before its steps, and one at the end.
    public FrontierTests()
        : base(s_small, checkpoints: 7 + (3 * 2) + 1)
    {
    }

    [Fact]
    public void RowsAreThoseOfTheSettings()
    {
        var watcher = new Watcher();
        var rows = Run(s_small, observer: watcher);
        string[] names =
            ["1", "2", "3", "2-mix", "2-mix(1)", "3-mix(0.5)", "3-mix", "3-mix(1)", "trace-2(0)", "trace-2", "trace-3(0)", "trace-3",
            "trace-2-mix", "trace-2-mix(1)", "trace-3-mix", "trace-3-mix(1)", "reuse-3",
            "back-1", "back-2", "back-trace-1", "back-trace-2"];
        var expected = from iteration in (int[])[2, 4, 7]
                       from seed in (int[])[0, 1]
                       from method in names
                       select (method, seed, iteration);
        Assert.Equal(expected, rows.Select(row => (row.Method, row.Seed, row.Iteration)));
        Assert.All(rows, row => Assert.Equal(15, row.Values.Length));
        Assert.All(rows.SelectMany(row => row.Values), value => Assert.True(double.IsFinite(value)));
        Watcher.Same(rows, watcher.Rows);
        Assert.Equal([("points", 0, 3), ("points", 1, 3), ("points", 2, 3), ("points", 3, 3)], watcher.Reports);
        Assert.True(watcher.Ended);
    }

    // The same estimators, taken one by one in the same replicates.
    [Fact]
    public void EstimatorsAreThoseOfTheMethods()
    {
        var settings = new BiasVarianceSettings
        {
            LookAhead = [1, 2, 3],
            Others =
                ["trace-2", "trace-3", "trace-2-mix", "trace-3-mix", "reuse-3", "back-1", "back-2", "back-trace-1", "back-trace-2"],
            History = 3,
            Oracle = 4,
            Seeds = 2,
            Iterations = 7,
            Points = 3,
            Replicates = 6,
            Batch = 3,
            LearningRate = 0.01,
        };
        using var device = new CpuDevice(1);
        foreach (double? kappa in (double?[])[null, 1])
        {
            var rows = Run(s_small with { Kappa = kappa });
            foreach (var expected in new BiasVariance(settings with { Kappa = kappa }, device).Run(new SilentObserver()))
            {
                string name = expected.Method;
                var row = rows.Single(row => row.Method == name && row.Seed == expected.Seed && row.Iteration == expected.Iteration);
                Close.All(expected.Values[2..4], row.Values[2..4], 1e-3);
                Close.All(expected.Values[4..6], row.Values[4..6], 1e-2);

                // Those that look back are held against what comes after them.
                if (name.StartsWith("back-", StringComparison.Ordinal))
                    continue;
                Assert.Equal(expected.Values[0], row.Values[0], 1e-3 * Math.Max(expected.Values[0], expected.Values[2]));
                Close.All(expected.Values[6..8], row.Values[6..8], 1e-2);
            }
        }

        // What is usual is in brackets where it is not.
        double[][] Named(string name, double? kappa)
            => [.. Run(s_small with { Kappa = kappa }).Where(row => row.Method == name).Select(row => row.Values)];
        Assert.Equal(Named("3-mix", 1), Named("3-mix(1)", null));
    }

    // With a tiny step it improves the loss by what the gradient says, on the rollouts that both have in common.
    [Fact]
    public void StepsImproveTheLossAsPredicted()
    {
        var settings = s_small with
        {
            Seeds = 1,
            Points = 1,
            Replicates = 400,
            Measured = 400,
            Step = 0.01,
            Batch = 512,
            LearningRate = 0.03,
        };
        var rows = Run(settings).Where(row => row.Values[8] > 10 * row.Values[9]).ToArray();
        Assert.NotEmpty(rows);
        double predicted = rows.Sum(row => row.Values[^3]), measured = rows.Sum(row => row.Values[^2]);
        Assert.True(predicted > 0);
        Assert.InRange(measured / predicted, 0.8, 1.25);
    }

    [Fact]
    public void NumbersOfReusedStepsAreChecked()
        => Assert.Equal(
            "reuse is 0, but must be a list of numbers from 1 to 1000.",
            Assert.Throws<ArgumentException>((s_small with { Reuse = [0] }).Validate).Message);

    // Along one branch: back-2 after 2, 3 and 4 updates, held against what 4 steps from the second on make of it.
    [Fact]
    public void LookingBackGoesAlongTheBranch()
    {
        var settings = s_small with { Most = 2, Oracle = 4, Back = [2], Mus = [], Kappas = [], Points = 1, Seeds = 1, Measured = 0 };
        var rows = Run(settings);
        using var device = new CpuDevice(1);
        using var scope = new TensorScope();
        using var study = new MrpStudy(settings, 1, device);
        study.GoTo(0, () => { });
        using var terms = study.Prepare(new Branch());
        var (consecutive, last, later) = terms.Run(study.Keys(1, 6));
        float[] oracle = later[0].ToArray<float>();
        var row = rows.Single(row => row.Method == "back-2");
        Assert.Equal(Alignment.Of(consecutive[0].ToArray<float>(), oracle, 10, study.Learned).Alignment.Value, row.Values[10], 1e-4);
        Assert.Equal(Alignment.Of(last[0].ToArray<float>(), oracle, 10, study.Learned).Alignment.Value, row.Values[8], 1e-4);
    }

    [Fact]
    public void StepsNeedNotBeMade()
    {
        var (with, without) = (Run(s_small), Run(s_small with { Measured = 0 }));
        Watcher.Same([.. with.Select(row => row with { Values = row.Values[..^3] })], without);
    }

    // What a mix with a discount of 0 leaves out may be anything.
    [Fact]
    public void WhatWeighsNothingNeedNotBeFinite()
    {
        float[] terms = [1, 2, float.NaN], sums = [1, float.PositiveInfinity];
        var samples = new TermSamples(terms, terms, sums, Most: 2, Count: 1);
        Assert.Equal(1, Of(new(MetaGradientKind.Classic, 1, 1, true)));
        Assert.Equal(1, Of(new(MetaGradientKind.Mixed, 2, 0, false)));
        Assert.Equal(2, Of(new(MetaGradientKind.Trace, 2, 0, false)));
        Assert.Equal(2, Of(new(MetaGradientKind.Back, 1, 0, true)));
        Assert.Equal(2, Of(new(MetaGradientKind.TraceMixed, 2, 0, false, Kappa: 1)) * 4 / 3);
        Assert.True(float.IsNaN(Of(new(MetaGradientKind.Trace, 2, 0.5, false))));

        float Of(Estimator estimator)
        {
            float[] estimate = [7];
            estimator.Estimate(samples, estimate);
            return estimate[0];
        }
    }

    [Theory]
    [InlineData(MetaGradientKind.Classic, 1, 2)]
    [InlineData(MetaGradientKind.Mixed, 5, 6)]
    [InlineData(MetaGradientKind.Trace, 5, 6)]
    [InlineData(MetaGradientKind.TraceMixed, 5, 6)]
    [InlineData(MetaGradientKind.Reused, 5, 2)]
    [InlineData(MetaGradientKind.Back, 5, 1)]
    [InlineData(MetaGradientKind.BackTrace, 5, 1)]
    public void RolloutsAreCounted(MetaGradientKind kind, int steps, int rollouts)
        => Assert.Equal(rollouts, new Estimator(kind, steps, 0.5, true).Rollouts);

    [Fact]
    public void AgentsAreStudiedToo()
    {
        var watcher = new Watcher { TakesAll = true };
        var settings = s_small with { Points = 2 };
        var rows = OfAgent(settings, watcher);
        Assert.Equal([2, 6], rows.Select(row => row.Iteration).Distinct());
        Assert.Equal(2 * 21, rows.Count);
        Assert.All(rows, row => Assert.Equal((12, 2), (row.Values.Length, row.Seed)));
        Assert.Equal([("1-2", 0, 2), ("1-2", 1, 2), ("1-2", 2, 2)], watcher.Reports);
        foreach (var snapshot in watcher.Snapshots)
            Watcher.Same(rows, OfAgent(settings, new SilentObserver(), snapshot));

        // The same estimators as the meta-gradients of its methods.
        using var device = new CpuDevice(1);
        var points = SmallSnake.Snapshots(s_run).Select(snapshot => (Func<ExperimentSnapshot>)(() => snapshot)).ToArray();
        var variance = new MetaGradientVariance(
            new() { Methods = ["1", "3", "3-mix", "trace-3", "trace-3-mix", "reuse-3"], Points = 2, Replicates = 6, Oracle = 4 },
            s_run,
            points,
            device);
        int cosine = variance.Columns.ToList().IndexOf("cosine");
        foreach (var expected in variance.Run(new SilentObserver()))
        {
            var row = rows.Single(row => row.Method == expected.Method && row.Iteration == expected.Iteration);
            Close.All(expected.Values[cosine..(cosine + 2)], row.Values[6..8], 1e-2);
        }
    }

    [Fact]
    public void NothingIsLeftInMemory()
    {
        using var device = new CpuDevice(2);
        int before = device.Pool.LiveBlocks;
        Run(device, s_small, null, new SilentObserver(), default);
        Assert.Equal(before, device.Pool.LiveBlocks);
        OfAgent(s_small with { Points = 2 }, new SilentObserver(), device: device);
        Assert.Equal(before, device.Pool.LiveBlocks);
    }

    [Fact]
    public void TheReportChoosesTheBest()
    {
        using var device = new CpuDevice(1);
        using var study = new MrpStudy(s_small, s_small.Points, device);
        var frontier = new Frontier(s_small, study, null, 0.9);
        var rows = frontier.Run(new SilentObserver());
        var report = new FrontierReport(frontier, rows);
        Assert.Equal(frontier.Estimators.Select(each => each.Name), report.Summary.Select(each => each.Method));
        Assert.Equal("2 seeds", report.Units);
        var mixes = report.Of(MetaGradientKind.Mixed, isUsual: false).Where(each => each.Steps == 3).ToArray();
        Assert.Equal(["3-mix(0.5)", "3-mix", "3-mix(1)"], mixes.Select(each => each.Method));
        Assert.Equal(mixes.Max(each => each.Alignment.Value), report.Best(MetaGradientKind.Mixed, 3).Alignment.Value);
        Assert.Equal(["ijkl"], [string.Concat(report.Claims.Select(claim => claim.Letter))]);
        var one = report.Summary[0];
        Assert.Equal(rows.Where(row => row.Method == "1").Average(row => row.Values[0]), one.Bias.Value, 1e-12);
        foreach (var each in report.Summary)
        {
            Assert.Equal(
                each.IsOnFrontier,
                !report.Summary.Any(other => other.Bias.Value < each.Bias.Value && other.Std.Value < each.Std.Value));
        }
    }

    // Rows in which a mix is always best, by 0.1 in seed 0 and 0.3 in seed 1.
    [Fact]
    public void ClaimsAreTestedSeedBySeed()
    {
        var settings = s_small with { Most = 2, Kappas = [1], Mus = [], Back = [2], Reuse = [], Measured = 0 };
        using var device = new CpuDevice(1);
        using var study = new MrpStudy(settings, 1, device);
        var frontier = new Frontier(settings, study, null, 0.9);
        var report = new FrontierReport(frontier,
        [
            Row("1", 0, 0.2), Row("2", 0, 0.1), Row("2-mix", 0, 0.25), Row("2-mix(1)", 0, 0.3), Row("trace-2", 0, 0), Row("back-2", 0, 0.1),
            Row("1", 1, 0.2), Row("2", 1, 0.1), Row("2-mix", 1, 0.2), Row("2-mix(1)", 1, 0.5), Row("trace-2", 1, 0), Row("back-2", 1, 0.3),
            .. from method in (string[])["trace-2-mix", "trace-2-mix(1)", "back-trace-2"] from seed in (int[])[0, 1]
               select Row(method, seed, 0),
        ]);
        var claims = report.Claims.ToDictionary(claim => claim.Letter);
        Assert.Equal((false, "2: best 1, +0.175 (+0.050 to +0.300)"), (claims['i'].Holds, claims['i'].Numbers));
        Assert.Equal((true, "2-mix(1) against 1: +0.200 (+0.100 to +0.300)"), (claims['j'].Holds, claims['j'].Numbers));
        Assert.Equal((false, "back-2 against 2-mix(1): -0.200 (-0.200 to -0.200)"), (claims['k'].Holds, claims['k'].Numbers));
        Assert.Equal(3, claims.Count);

        static MetricRow Row(string method, int seed, double alignment)
            => new(method, seed, 7, [0, 0, 0, 0, 0, 0, 0, 0, alignment, 0, alignment, 0]);
    }

    [Theory]
    [InlineData("most is 1, but must be between 2 and 100.", 1, 4, 0.5, 2, 1)]
    [InlineData("oracle is 2, but must be at least most, 3.", 3, 2, 0.5, 2, 1)]
    [InlineData("kappas is 1.5, but must be a list of numbers between 0 and 1.", 3, 4, 1.5, 2, 1)]
    [InlineData("back is 0, but must be a list of numbers from 1 to 1000.", 3, 4, 0.5, 0, 1)]
    [InlineData("measured is 7, but must be at most replicates, 6.", 3, 4, 0.5, 2, 7)]
    [InlineData("replicates is 6, but must be more than most, 7: as many single steps as its frames pay for.", 7, 7, 0.5, 2, 1)]
    public void SettingsOutOfRangeAreNamed(string message, int most, int oracle, double kappa, int back, int measured)
    {
        var settings = s_small with { Most = most, Oracle = oracle, Kappas = [kappa], Back = [back], Measured = measured };
        Assert.Equal(message, Assert.Throws<ArgumentException>(settings.Validate).Message);
    }

    private protected override IReadOnlyList<MetricRow> Run(
        Device device, FrontierSettings settings, ExperimentSnapshot? start, IExperimentObserver observer, CancellationToken cancel)
    {
        using var study = new MrpStudy(settings, settings.Points, device);
        var frontier = new Frontier(settings, study, settings.Kappa, settings.TraceDecay);
        if (start is not null)
            frontier.Resume(start);
        return frontier.Run(observer, cancel);
    }

    private static IReadOnlyList<MetricRow> OfAgent(
        FrontierSettings settings, IExperimentObserver observer, ExperimentSnapshot? start = null, Device? device = null)
    {
        var points = SmallSnake.Snapshots(s_run).Select(snapshot => (Func<ExperimentSnapshot>)(() => snapshot)).ToArray();
        using var study = new AgentStudy(s_run, points, settings.Points, device ?? Device.Cpu);
        var frontier = new Frontier(settings, study, null, 0.9);
        if (start is not null)
            frontier.Resume(start);
        return frontier.Run(observer);
    }

    private sealed record Branch : IPointFunction<Key, (Tensor Consecutive, Tensor Last, Tensor Later)>
    {
        public (Tensor Consecutive, Tensor Last, Tensor Later) At<TParameters, TState, TRollout>(
            MetaPoint<TParameters, TState, TRollout> point, Key key)
        {
            var points = InnerLoop.Unroll(point.Problem(point.Eta), point.Start, key, 4, new(Decay: 0.5));
            Tensor[] back = [.. points[1..].Select(each => Gradient.Of(each.OuterLoss, point.Eta))];

            // The first two updates are made with constants.
            var ahead = InnerLoop.Unroll(i => point.Problem(i < 2 ? point.Eta.StopGradient() : point.Eta), point.Start, key, 6);
            return ((back[0] + back[1] + back[2]) / 3, back[0], Gradient.Of(ahead[5].OuterLoss, point.Eta));
        }
    }
}
