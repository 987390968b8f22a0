using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.RL.Environments;
using Engine.RL.Meta;
using Xunit;

namespace Engine.Tests.RL;

public class LookBackTests
{
    private static readonly Optimiser[] s_optimisers = InnerLoopSetup.Optimisers;

    // Twenty updates, all of them kept, and the meta-gradient of the loss of a rollout after them.
    [Fact]
    public void LookingBackOnAllUpdatesIsTheDerivativeThroughAllOfThem()
    {
        using var scope = new TensorScope();
        var setup = new InnerLoopSetup();
        foreach (var optimiser in s_optimisers)
        {
            var ahead = setup.Unroll(optimiser, 20)[^1];
            var (theta, loss, back) = Walk(setup, optimiser, 20, decay: 1);
            Assert.Equal(ahead.State.Parameters.ToDoubles(), theta.ToDoubles());
            Assert.Equal(ahead.OuterLoss.Item(), loss.Item());
            Close.All(Gradient.Of(ahead.OuterLoss, setup.Raw).ToDoubles(), back.ToDoubles(), 1e-10);
        }
    }

    [Fact]
    public void WithoutMemoryItIsThatOfTheLastUpdate()
    {
        using var scope = new TensorScope();
        var setup = new InnerLoopSetup();
        foreach (var optimiser in s_optimisers)
        {
            var before = setup.Unroll(optimiser, 3)[^1].State;
            var problem = setup.Problem(optimiser);
            var start = Tree.Map(before, x => x.StopGradient());
            var (moved, _, _) = InnerLoop.Update(
                problem, start.Parameters, start.Optimiser,
                problem.Losses(start.Parameters, problem.Sample(start.Parameters, default, setup.Key.Fold(3)).Rollout));
            var loss = problem.Losses(moved, problem.Sample(moved, default, setup.Key.Fold(4)).Rollout).Outer;
            Close.All(
                Gradient.Of(loss, setup.Raw).ToDoubles(), Walk(setup, optimiser, 4, decay: 0).MetaGradient.ToDoubles(), 1e-10);
        }
    }

    // In an inner loop the same is a factor between updates, for the loss of each point.
    [Theory]
    [InlineData(0, true)]
    [InlineData(0.7, true)]
    [InlineData(0.7, false)]
    [InlineData(1, false)]
    public void AnInnerLoopWithADecayLooksBackToo(double decay, bool hessian)
    {
        using var scope = new TensorScope();
        var setup = new InnerLoopSetup();
        foreach (var optimiser in s_optimisers)
        {
            var points = setup.Unroll(optimiser, 4, new(Decay: decay, Hessian: hessian));
            for (int updates = 1; updates <= 4; updates++)
            {
                var (theta, loss, back) = Walk(setup, optimiser, updates, decay, hessian);
                Close.All(theta.ToDoubles(), points[updates - 1].State.Parameters.ToDoubles(), 1e-12);
                Close.All([loss.Item()], [points[updates - 1].OuterLoss.Item()], 1e-12);
                Close.All(Gradient.Of(points[updates - 1].OuterLoss, setup.Raw).ToDoubles(), back.ToDoubles(), 1e-10);
            }
        }
    }

    // With SGD, each update further back counts d times what it does in the derivative through all.
    [Fact]
    public void WhatIsFurtherBackCountsLess()
    {
        using var scope = new TensorScope();
        var (setup, optimiser) = (new InnerLoopSetup(), s_optimisers[0]);
        const double Decay = 0.8;
        double[] expected = new double[setup.Raw.Count];
        for (int update = 0; update < 5; update++)
        {
            // Only this one depends on the meta-parameters.
            int own = update;
            var state = setup.Start(optimiser);
            var (theta, sgd) = (state.Parameters, state.Optimiser);
            for (int i = 0; i < 5; i++)
            {
                var each = setup.Problem(optimiser, i == own ? setup.Raw : setup.Raw.StopGradient());
                var rollout = each.Sample(theta, default, setup.Key.Fold(i)).Rollout;
                (theta, sgd, _) = InnerLoop.Update(each, theta, sgd, each.Losses(theta, rollout));
            }

            var problem = setup.Problem(optimiser);
            var loss = problem.Losses(theta, problem.Sample(theta, default, setup.Key.Fold(5)).Rollout).Outer;
            double[] part = Gradient.Of(loss, setup.Raw).ToDoubles();
            expected = [.. expected.Zip(part, (sum, one) => sum + (Math.Pow(Decay, 4 - own) * one))];
        }

        Close.All(expected, Walk(setup, optimiser, 5, Decay).MetaGradient.ToDoubles(), 1e-10);
    }

