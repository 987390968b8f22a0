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
    [InlineData(0)]
    [InlineData(0.7)]
    public void AnInnerLoopWithADecayLooksBackToo(double decay)
    {
        using var scope = new TensorScope();
        var setup = new InnerLoopSetup();
        foreach (var optimiser in s_optimisers)
        {
            var points = setup.Unroll(optimiser, 4, decay: decay);
            for (int updates = 1; updates <= 4; updates++)
            {
                var (theta, loss, back) = Walk(setup, optimiser, updates, decay);
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
        var losses = problem.Losses(start.Parameters, problem.Sample(start.Parameters, default, setup.Key).Rollout);
        var zero = LookBack.Initial(start, 10);
        var odd = zero with { Parameters = zero.Parameters + Tensor.From([value, .. new double[9]], [10, 1], zero.Parameters.Type) };
        var (_, _, next, _) = LookBack.Update(problem, setup.Raw, start.Parameters, start.Optimiser, losses, odd, 0.5);
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
        InnerLoopSetup setup, Optimiser optimiser, int updates, double decay)
        => Walk(setup.Problem(optimiser), setup.Raw, setup.Start(optimiser), setup.Key, updates, decay);

    private static (Tensor Parameters, Tensor Loss, Tensor MetaGradient) Walk(
        IMetaProblem<Tensor, ValueTuple, Trajectories> problem, Tensor eta, InnerState<Tensor, ValueTuple> start, Key key, int updates,
        double decay)
    {
        var (theta, state, tangents) = (start.Parameters, start.Optimiser, LookBack.Initial(start, eta.Count));
        for (int i = 0; i < updates; i++)
        {
            var losses = problem.Losses(theta, problem.Sample(theta, default, key.Fold(i)).Rollout);
            (theta, state, tangents, _) = LookBack.Update(problem, eta, theta, state, losses, tangents, decay);

            // Nothing but the tangents looks back.
            (theta, state, tangents) = Tree.Map((theta, state, tangents), x => x.StopGradient());
        }

        var rollout = problem.Sample(theta, default, key.Fold(updates)).Rollout;
        var loss = problem.Losses(LookBack.Along(theta, tangents.Parameters, eta), rollout).Outer;
        return (theta, loss, Gradient.Of(loss, eta));
    }
}
