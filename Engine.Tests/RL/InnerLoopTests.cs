using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Nn;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.RL.Environments;
using Engine.RL.Meta;
using Xunit;

namespace Engine.Tests.RL;

public class InnerLoopTests
{
    public static TheoryData<string> Optimisers => ["adam", "adam from nothing", "sgd", "rmsprop"];

    [Theory]
    [MemberData(nameof(Optimisers))]
    public void MetaGradientsAreThoseOfFiniteDifferences(string name)
    {
        var setup = new InnerLoopSetup();
        var optimiser = Optimiser(name);
        var start = setup.Start(optimiser);
        if (name == "adam from nothing")
            start = start with { Optimiser = optimiser.Initial(setup.Parameters) };
        GradientCheck.Check(
            x => [.. InnerLoop.Unroll(setup.Problem(optimiser, x[0]), start, setup.Key, 3).Select(point => point.OuterLoss)],
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
        var setup = new InnerLoopSetup(discounting: Discounting.Product, activation: Activation.Relu);
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

        Tensor Outer(Tensor raw) => setup.Unroll(optimiser, 4, raw)[^1].OuterLoss;
    }

    [Fact]
    public void DetachedDenominatorsGiveTheSameLoopAndAnotherFiniteGradient()
    {
        using var scope = new TensorScope();
        var setup = new InnerLoopSetup();
        var exact = setup.Unroll(new Adam(0.01, EpsilonRoot: 1e-8), 3);
        var detached = setup.Unroll(new Adam(0.01, DetachDenominator: true, EpsilonRoot: 1e-8), 3);
        Assert.Equal(exact[^1].OuterLoss.Item(), detached[^1].OuterLoss.Item());
        double[] a = Gradient.Of(exact[^1].OuterLoss, setup.Raw).ToDoubles();
        double[] b = Gradient.Of(detached[^1].OuterLoss, setup.Raw).ToDoubles();
        Assert.All(b, slope => Assert.True(double.IsFinite(slope)));
        Assert.True(Close.Difference(a, b) > 1e-3);
    }

    [Fact]
    public void TraceOfFactorOneIsExactWithoutCurvature()
    {
        using var scope = new TensorScope();
        var meta = Tensor.From([0.3, -0.7, 1.1, 0.2], [4]);
        var start = Begin(0.5, -1, 2, 0.1);
        var exact = Unroll(meta, start, 4);
        var traced = Unroll(meta, start, 4, 1);
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(exact[i].State.Parameters.ToDoubles(), traced[i].State.Parameters.ToDoubles());
            Close.All(Slope(exact[i]), Slope(traced[i]), 1e-14);
        }

        // With curvature it is not, and without memory only the last update counts.
        var setup = new InnerLoopSetup();
        Assert.True(Close.Difference(Of(setup, null), Of(setup, 1)) > 1e-3);
        var last = Unroll(meta, start, 4, 0)[^1];
        var one = Unroll(meta, Tree.Map(exact[2].State, x => x.StopGradient()) with { Sampling = 3 }, 1)[^1];
        Close.All(Slope(one), Slope(last), 1e-14);

        double[] Slope(InnerPoint<Tensor, int, int> point) => Gradient.Of(point.OuterLoss, meta).ToDoubles();

        static double[] Of(InnerLoopSetup setup, double? trace)
            => Gradient.Of(setup.Unroll(new Sgd(0.1), 4, trace: trace)[^1].OuterLoss, setup.Raw).ToDoubles();
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.5)]
    [InlineData(1.0)]
    public void TraceWeighsAnUpdateByThePowerOfItsAge(double factor)
    {
        using var scope = new TensorScope();
        double[] eta = [0.3, -0.7];
        var meta = Tensor.From(eta, [2]);
        var end = Unroll(meta, Begin(0.5, -1), 3, factor)[^1];
        double[] theta = end.State.Parameters.ToDoubles();
        double[] expected =
        [
            .. eta.Select((x, i) => 2 * (theta[i] - 0.3)
                * Enumerable.Range(1, 3).Sum(k => Math.Pow(factor, 3 - k) * -0.1 * k * Math.Cos(k * x))),
        ];
        Close.All(expected, Gradient.Of(end.OuterLoss, meta).ToDoubles(), 1e-14);
    }

    [Fact]
    public void WithoutATraceNothingIsHeldOfUpdatesBeforeTheLast()
    {
        using var scope = new TensorScope();
        var setup = new InnerLoopSetup();
        Assert.Equal(History(1, 0), History(5, 0));
        Assert.True(History(5, 0.5) > History(1, 0.5));

        int History(int steps, double trace)
        {
            var seen = new HashSet<Tensor>(ReferenceEqualityComparer.Instance);
            var open = new Stack<Tensor>([setup.Unroll(new Sgd(0.1), steps, trace: trace)[^1].State.Parameters]);
            while (open.TryPop(out var tensor))
            {
                if (seen.Add(tensor))
                    Array.ForEach(tensor.Inputs, open.Push);
            }

            return seen.Count;
        }
    }

    [Fact]
    public void TracedPointsAreThoseOfTheExactLoop()
    {
        using var scope = new TensorScope();
        var setup = new InnerLoopSetup();
        var exact = setup.Unroll(new Adam(0.01, EpsilonRoot: 1e-8), 3);
        var traced = setup.Unroll(new Adam(0.01, EpsilonRoot: 1e-8), 3, trace: 0.9);
        foreach (var (a, b) in exact.Zip(traced))
        {
            Assert.Equal(a.OuterLoss.Item(), b.OuterLoss.Item());
            Assert.Equal(a.Losses.Inner.Item(), b.Losses.Inner.Item());
            Assert.Equal(a.Gradient.ToDoubles(), b.Gradient.ToDoubles());
            Assert.Equal(Tree.Leaves(a.State).SelectMany(x => x.ToDoubles()), Tree.Leaves(b.State).SelectMany(x => x.ToDoubles()));
        }
    }

    [Theory]
    [InlineData(ElementType.Float32, 1e-5)]
    [InlineData(ElementType.Float64, 1e-12)]
    public void ALearnerInABatchDoesNotDependOnTheOthers(ElementType type, double tolerance)
    {
        using var scope = new TensorScope();
        var optimiser = new Adam(0.01, EpsilonRoot: 1e-8);
        var task = new InnerLoopSetup(type: type, activation: Activation.Relu).Task(optimiser);
        var learners = InnerLoopSetup.Several(optimiser, 5, type, Activation.Relu);
        Tensor[] together = Batch.Map(Learn, learners);
        for (int first = 0; first < 5; first++)
        {
            Tensor[] alone = Learn(Tree.Map(learners, x => x[first]));
            Assert.All(together.Zip(alone), y => Close.All(y.First[first].ToDoubles(), y.Second.ToDoubles(), tolerance));
            for (int count = 1; first + count <= 5; count++)
            {
                Tensor[] some = Batch.Map(Learn, Tree.Map(learners, Rows));
                Assert.All(together.Zip(some), y => Assert.Equal(Rows(y.First).ToDoubles(), y.Second.ToDoubles()));

                Tensor Rows(Tensor x) => x.Narrow(0, first, count);
            }
        }

        // They are not all alike.
        Assert.Equal(5, Enumerable.Range(0, 5).Select(i => together[^1][i].ToDoubles()[0]).Distinct().Count());

        Tensor[] Learn(SmallLearner learner)
        {
            var points = InnerLoop.Unroll(task.With(learner.Raw.Sigmoid()), learner.Inner, learner.Key, 3);
            return
            [
                .. points.SelectMany(point => (Tensor[])[point.State.Parameters, point.OuterLoss, point.Losses.Inner]),
                Gradient.Of(points[^1].OuterLoss, learner.Raw),
            ];
        }
    }

    [Fact]
    public void PointsAreUpdatesThatFollowEachOther()
    {
        using var scope = new TensorScope();
        var setup = new InnerLoopSetup();
        var optimiser = new Adam(0.01, EpsilonRoot: 1e-8);
        var loop = setup.Unroll(optimiser, 3);
        Assert.Equal(3, loop.Length);
        var problem = setup.Problem(optimiser);
        var (theta, state, _) = setup.Start(optimiser);
        for (int step = 0; step < 3; step++)
        {
            // The rollout that an update uses is the one that has judged the point before it.
            var (rollout, _) = problem.Sample(theta, default, setup.Key.Fold(step));
            var losses = problem.Losses(theta, rollout);
            if (step > 0)
                Assert.Equal(loop[step - 1].OuterLoss.Item(), losses.Outer.Item());
            (theta, state, var gradient) = InnerLoop.Update(problem, theta, state, losses);
            Assert.Equal(rollout.Rewards.ToDoubles(), loop[step].Rollout.Rewards.ToDoubles());
            Assert.Equal(theta.ToDoubles(), loop[step].State.Parameters.ToDoubles());
            Assert.Equal(losses.Inner.Item(), loop[step].Losses.Inner.Item());
            Assert.Equal(losses.Outer.Item(), loop[step].Losses.Outer.Item());
            Assert.Equal(gradient.ToDoubles(), loop[step].Gradient.ToDoubles());
            Assert.Equal(4 + step, loop[step].State.Optimiser.Step.Item());
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => setup.Unroll(optimiser, 0));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void RolloutsDrawFromKeysOfTheirOwnAndGoOnFromEachOther(bool fresh)
    {
        using var scope = new TensorScope();
        var key = Key.Of(7);
        var calls = new List<(int[] Words, int State)>();
        var points = InnerLoop.Unroll(
            new Plane(Tensor.From(0.3), calls), Begin(0.5) with { Sampling = 20 }, key, 3, new(FreshValidation: fresh));
        (int, int)[] expected = fresh
            ? [(0, 20), (1, 21), (~1, 21), (2, 22), (~2, 22), (3, 23), (~3, 23)]
            : [(0, 20), (1, 21), (2, 22), (3, 23)];
        Assert.Equal(expected.Select(call => call.Item2), calls.Select(call => call.State));
        Assert.All(expected.Zip(calls), call => Assert.Equal(key.Fold(call.First.Item1).Words.ToArray<int>(), call.Second.Words));

        // A loop goes on from a point's state, the rollout after its update.
        Assert.Equal([21, 22, 23], points.Select(point => point.State.Sampling));
        Assert.Equal([20, 21, 22], points.Select(point => point.Rollout));
    }

    // What follows the second rollout is the first one, weighed anew for each point, and its validation the second one.
    [Fact]
    public void ALoopMayReuseTwoRollouts()
    {
        using var scope = new TensorScope();
        var key = Key.Of(7);
        var calls = new List<(int[] Words, int State)>();
        var problem = new Plane(Tensor.From(0.3), calls);
        var points = InnerLoop.Unroll(problem, Begin(0.5) with { Sampling = 20 }, key, 3, new(Reuse: true));
        Assert.Equal([20, 21], calls.Select(call => call.State));
        Assert.All(calls.Index(), call => Assert.Equal(key.Fold(call.Index).Words.ToArray<int>(), call.Item.Words));
        Assert.Equal(21, points[0].State.Sampling);
        double[] theta = [0.5, .. points.Select(point => point.State.Parameters.ToDoubles()[0])];

        // Its weights add how far parameters have moved since.
        Assert.Equal([20, .. new[] { 1, 2 }.Select(i => 20 + Weight(0, i))], points.Select(point => point.Rollout));
        for (int i = 1; i <= 3; i++)
            Assert.Equal(Math.Pow(theta[i] - (0.1 * (21 + Weight(1, i))), 2), points[i - 1].OuterLoss.Item(), 1e-12);

        int Weight(int from, int to) => Plane.Weight(theta[from], theta[to]);
    }

    [Fact]
    public void ReusedRolloutsAreNotFreshOnes()
    {
        using var scope = new TensorScope();
        var setup = new InnerLoopSetup();
        Assert.Throws<ArgumentException>(() => setup.Unroll(new Sgd(0.1), 2, new(Reuse: true, FreshValidation: true)));
    }

    // Step sizes 0.2, 0.1, 0.1: a schedule that did not advance within the loop would repeat the first.
    [Fact]
    public void SchedulesAdvanceWithinALoop()
    {
        using var scope = new TensorScope();
        var setup = new InnerLoopSetup();
        var scheduled = new Sgd(Schedules.Linear(0.2, 0.1, 1));
        var start = setup.Start(scheduled) with { Optimiser = scheduled.Initial(setup.Parameters) };
        var points = InnerLoop.Unroll(setup.Problem(scheduled), start, setup.Key, 3);
        var (theta, state, _) = start;
        for (int i = 0; i < 3; i++)
        {
            (theta, state) = Step(i == 0 ? 0.2 : 0.1, theta, state, setup.Key.Fold(i));
            Close.All(theta.ToDoubles(), points[i].State.Parameters.ToDoubles(), 1e-15);
            Assert.Equal(i + 1, points[i].State.Optimiser.Step.Item());
        }

        // A loop from a later state goes on in the schedule.
        var after = new SgdState<Tensor>(Tensor.Full(5, [], ElementType.Int32));
        var later = InnerLoop.Unroll(setup.Problem(scheduled), start with { Optimiser = after }, setup.Key, 1);
        var (slow, _) = Step(0.1, setup.Parameters, after, setup.Key.Fold(0));
        Close.All(slow.ToDoubles(), later[0].State.Parameters.ToDoubles(), 1e-15);

        (Tensor, OptimiserState<Tensor>) Step(double rate, Tensor theta, OptimiserState<Tensor> state, Key key)
        {
            var problem = setup.Problem(new Sgd(rate));
            var losses = problem.Losses(theta, problem.Sample(theta, default, key).Rollout);
            var (moved, next, _) = InnerLoop.Update(problem, theta, state, losses);
            return (moved, next);
        }
    }

    [Fact]
    public void MetaGradientsThroughClipsAndSchedulesAreThoseOfFiniteDifferences()
    {
        // The limit is below some norms of the loop's gradients and above others.
        var setup = new InnerLoopSetup();
        double[] norms = [.. setup.Unroll(Wrapped(1e9), 4).Select(point => point.Gradient.Norm().Item())];
        var optimiser = Wrapped((norms.Min() + norms.Max()) / 2);
        GradientCheck.Check(
            x => [.. setup.Unroll(optimiser, 4, x[0]).Select(point => point.OuterLoss)],
            [setup.Raw],
            order: 1,
            tolerance: 1e-7);
        Assert.NotEqual(
            setup.Unroll(Wrapped(1e9), 4)[^1].State.Parameters.ToDoubles(), setup.Unroll(optimiser, 4)[^1].State.Parameters.ToDoubles());

        static Optimiser Wrapped(double limit)
            => new Chain(new ClipByGlobalNorm(limit), new Adam(Schedules.Cosine(0.3, 0.05, 6), EpsilonRoot: 1e-8));
    }

    // A step size that is learned is one more meta-parameter.
    [Fact]
    public void MetaGradientsInTheStepSizeAreThoseOfFiniteDifferences()
    {
        var setup = new InnerLoopSetup();
        foreach (var optimiser in (Func<Tensor, Optimiser>[])[x => new Sgd(x), x => new Adam(x, EpsilonRoot: 1e-8)])
        {
            GradientCheck.Check(
                x => [.. setup.Unroll(optimiser(x[0]), 3, x[1]).Select(point => point.OuterLoss)],
                [Tensor.From([0.05], []), setup.Raw],
                order: 1,
                tolerance: 1e-7);
        }
    }

    private static Optimiser Optimiser(string name) => name switch
    {
        "sgd" => new Sgd(0.05),
        "rmsprop" => new RmsProp(0.01, EpsilonRoot: 1e-8),
        _ => new Adam(0.01, EpsilonRoot: 1e-8),
    };

    private static InnerState<Tensor, int> Begin(params double[] theta)
        => new(Tensor.From(theta, [theta.Length]), new Sgd(0.1).Initial(Tensor.From(theta, [theta.Length])), 0);

    private static InnerPoint<Tensor, int, int>[] Unroll(Tensor meta, InnerState<Tensor, int> start, int steps, double? trace = null)
        => InnerLoop.Unroll(new Plane(meta), start, Key.Of(0), steps, new(trace));

    // The inner loss is linear in its parameters: the slope depends on the meta-parameters alone. Rollouts are numbers that count up.
    private sealed class Plane(Tensor meta, List<(int[] Words, int State)>? calls = null) : IMetaProblem<Tensor, int, int>
    {
        public Optimiser Optimiser { get; } = new Sgd(0.1);

        public (int Rollout, int Next) Sample(Tensor parameters, int state, Key key)
        {
            calls?.Add((key.Words.ToArray<int>(), state));
            return (state, state + 1);
        }

        public static int Weight(double behaviour, double parameters) => (int)Math.Round(1e6 * (parameters - behaviour));

        public int Reweighted(int rollout, Tensor behaviour, Tensor parameters)
            => rollout + Weight(behaviour.ToDoubles()[0], parameters.ToDoubles()[0]);

        public RolloutLosses Losses(Tensor parameters, int rollout)
            => new((parameters * (meta * (rollout + 1)).Sin()).Sum(), (parameters - (0.1 * rollout)).Square().Sum());
    }
}