    // With SGD nothing but the parameters themselves passes anything on.
    [Fact]
    public void WithoutTheHessianItIsAnAccumulativeTrace()
    {
        using var scope = new TensorScope();
        var (setup, optimiser) = (new InnerLoopSetup(), s_optimisers[0]);
        var trace = setup.Unroll(optimiser, 6, new(Trace: 0.8))[^1].OuterLoss;
        Close.All(
            Gradient.Of(trace, setup.Raw).ToDoubles(), Walk(setup, optimiser, 6, 0.8, hessian: false).MetaGradient.ToDoubles(), 1e-10);
    }

    // The same updates by gradients at parameters that do not move with the meta-parameters: finite differences of where they lead.
    [Fact]
    public void WithoutTheHessianOptimisersStillRemember()
    {
        using var scope = new TensorScope();
        var setup = new InnerLoopSetup();
        const double H = 1e-5;
        foreach (var optimiser in s_optimisers)
        {
            var course = setup.Unroll(optimiser, 6);
            double[] differences = [.. Enumerable.Range(0, setup.Raw.Count).Select(i => (Moved(i, H) - Moved(i, -H)) / (2 * H))];
            double[] back = Walk(setup, optimiser, 6, decay: 1, hessian: false).MetaGradient.ToDoubles();
            Close.All(differences, back, 1e-6);
            Assert.True(Close.Difference(differences, Walk(setup, optimiser, 6, decay: 1).MetaGradient.ToDoubles()) > 1e-3);

            double Moved(int i, double by)
            {
                double[] values = setup.Raw.ToDoubles();
                values[i] += by;
                var problem = setup.Problem(optimiser, Tensor.From(values, setup.Raw.Shape));
                var (theta, state, _) = setup.Start(optimiser);
                var at = theta;
                foreach (var point in course)
                {
                    var gradient = Gradient.Of(problem.Losses(at, point.Rollout).Inner, at);
                    (theta, state) = problem.Optimiser.Update(theta, gradient, state);
                    at = point.State.Parameters;
                }

                var last = problem.Sample(theta, default, setup.Key.Fold(6)).Rollout;
                return problem.Losses(theta, last).Outer.Item();
            }
        }
    }

    // What an update meets its rollout with is the meta-gradient of the updates before it.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AnUpdateComesWithTheMetaGradient(bool hessian)
    {
        using var scope = new TensorScope();
        var setup = new InnerLoopSetup();
        foreach (var optimiser in s_optimisers)
        {
            var (at, tangents, problem) = (setup.Start(optimiser), LookBack.Initial(setup.Start(optimiser), 10), setup.Problem(optimiser));
            for (int i = 0; i < 3; i++)
            {
                var sampled = problem.Sample(at.Parameters, default, setup.Key.Fold(i));
                var (point, next, metaGradient) = LookBack.Update(problem, setup.Raw, at, sampled, tangents, 0.7, hessian);
                Close.All(Walk(setup, optimiser, i, 0.7, hessian).MetaGradient.ToDoubles(), metaGradient.ToDoubles(), 1e-12);
                (at, tangents) = Tree.Map((point.State, next), x => x.StopGradient());
            }
        }
    }

    // At the minimum of a parabola, with steps three times as long as would do: each turns the derivative round and makes it longer.
    [Fact]
    public void WithoutTheHessianNothingGrows()
    {
        using var scope = new TensorScope();
        const double Decay = 0.8, Overshoot = -2;
        var (eta, theta) = (Tensor.From(0.7), Tensor.From(0.7));
        var at = new InnerState<Tensor, ValueTuple>(theta, new Sgd(1).Initial(theta), default);
        var (growing, bounded) = (LookBack.Initial(at, 1), LookBack.Initial(at, 1));
        double expected = 0, sum = 0;
        for (int i = 0; i < 60; i++)
        {
            growing = LookBack.Update(new Parabola(eta), eta, at, default, growing, Decay).Tangents;
            bounded = LookBack.Update(new Parabola(eta), eta, at, default, bounded, Decay, hessian: false).Tangents;
            (expected, sum) = ((expected * Decay * Overshoot) + 3, (sum * Decay) + 3);
        }

        Assert.Equal(1, growing.Parameters.Item() / expected, 1e-10);
        Assert.True(Math.Abs(expected) > 1e12);
        Assert.Equal(sum, bounded.Parameters.Item(), 1e-10);
        Assert.Equal(3 / (1 - Decay), sum, 1e-4);
    }

