using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.Kernels.Cpu;
using Engine.RL.Environments;
using Engine.RL.Experiments;
using Engine.RL.Meta;
using Engine.RL.Statistics;
using Engine.RL.Studies;
using Engine.RL.Training;
using Xunit;

namespace Engine.Tests.RL;

public class HessianAnalysisTests : MrpExperimentTests<HessianSettings>
{
    private static readonly HessianSettings s_small = new()
    {
        Steps = 3,
        Seeds = 2,
        Iterations = 5,
        Points = 2,
        Replicates = 4,
        Sources = 3,
        Lanczos = 4,
        Variants = ["own", "sgd"],
        Batch = 3,
        LearningRate = 0.01,
    };

    private static readonly AgentRun s_run = new("1", 2, SmallSnake.Settings);

    // One before each iteration; at each point before replicates, spectra, sources and each set of them; one at the end. The whole
    // spectrum of Adam takes its time.
    public HessianAnalysisTests()
        : base(s_small with { Variants = ["sgd"] }, checkpoints: 5 + (2 * (2 + 1 + 3)) + 1)
    {
    }

    [Fact]
    public void RowsAreThoseOfTheSettings()
    {
        var rows = Run(s_small);
        Assert.Equal([2, 5], rows.Select(row => row.Iteration).Distinct());
        Assert.All(rows, row => Assert.Equal(2, row.Values.Length));
        Assert.All(rows.SelectMany(row => row.Values), value => Assert.True(double.IsFinite(value)));
        var own = rows.Where(row => (row.Seed, row.Iteration) == (1, 5)).ToLookup(row => row.Method, row => row.Values[0]);
        string[] perTerm = ["term-norm", "term-std", "term-share", "products", "common", "direct"];
        foreach (string variant in (string[])["own", "sgd"])
        {
            Assert.All(perTerm.Concat(["std", "trace-std"]), quantity => Assert.Equal([1, 2, 3], own[$"{variant}/{quantity}"]));
            Assert.Equal([1, 2, 3, 4], own[$"{variant}/singular-value"]);
        }

        Assert.Equal(3 * 141, own["own/modulus"].Count());
        Assert.Equal(141, own["sgd/modulus"].Count());
        Assert.Equal([1, 2, 3, 4], own["sgd/eigenvalue"]);
        Assert.Equal([1, 2, 3, 4], own["sgd/weight"]);
        Assert.Empty(own["own/eigenvalue"]);
        foreach (string source in (string[])["from-inner", "from-validation", "from-both"])
            Assert.Equal([1, 2, 3], own[$"own/{source}"]);
        Assert.Equal(1, rows.Where(row => (row.Seed, row.Iteration, row.Values[0]) == (1, 5, 3) && row.Method.Contains("from-"))
            .Sum(row => row.Values[1]), 1e-12);
    }

