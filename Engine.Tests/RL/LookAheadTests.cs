using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Nn;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.RL.Environments;
using Engine.RL.Meta;
using Engine.Tests.Core;
using Xunit;

namespace Engine.Tests.RL;

public class LookAheadTests
{
    public static TheoryData<string> Optimisers => ["adam", "adam from nothing", "sgd", "rmsprop"];

    [Theory]
    [MemberData(nameof(Optimisers))]
    public void MetaGradientsAreThoseOfFiniteDifferences(string name)
    {
        var setup = new BranchSetup(replicates: 2);
        var optimiser = Optimiser(name);
        var state = name == "adam from nothing" ? optimiser.Initial(setup.Parameters) : setup.State(optimiser);
        GradientCheck.Check(
            x => [.. LookAhead.Branch(setup.Problem(x[0]), optimiser, setup.Parameters, state, 3).Select(point => point.OuterLoss)],
            [setup.Raw],
            order: 1,
            tolerance: 1e-7);
    }

    // With a smaller difference than the check's: between kinks the network is smooth.
    [Theory]
    [InlineData("adam")]
    [InlineData("sgd")]
    [InlineData("rmsprop")]
    public void MetaGradientsOfRectifiersAreThoseOfFiniteDifferences(string name)
    {
        using var scope = new TensorScope();
        var setup = new BranchSetup(replicates: 2, discounting: Discounting.Product, activation: Activation.Relu);
        var optimiser = Optimiser(name);
        double[] gradient = Gradient.Of(Outer(setup.Raw), setup.Raw).ToDoubles();
        const double H = 1e-5;
        double[] differences = [.. Enumerable.Range(0, setup.Raw.Count).Select(i => (Moved(i, H) - Moved(i, -H)) / (2 * H))];
        Close.All(differences, gradient, 1e-4);

        double Moved(int i, double by)
        {
            double[] values = setup.Raw.ToDoubles();
            values[i] += by;
            return Outer(Tensor.From(values, setup.Raw.Shape)).Item();
        }

        Tensor Outer(Tensor raw) => setup.Branch(optimiser, 4, raw)[^1].OuterLoss.Sum();
    }

    [Fact]
    public void DetachedDenominatorsGiveTheSameBranchAndAnotherFiniteGradient()
    {
        using var scope = new TensorScope();
        var setup = new BranchSetup(replicates: 2);
        var exact = setup.Branch(new Adam(0.01, EpsilonRoot: 1e-8), 3);
        var detached = setup.Branch(new Adam(0.01, DetachDenominator: true, EpsilonRoot: 1e-8), 3);
        Assert.Equal(exact[^1].OuterLoss.ToDoubles(), detached[^1].OuterLoss.ToDoubles());
        double[] a = Gradient.Of(exact[^1].OuterLoss.Sum(), setup.Raw).ToDoubles();
        double[] b = Gradient.Of(detached[^1].OuterLoss.Sum(), setup.Raw).ToDoubles();
        Assert.All(b, slope => Assert.True(double.IsFinite(slope)));
        Assert.True(Close.Difference(a, b) > 1e-3);
    }

    [Fact]
    public void TraceOfFactorOneIsExactWithoutCurvature()
    {
        using var scope = new TensorScope();
        var meta = Tensor.From([0.3, -0.7, 1.1, 0.2], [2, 2]);
        Tensor[] parameters = [Tensor.From([0.5, -1, 2, 0.1], [2, 2])];
        var optimiser = new Sgd(0.1);
        var state = optimiser.Initial(parameters);
        var exact = LookAhead.Branch(new Plane(meta), optimiser, parameters, state, 4);
        var traced = LookAhead.Branch(new Plane(meta), optimiser, parameters, state, 4, new BranchOptions(Trace: 1));
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(exact[i].Parameters[0].ToDoubles(), traced[i].Parameters[0].ToDoubles());
            Close.All(Slope(exact[i]), Slope(traced[i]), 1e-14);
        }

        // With curvature it is not, and without memory only the last update counts.
        var setup = new BranchSetup(replicates: 2);
        Assert.True(Close.Difference(Of(setup, null), Of(setup, 1)) > 1e-3);
        var last = LookAhead.Branch(new Plane(meta), optimiser, parameters, state, 4, new BranchOptions(Trace: 0))[^1];
        var one = LookAhead.Branch(new Plane(meta, 3), optimiser, [exact[2].Parameters[0].StopGradient()], state, 1)[^1];
        Close.All(Slope(one), Slope(last), 1e-14);

        double[] Slope(BranchPoint point) => Gradient.Of(point.OuterLoss.Sum(), meta).ToDoubles();

