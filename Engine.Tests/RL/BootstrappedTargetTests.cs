using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.RL.Environments;
using Engine.RL.Meta;
using Engine.RL.Training;
using Xunit;

namespace Engine.Tests.RL;

public class BootstrappedTargetTests
{
    private static readonly Optimiser[] s_optimisers = InnerLoopSetup.Optimisers;

    // Half the mean squared difference of the ten values, to a target that was written out step by step, and its derivative through the
    // first update alone.
    [Fact]
    public void ItIsTheFormula()
    {
        using var scope = new TensorScope();
        var setup = new InnerLoopSetup();
        foreach (var optimiser in s_optimisers)
        {
            var (distances, first) = BootstrappedTarget.Distances(setup.Problem(optimiser), setup.Start(optimiser), setup.Key, 3);
            var points = setup.Unroll(optimiser, 3);
            Assert.Equal(points[0].State.Parameters.ToDoubles(), first.State.Parameters.ToDoubles());
            for (int steps = 1; steps <= 3; steps++)
            {
                // After steps - 1 more inner updates, one that descends the outer loss.
                var at = Tree.Map(points[steps - 1].State, x => x.StopGradient());
                var problem = setup.Problem(optimiser);
                var rollout = problem.Sample(at.Parameters, default, setup.Key.Fold(steps)).Rollout;
                var slope = Gradient.Of(problem.Losses(at.Parameters, rollout).Outer, at.Parameters);
                var (target, _) = optimiser.Update(at.Parameters, slope, at.Optimiser);
                double[] wanted = setup.Task(optimiser).Values(target).ToDoubles();
                var values = setup.Task(optimiser).Values(points[0].State.Parameters);
                double expected = values.ToDoubles().Zip(wanted, (v, w) => (v - w) * (v - w)).Average() / 2;
                Assert.Equal(expected, distances[steps - 1].Item(), 1e-12);

                // d/deta = mean (v - w) dv/deta.
                var cotangent = Tensor.From([.. values.ToDoubles().Zip(wanted, (v, w) => (v - w) / 10)], [10], ElementType.Float64);
                double[] by = Gradient.Vjp(values, setup.Raw, cotangent).ToDoubles();
                Close.All(by, Gradient.Of(distances[steps - 1], setup.Raw).ToDoubles(), 1e-10);
            }
        }
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
                [
                    .. BootstrappedTarget.Distances(task.With(learner.Raw.Sigmoid()), learner.Inner, learner.Key, 2).Distances
                        .Select(distance => Gradient.Of(distance, learner.Raw)),
                ]);
        }
    }

    // Of an agent the divergence from its policy to the target's, over the steps of all games.
    [Fact]
    public void OfPoliciesItIsTheirDivergence()
    {
        using var scope = new TensorScope();
        var run = new AgentRun("1", 2, SmallSnake.Settings);
        var snapshots = SmallSnake.Snapshots(run);
        var (here, there) = (SmallSnake.LearnerOf(run, snapshots[2]), SmallSnake.LearnerOf(run, snapshots[7]));
        var problem = SmallSnake.UpdateOf(run).Point(here).Problem(here.Eta);
        var (network, target) = (here.Inner.Parameters, there.Inner.Parameters);
        var (rollout, _) = problem.Sample(network, here.Inner.Sampling, Key.Of(5).Split(3));
        double expected = 0;
        for (int game = 0; game < 3; game++)
        {
            for (int t = 0; t < 4; t++)
            {
                var seen = rollout.Observations[game][t];
                double[] p = Softmax(target.Apply(seen).Logits), q = Softmax(network.Apply(seen).Logits);
                expected += p.Zip(q, (a, b) => a * Math.Log(a / b)).Sum() / 12;
            }
        }

        Assert.True(expected > 0);
        Assert.Equal(1, problem.Distance(target, network, rollout).Item() / expected, 1e-3);
        Assert.Equal(0, problem.Distance(network, network, rollout).Item(), 1e-6);

        static double[] Softmax(Tensor logits)
        {
            double[] powers = [.. logits.ToDoubles().Select(Math.Exp)];
            return [.. powers.Select(power => power / powers.Sum())];
        }
    }

    [Fact]
    public void AgentsLearnByIt()
    {
        var run = new AgentRun("bmg-2", 2, SmallSnake.Settings);
        var rows = SmallSnake.Train(run).Rows;
        double[] eta = SmallSnake.Eta(rows[^1]);
        Assert.All(eta, value => Assert.True(double.IsFinite(value)));
        Assert.NotEqual(SmallSnake.Eta(rows[0])[..4], eta[..4]);

        // The network learns as it does by any other method, until meta-parameters differ.
        Assert.Equal(SmallSnake.Column(SmallSnake.Train(run with { Method = "1" }).Rows, "gamma")[0], eta[0], 0.2);
    }

    [Fact]
    public void AProblemWithoutADistanceSaysSo()
    {
        IMetaProblem<Tensor, ValueTuple, Trajectories> problem = new Silent();
        Assert.Equal(
            "Silent has no Distance, which a bootstrapped target needs: write one.",
            Assert.Throws<NotSupportedException>(() => problem.Distance(null!, null!, null!)).Message);
        Assert.Equal(
            "Silent has no Reweighted, which a loop that reuses rollouts needs: write one.",
            Assert.Throws<NotSupportedException>(() => problem.Reweighted(null!, null!, null!)).Message);
    }

    private sealed class Silent : IMetaProblem<Tensor, ValueTuple, Trajectories>
    {
        public Optimiser Optimiser => new Sgd(1);

        public (Trajectories Rollout, ValueTuple Next) Sample(Tensor parameters, ValueTuple state, Key key) => default;

        public RolloutLosses Losses(Tensor parameters, Trajectories rollout) => null!;
    }
}