    // Each quantity of an inner loop, by the library's parts one by one.
    [Fact]
    public void AnInnerLoopIsTakenApart()
    {
        using var scope = new TensorScope();
        var setup = new InnerLoopSetup();
        Optimiser[] optimisers = [new Sgd(0.05), new Adam(0.01, EpsilonRoot: 1e-8), new Flatten(new Adam(0.01, EpsilonRoot: 1e-8))];
        foreach (var optimiser in optimisers)
        {
            var own = optimiser is Flatten flat ? flat.Inner : optimiser;
            var state = setup.Start(own);
            if (optimiser is Flatten)
                state = state with { Optimiser = new FlatState<Tensor>(state.Optimiser.Step, state.Optimiser) };
            var point = new MetaPoint<Tensor, ValueTuple, Trajectories>(raw => setup.Problem(optimiser, raw), setup.Raw, state);
            var anatomy = new LoopAnatomist([1, 3]).At(point, setup.Key);
            var points = setup.Unroll(own, 3);
            Close.All(Gradient.Of(points[2].OuterLoss, setup.Raw).ToDoubles(), anatomy.Terms.Sum(0).ToDoubles(), 1e-10);
            Close.All(Gradient.Of(points[0].OuterLoss, setup.Raw).ToDoubles(), anatomy.Gradients[0].ToDoubles(), 1e-10);
            Close.All(Gradient.Of(points[2].OuterLoss, setup.Raw).ToDoubles(), anatomy.Gradients[1].ToDoubles(), 1e-10);
            var trace = setup.Unroll(own, 3, trace: 1)[2].OuterLoss;
            Close.All(Gradient.Of(trace, setup.Raw).ToDoubles(), anatomy.Traces[1].ToDoubles(), 1e-10);

            double[] lengths = [.. points.Select(each => Norm(Gradient.Of(points[2].OuterLoss, each.State.Parameters)))];
            Close.All([1, lengths[1] / lengths[2], lengths[0] / lengths[2]], anatomy.Products.ToDoubles(), 1e-10);

            // The first update depends on meta-parameters in no other way.
            var units = Tensor.Range(10, ElementType.Int32).OneHot(10, ElementType.Float64);
            var jacobian = Batch.Map(unit => Gradient.Jvp(points[0].State.Parameters, setup.Raw, unit), units);
            Assert.Equal(Norm(jacobian), anatomy.Direct[2].Item(), 1e-10 * Norm(jacobian));

            // The cotangent of the first update, carried back through that update again and again, moments and all.
            Tensor[] from = Floats((state.Parameters, state.Optimiser)), to = Made(optimiser, state);
            var first = setup.Problem(optimiser);
            var theta = to[0];
            var validation = first.Sample(theta, default, setup.Key.Fold(1)).Rollout;
            Tensor[] carried = [Gradient.Of(first.Losses(theta, validation).Outer, theta), .. to[1..].Select(Tensor.ZerosLike)];
            double length = Norm(carried[0]);
            double[] common = new double[3];
            for (int i = 0; i < 3; i++)
            {
                common[i] = Norm(carried[0]) / length;
                carried = Gradient.Vjp(to, from, carried);
            }

            Close.All(common, anatomy.Common.ToDoubles(), 1e-10);
        }

        Tensor[] Made(Optimiser optimiser, InnerState<Tensor, ValueTuple> state)
        {
            var problem = setup.Problem(optimiser);
            var rollout = problem.Sample(state.Parameters, default, setup.Key.Fold(0)).Rollout;
            var (moved, next, _) = InnerLoop.Update(
                problem, state.Parameters, state.Optimiser, problem.Losses(state.Parameters, rollout));
            return Floats((moved, next));
        }

        static Tensor[] Floats<T>(T tree) => [.. Tree.Leaves(tree).Where(x => x.Type.IsFloat())];

        static double Norm(Tensor x) => Math.Sqrt(x.ToDoubles().Sum(value => value * value));
    }

    // With SGD the Jacobian is I - alpha d2L/dtheta2.
    [Fact]
    public void SpectraAreThoseOfTheUpdate()
    {
        using var scope = new TensorScope();
        var setup = new InnerLoopSetup();
        var optimiser = new Sgd(0.5);
        var point = setup.Point(optimiser);
        int size = setup.Parameters.Count;
        var products = new JacobianProducts(JacobianProduct.Forward);
        double[][] jacobian = [.. Enumerable.Range(0, size).Select(i => Column(products, Unit(i)))];
        var problem = setup.Problem(optimiser);
        var rollout = problem.Sample(setup.Parameters, default, setup.Key.Fold(0)).Rollout;
        for (int i = 0; i < size; i += 20)
        {
            var unit = Tensor.From(Unit(i), [size], ElementType.Float64);
            double[] hessian = Gradient.HessianVector(theta => problem.Losses(theta, rollout).Inner, setup.Parameters, unit).ToDoubles();
            Close.All([.. Unit(i).Zip(hessian, (one, h) => one - (0.5 * h))], jacobian[i], 1e-10);
        }

        double[] start = [.. Enumerable.Range(0, size).Select(i => Math.Sin(i) + 0.1)];
        var dense = Lanczos.Dense(jacobian, start);
        var found = Lanczos.Spectra(xs => [.. xs.Select(x => Column(products, x))], [start], size).Single();
        Assert.Equal(dense.Values[0], found.Values[0], 1e-10);
        Assert.Equal(dense.Values[^1], found.Values[^1], 1e-10);
        for (int times = 1; times < 20; times++)
            Assert.Equal(1, LanczosTests.Growth(dense, times) / LanczosTests.Growth(found, times), 1e-10);
        double[] squares = Lanczos.Dense(
            [.. Enumerable.Range(0, size).Select(i => Column(new(JacobianProduct.Gram), Unit(i)))], start).Values;
        Close.All([.. dense.Values.Select(value => value * value).Order()], squares, 1e-10);

        double[] Unit(int i) => [.. Enumerable.Range(0, size).Select(j => i == j ? 1.0 : 0)];

        double[] Column(JacobianProducts of, double[] x)
            => of.At(point, (setup.Key, Tensor.From(x, [size], ElementType.Float64))).ToDoubles();
    }