        static double[] Of(BranchSetup setup, double? trace)
            => Gradient.Of(setup.Branch(new Sgd(0.1), 4, trace: trace)[^1].OuterLoss.Sum(), setup.Raw).ToDoubles();
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.5)]
    [InlineData(1.0)]
    public void TraceWeighsAnUpdateByThePowerOfItsAge(double factor)
    {
        using var scope = new TensorScope();
        double[] eta = [0.3, -0.7];
        var meta = Tensor.From(eta, [1, 2]);
        Tensor[] parameters = [Tensor.From([0.5, -1], [1, 2])];
        var optimiser = new Sgd(0.1);
        var end = LookAhead.Branch(new Plane(meta), optimiser, parameters, optimiser.Initial(parameters), 3, new BranchOptions(factor))[^1];
        double[] theta = end.Parameters[0].ToDoubles();
        double[] expected =
        [
            .. eta.Select((x, i) => 2 * (theta[i] - 0.3)
                * Enumerable.Range(1, 3).Sum(k => Math.Pow(factor, 3 - k) * -0.1 * k * Math.Cos(k * x))),
        ];
        Close.All(expected, Gradient.Of(end.OuterLoss.Sum(), meta).ToDoubles(), 1e-14);
    }

    [Fact]
    public void WithoutATraceNothingIsHeldOfUpdatesBeforeTheLast()
    {
        using var scope = new TensorScope();
        var setup = new BranchSetup(2);
        int one = History(1), many = History(5);
        Assert.Equal(one, many);

        int History(int steps)
        {
            var seen = new HashSet<Tensor>(ReferenceEqualityComparer.Instance);
            var open = new Stack<Tensor>(setup.Branch(new Sgd(0.1), steps, trace: 0)[^1].Parameters);
            while (open.TryPop(out var tensor))
            {
                if (seen.Add(tensor))
                    Array.ForEach(tensor.Inputs, open.Push);
            }

            return seen.Count;
        }
    }

    [Fact]
    public void TracedPointsAreThoseOfTheBranch()
    {
        using var scope = new TensorScope();
        var setup = new BranchSetup(replicates: 3);
        var exact = setup.Branch(new Adam(0.01, EpsilonRoot: 1e-8), 3);
        var traced = setup.Branch(new Adam(0.01, EpsilonRoot: 1e-8), 3, trace: 0.9);
        foreach (var (a, b) in exact.Zip(traced))
        {
            Assert.Equal(a.OuterLoss.ToDoubles(), b.OuterLoss.ToDoubles());
            Assert.Equal(a.Update.Loss.ToDoubles(), b.Update.Loss.ToDoubles());
            Assert.Equal(Tree.Leaves(a.State).SelectMany(x => x.ToDoubles()), Tree.Leaves(b.State).SelectMany(x => x.ToDoubles()));
        }
    }

    [Theory]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.Float64)]
    public void BranchOfAReplicateDoesNotDependOnTheOthers(ElementType type)
    {
        using var scope = new TensorScope();
        var setup = new BranchSetup(replicates: 5, type, activation: Activation.Relu);
        var together = setup.Branch(new Adam(0.01, EpsilonRoot: 1e-8), 3);
        for (int first = 0; first < 5; first++)
        {
            for (int count = 1; first + count <= 5; count++)
            {
                var optimiser = new Adam(0.01, EpsilonRoot: 1e-8);
                var state = setup.State(optimiser);
                var alone = LookAhead.Branch(
                    setup.Task.With(Rows(setup.Raw).Sigmoid(), setup.Keys[first..(first + count)]),
                    optimiser,
                    [Rows(setup.Parameters[0])],
                    Tree.With(state, [state.Step, .. state.Averages().Select(Rows)]),
                    3);
                foreach (var (one, all) in alone.Zip(together))
                {
                    Assert.Equal(Rows(all.Parameters[0]).ToDoubles(), one.Parameters[0].ToDoubles());
                    Assert.Equal(Rows(all.OuterLoss).ToDoubles(), one.OuterLoss.ToDoubles());
                    Assert.Equal(Rows(all.Update.Loss).ToDoubles(), one.Update.Loss.ToDoubles());
                }

                Tensor Rows(Tensor x) => x.Narrow(0, first, count);
            }
        }
    }

    [Fact]
    public void FirstPointIsTheUpdateAndPointsFollowEachOther()
    {
        using var scope = new TensorScope();
        var setup = new BranchSetup(replicates: 2);
        var optimiser = new Adam(0.01, EpsilonRoot: 1e-8);
        var branch = setup.Branch(optimiser, 3);
        var problem = setup.Problem(setup.Raw);
        Tensor[] parameters = setup.Parameters;
        var state = setup.State(optimiser);
        for (int step = 0; step < 3; step++)
        {
            // The rollout that an update uses is the one that has judged the point before it.
            var rollout = problem.Sample(parameters, [], step, validation: false).Rollout;
            if (step > 0)
                Assert.Equal(branch[step - 1].OuterLoss.ToDoubles(), problem.OuterLoss(parameters, rollout).ToDoubles());
            (parameters, state, var update) = LookAhead.Update(problem, optimiser, parameters, state, rollout);
            Assert.Equal(branch[step].Parameters[0].ToDoubles(), parameters[0].ToDoubles());
            Assert.Equal(branch[step].Update.Loss.ToDoubles(), update.Loss.ToDoubles());
            Assert.Equal(4 + step, branch[step].State.Step.Item());
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => setup.Branch(optimiser, 0));
    }

    // Step sizes 0.2, 0.1, 0.1: a schedule that did not advance within the branch would repeat the first.
    [Fact]
    public void SchedulesAdvanceWithinABranch()
    {
        using var scope = new TensorScope();
        var setup = new BranchSetup(replicates: 2);
        var scheduled = new Sgd(Schedules.Linear(0.2, 0.1, 1));
        var problem = setup.Problem(setup.Raw);
        Tensor[] parameters = setup.Parameters;
        var points = LookAhead.Branch(problem, scheduled, parameters, scheduled.Initial(parameters), 3);
        var state = new Sgd(1).Initial(parameters);
        for (int i = 0; i < 3; i++)
        {
            var rollout = problem.Sample(parameters, [], i, validation: false).Rollout;
            (parameters, state, _) = LookAhead.Update(problem, new Sgd(i == 0 ? 0.2 : 0.1), parameters, state, rollout);
            Close.All(parameters[0].ToDoubles(), points[i].Parameters[0].ToDoubles(), 1e-15);
            Assert.Equal(i + 1, points[i].State.Step.Item());
        }

        // A branch from a later state goes on in the schedule.
        var later = LookAhead.Branch(problem, scheduled, setup.Parameters, scheduled.Initial(setup.Parameters) with
        {
            Step = Tensor.Full(5, [], ElementType.Int32),
        }, 1);
        var (slow, _, _) = LookAhead.Update(
            problem, new Sgd(0.1), setup.Parameters, state, problem.Sample(setup.Parameters, [], 0, validation: false).Rollout);
        Close.All(slow[0].ToDoubles(), later[0].Parameters[0].ToDoubles(), 1e-15);
    }

    [Fact]
    public void MetaGradientsThroughClipsAndSchedulesAreThoseOfFiniteDifferences()
    {
        // The limit is below some norms of the branch's gradients and above others.
        var setup = new BranchSetup(replicates: 2);
        double[] norms = [.. setup.Branch(Wrapped(1e9), 4).Select(point => Norm(point.Update.Gradients))];
        double limit = (norms.Min() + norms.Max()) / 2;
        var optimiser = Wrapped(limit);
        GradientCheck.Check(
            x => [.. setup.Branch(optimiser, 4, x[0]).Select(point => point.OuterLoss)],
            [setup.Raw],
            order: 1,
            tolerance: 1e-7);
        Assert.NotEqual(
            setup.Branch(Wrapped(1e9), 4)[^1].Parameters[0].ToDoubles(), setup.Branch(optimiser, 4)[^1].Parameters[0].ToDoubles());

        static Optimiser Wrapped(double limit)
            => new Chain(new ClipByGlobalNorm(limit), new Adam(Schedules.Cosine(0.3, 0.05, 6), EpsilonRoot: 1e-8));

        static double Norm(Tensor[] gradients) => Math.Sqrt(gradients.Sum(g => g.ToDoubles().Sum(x => x * x)));
    }

    private static Optimiser Optimiser(string name) => name switch
    {
        "sgd" => new Sgd(0.05),
        "rmsprop" => new RmsProp(0.01, EpsilonRoot: 1e-8),
        _ => new Adam(0.01, EpsilonRoot: 1e-8),
    };

    // The inner loss is linear in its parameters: the slope depends on the meta-parameters alone.
    private sealed class Plane(Tensor meta, int start = 0) : IMetaProblem<int>
    {
        public Tensor[] Start => [];

        public (int Rollout, Tensor[] State) Sample(IReadOnlyList<Tensor> parameters, Tensor[] state, int step, bool validation)
            => (start + step, []);

        public Tensor InnerLoss(IReadOnlyList<Tensor> parameters, int rollout) => (parameters[0] * (meta * (rollout + 1)).Sin()).Sum(1);

        public Tensor OuterLoss(IReadOnlyList<Tensor> parameters, int rollout) => (parameters[0] - (0.1 * rollout)).Square().Sum(1);
    }
}