    [Fact]
    public void LearnersInABatchHaveTheirOwn()
    {
        using var scope = new TensorScope();
        foreach (var optimiser in s_optimisers)
        {
            InnerLoopSetup.AssertOwnInABatch(
                optimiser,
                (task, learner) =>
                    [Walk(task.With(learner.Raw.Sigmoid()), learner.Raw, learner.Inner, learner.Key, 3, decay: 0.9).MetaGradient]);
        }
    }

    // What has become infinite is forgotten, and derivatives begin anew; what is large is not.
    [Theory]
    [InlineData(double.PositiveInfinity, true)]
    [InlineData(double.NaN, true)]
    [InlineData(1e200, false)]
    public void WhatIsNotFiniteIsForgotten(double value, bool isForgotten)
    {
        using var scope = new TensorScope();
        var (setup, optimiser) = (new InnerLoopSetup(), s_optimisers[1]);
        var (start, problem) = (setup.Start(optimiser), setup.Problem(optimiser));
        var sampled = problem.Sample(start.Parameters, default, setup.Key);
        var zero = LookBack.Initial(start, 10);
        var odd = zero with { Parameters = zero.Parameters + Tensor.From([value, .. new double[9]], [10, 1], zero.Parameters.Type) };
        var (_, next, _) = LookBack.Update(problem, setup.Raw, start, sampled, odd, 0.5);
        double[] all = [.. Tree.Leaves(next).Where(x => x.Type.IsFloat()).SelectMany(x => x.ToDoubles())];
        Assert.All(all, x => Assert.True(double.IsFinite(x)));
        Assert.Equal(isForgotten, Array.TrueForAll(all, x => x == 0));
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void ADecayIsBetween0And1(double decay)
    {
        using var scope = new TensorScope();
        Assert.Throws<ArgumentOutOfRangeException>(() => Walk(new InnerLoopSetup(), s_optimisers[0], 1, decay));
    }

    private static (Tensor Parameters, Tensor Loss, Tensor MetaGradient) Walk(
        InnerLoopSetup setup, Optimiser optimiser, int updates, double decay, bool hessian = true)
        => Walk(setup.Problem(optimiser), setup.Raw, setup.Start(optimiser), setup.Key, updates, decay, hessian);

    private static (Tensor Parameters, Tensor Loss, Tensor MetaGradient) Walk(
        IMetaProblem<Tensor, ValueTuple, Trajectories> problem, Tensor eta, InnerState<Tensor, ValueTuple> start, Key key, int updates,
        double decay, bool hessian = true)
    {
        var (at, tangents) = (start, LookBack.Initial(start, eta.Count));
        for (int i = 0; i < updates; i++)
        {
            var (point, next, _) = LookBack.Update(
                problem, eta, at, problem.Sample(at.Parameters, default, key.Fold(i)), tangents, decay, hessian);

            // Nothing but the tangents looks back.
            (at, tangents) = Tree.Map((point.State, next), x => x.StopGradient());
        }

        var rollout = problem.Sample(at.Parameters, default, key.Fold(updates)).Rollout;
        var loss = problem.Losses(LookBack.Along(at.Parameters, tangents.Parameters, eta), rollout).Outer;
        return (at.Parameters, loss, Gradient.Of(loss, eta));
    }

    private sealed class Parabola(Tensor minimum) : IMetaProblem<Tensor, ValueTuple, ValueTuple>
    {
        public Optimiser Optimiser => new Sgd(1);

        public (ValueTuple Rollout, ValueTuple Next) Sample(Tensor parameters, ValueTuple state, Key key) => default;

        public RolloutLosses Losses(Tensor parameters, ValueTuple rollout)
        {
            var loss = (parameters - minimum).Square().Sum() * 1.5;
            return new(loss, loss);
        }
    }
}