    // The Jacobian of everything that Adam changes, by finite differences in one direction.
    [Fact]
    public void TheJacobianIsOfAllThatTheOptimiserRemembers()
    {
        using var scope = new TensorScope();
        var setup = new InnerLoopSetup();
        var optimiser = new Adam(0.01, EpsilonRoot: 1e-8);
        var start = setup.Start(optimiser);
        int size = 3 * setup.Parameters.Count;
        double[] direction = [.. Enumerable.Range(0, size).Select(i => 0.01 * Math.Cos(i))];
        var at = (AdamState<Tensor>)start.Optimiser;
        double[] from = [.. start.Parameters.ToDoubles(), .. at.First.ToDoubles(), .. at.Second.ToDoubles()];
        var point = setup.Point(optimiser);
        double[] found = new JacobianProducts(JacobianProduct.Forward)
            .At(point, (setup.Key, Tensor.From(direction, [size], ElementType.Float64))).ToDoubles();
        const double Step = 1e-4;
        double[] expected = [.. After(Step).Zip(After(-Step), (up, down) => (up - down) / (2 * Step))];
        Close.All(expected, found, 1e-5);

        double[] After(double step)
        {
            double[] moved = [.. from.Zip(direction, (x, d) => x + (step * d))];
            int count = size / 3;
            var (theta, first, second) = (Part(0), Part(1), Part(2));
            var problem = setup.Problem(optimiser);
            var rollout = problem.Sample(theta, default, setup.Key.Fold(0)).Rollout;
            var (next, state, _) = InnerLoop.Update(
                problem, theta, new AdamState<Tensor>(at.Step, first, second), problem.Losses(theta, rollout));
            var adam = (AdamState<Tensor>)state;
            return [.. next.ToDoubles(), .. adam.First.ToDoubles(), .. adam.Second.ToDoubles()];

            Tensor Part(int i) => Tensor.From(moved[(i * count)..((i + 1) * count)], [count], ElementType.Float64);
        }
    }

    [Fact]
    public void VariantsChangeTheOptimiserAlone()
    {
        var adam = new Adam(0.01, EpsilonRoot: 1e-8);
        var own = new Flatten(new Chain(new ClipByGlobalNorm(3), adam));
        Assert.Same(own, InnerVariant.Parse("own").Of(own));
        Assert.Equal(With(new Sgd(0.01)), InnerVariant.Parse("sgd").Of(own));
        Assert.Equal(With(adam with { Beta1 = 0 }), InnerVariant.Parse("no-momentum").Of(own));
        Assert.Equal(With(adam with { DetachDenominator = true }), InnerVariant.Parse("detached").Of(own));
        Assert.Equal(With(adam with { EpsilonRoot = 1e-12 }), InnerVariant.Parse("root-1e-12").Of(own));
        Assert.Equal(new Sgd(0.1), InnerVariant.Parse("sgd").Of(new RmsProp(0.1)));
        Assert.Equal(With(new Sgd(0.5)), InnerVariant.Parse("sgd-0.5").Of(own));
        Assert.Equal(new Sgd(0.5), InnerVariant.Parse("sgd-0.5").Of(new Sgd(0.1)));
        Assert.Equal(new RmsProp(0.1, DetachDenominator: true), InnerVariant.Parse("detached").Of(new RmsProp(0.1)));
        Assert.Equal(new RmsProp(0.1, EpsilonRoot: 1e-6), InnerVariant.Parse("root-1e-6").Of(new RmsProp(0.1)));
        Refused("detached", new Sgd(0.1), "Variant 'detached' changes Adam or RMSProp, but what is studied learns by Sgd: leave it out.");
        Refused(
            "no-momentum", new RmsProp(0.1), "Variant 'no-momentum' changes Adam, but what is studied learns by RmsProp: leave it out.");

        static void Refused(string variant, Optimiser own, string message)
            => Assert.Equal(message, Assert.Throws<ArgumentException>(() => InnerVariant.Parse(variant).Of(own)).Message);

        Optimiser With(Optimiser core) => new Flatten(new Chain(new ClipByGlobalNorm(3), core));
    }

    [Theory]
    [InlineData("adamw")]
    [InlineData("root-")]
    [InlineData("root--1")]
    [InlineData("sgd-")]
    [InlineData("root-NaN")]
    public void OtherVariantsAreUnknown(string name)
        => Assert.Contains($"Variant '{name}' is unknown", Assert.Throws<ArgumentException>(() => InnerVariant.Parse(name)).Message);

    // What validation draws from is apart from what the updates draw from.
    [Fact]
    public void RolloutsAreCrossed()
    {
        using var scope = new TensorScope();
        var setup = new InnerLoopSetup();
        var optimiser = new Adam(0.01, EpsilonRoot: 1e-8);
        var point = setup.Point(optimiser);
        double[] found = new CrossedRollouts([1, 3]).At(point, (setup.Key, Key.Of(77))).ToDoubles();
        var points = setup.Unroll(optimiser, 3);
        double[] expected = [.. ((int[])[1, 3]).SelectMany(n =>
        {
            var theta = points[n - 1].State.Parameters;
            var problem = setup.Problem(optimiser);
            var validation = problem.Sample(theta, default, Key.Of(77)).Rollout;
            return Gradient.Of(problem.Losses(theta, validation).Outer, setup.Raw).ToDoubles();
        })];
        Close.All(expected, found, 1e-10);
    }

    [Fact]
    public void AgentsAreStudiedToo()
    {
        var watcher = new Watcher { TakesAll = true };
        var rows = OfAgent(watcher);
        Assert.Equal([2, 6], rows.Select(row => row.Iteration).Distinct());
        Assert.All(rows.SelectMany(row => row.Values), value => Assert.True(double.IsFinite(value)));
        Assert.Contains(rows, row => row.Method == "sgd/eigenvalue");
        Assert.DoesNotContain(rows, row => row.Method.EndsWith("modulus", StringComparison.Ordinal));

        // Without momentum and with a step as small, an update hardly changes what it is differentiated through.
        Assert.All(rows.Where(row => row.Method == "sgd/products"), row => Assert.InRange(row.Values[1], 0.9, 1.1));
        foreach (var snapshot in watcher.Snapshots.Where((_, i) => i % 4 == 1))
            Watcher.Same(rows, OfAgent(new SilentObserver(), snapshot));

        // Deviations are those of its meta-gradients.
        using var device = new CpuDevice(1);
        var variance = new MetaGradientVariance(
            new() { Methods = ["3"], Points = 2, Replicates = 4, Oracle = 1 }, s_run, Points(), device);
        foreach (var expected in variance.Run(new SilentObserver()))
        {
            double std = Enumerable.Range(0, 4).Average(parameter => expected.Values[(6 * parameter) + 2]);
            var row = rows.Single(row => row.Method == "own/std" && row.Values[0] == 3 && row.Iteration == expected.Iteration);
            Assert.Equal(1, row.Values[1] / std, 1e-3);
        }
    }

    [Fact]
    public void NothingIsLeftInMemory()
    {
        using var device = new CpuDevice(2);
        int before = device.Pool.LiveBlocks;
        Run(device, s_small with { Variants = ["sgd"] }, null, new SilentObserver(), default);
        Assert.Equal(before, device.Pool.LiveBlocks);
        OfAgent(new SilentObserver(), device: device);
        Assert.Equal(before, device.Pool.LiveBlocks);
    }

    [Fact]
    public void TheReportComparesWhatWasMeasured()
    {
        using var device = new CpuDevice(1);
        using var study = new MrpStudy(s_small, s_small.Points, device);
        var analysis = new HessianAnalysis(s_small, study);
        var rows = analysis.Run(new SilentObserver());
        var report = new HessianReport(analysis, rows);
        Assert.Equal("mnopqr", string.Concat(report.Claims.Select(claim => claim.Letter)));
        Assert.Equal("2 seeds", report.Units);
        double[] std = Mean("own/std", 3), one = Mean("own/std", 1);
        Assert.Equal(Estimate.Of([std[0] / one[0], std[1] / one[1]]), report.Summary[0].Std);
        Assert.Equal(Estimate.Of(Mean("sgd/products", 3)), report.Summary[1].Products);
        Assert.NotNull(report.Summary[0].Modulus);
        Assert.Equal(Mean("own/from-validation", 3).Average(), report.Mean("own", Quantity.FromValidation, 3).Value);

        double[] Mean(string method, int at) =>
        [
            .. rows.Where(row => row.Method == method && row.Values[0] == at).GroupBy(row => row.Seed)
                .Select(group => group.Average(row => row.Values[1])),
        ];
    }

    // Two spectra of two eigenvalues each, all four in order.
    [Fact]
    public void SpectraAreOneDistribution()
    {
        using var device = new CpuDevice(1);
        using var study = new MrpStudy(s_small, s_small.Points, device);
        var report = new HessianReport(new HessianAnalysis(s_small, study),
        [
            Row(Quantity.Eigenvalue, 0, 1, -2), Row(Quantity.Eigenvalue, 0, 2, 1),
            Row(Quantity.Weight, 0, 1, 0.2), Row(Quantity.Weight, 0, 2, 0.8),
            Row(Quantity.Eigenvalue, 1, 1, 0), Row(Quantity.Eigenvalue, 1, 2, 3),
            Row(Quantity.Weight, 1, 1, 0.6), Row(Quantity.Weight, 1, 2, 0.4),
        ]);
        var (values, below) = report.Distribution("sgd");
        Assert.Equal([-2, 0, 1, 3], values);
        Close.All([0.05, 0.25, 0.6, 0.9], below, 1e-12);
        Assert.Empty(report.Distribution("own").Eigenvalues);

        static MetricRow Row(string quantity, int seed, int rank, double value) => new($"sgd/{quantity}", seed, 4, [rank, value]);
    }

    [Theory]
    [InlineData("steps is 1, but must be between 2 and 100.", 1, "own")]
    [InlineData("variants is own,own, but must be a list in which nothing stands twice.", 3, "own,own")]
    public void SettingsOutOfRangeAreNamed(string message, int steps, string variants)
    {
        var settings = s_small with { Steps = steps, Variants = variants.Split(',') };
        Assert.Equal(message, Assert.Throws<ArgumentException>(settings.Validate).Message);
    }

    private protected override IReadOnlyList<MetricRow> Run(
        Device device, HessianSettings settings, ExperimentSnapshot? start, IExperimentObserver observer, CancellationToken cancel)
    {
        using var study = new MrpStudy(settings, settings.Points, device);
        var analysis = new HessianAnalysis(settings, study);
        if (start is not null)
            analysis.Resume(start);
        return analysis.Run(observer, cancel);
    }

    private static Func<ExperimentSnapshot>[] Points()
        => [.. SmallSnake.Snapshots(s_run).Select(snapshot => (Func<ExperimentSnapshot>)(() => snapshot))];

    private static IReadOnlyList<MetricRow> OfAgent(IExperimentObserver observer, ExperimentSnapshot? start = null, Device? device = null)
    {
        using var study = new AgentStudy(s_run, Points(), s_small.Points, device ?? Device.Cpu);
        var analysis = new HessianAnalysis(s_small, study);
        if (start is not null)
            analysis.Resume(start);
        return analysis.Run(observer);
    }
}
