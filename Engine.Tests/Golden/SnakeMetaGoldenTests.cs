using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.RL.Agents;
using Engine.RL.Meta;
using Xunit;

namespace Engine.Tests.Golden;

public class SnakeMetaGoldenTests
{
    [Theory]
    [MemberData(nameof(TestDevices.ForUpdates), MemberType = typeof(TestDevices))]
    public void MetaGradientsThroughNetworkClipAndAdamAgree(string device)
    {
        using var scope = new TensorScope();
        var golden = GoldenFile.Open("snake_meta", device);
        var raw = golden.Input("raw");
        var trunk = ConvolutionalTrunk.Initial(Key.Of(0, golden.Device), [6, 6, 5], 4, 10, ElementType.Float64);
        var like = ActorCritic.Initial(Key.Of(0, golden.Device), trunk, 10, [6], 4, type: ElementType.Float64);
        var theta = Network("theta");
        var optimiser = new Chain(new ClipByGlobalNorm(golden.Setting("clip")), new Adam(golden.Setting("lr"), EpsilonRoot: 1e-8));
        var problem = new Fixed(golden, optimiser, raw.Sigmoid());

        Tensor Loss(IActorCritic network) => problem.Losses(network, problem.Sample(network, 0, default).Rollout).Inner;
        golden.AgreeAll("grad", Tree.Leaves(Gradient.Of(Loss(theta), theta)));
        golden.AgreeAll("hvp", Tree.Leaves(Gradient.HessianVector(Loss, theta, Network("u"))));

        int steps = (int)golden.Setting("n");
        var step = Tensor.From([(int)golden.Setting("adam_step")], [], golden.Device);
        var state = new AdamState<IActorCritic>(step, Network("adam_m"), Network("adam_v"));
        var points = InnerLoop.Unroll(problem, new InnerState<IActorCritic, int>(theta, state, 0), Key.Of(0, golden.Device), steps);
        golden.Agrees("n_step", Tensor.Stack(0, [.. points.Select(point => Gradient.Of(point.OuterLoss, raw))]));
        golden.Agrees("outer_loss", Tensor.Stack(0, [.. points.Select(point => point.OuterLoss)]));
        golden.Agrees("mix", Gradient.Of(Mixing.Mix([.. points.Select(point => point.OuterLoss)], golden.Setting("kappa")), raw));
        golden.AgreeAll("theta_n", Tree.Leaves(points[^1].State.Parameters));

        IActorCritic Network(string name) => Tree.With<IActorCritic>(like, golden.Inputs(name));
    }

    // Inner step i uses trajectories i, the loss that judges step i too.
    private sealed class Fixed(GoldenFile golden, Optimiser optimiser, Tensor eta) : IMetaProblem<IActorCritic, int, Trajectory>
    {
        public Optimiser Optimiser => optimiser;

        public (Trajectory Rollout, int Next) Sample(IActorCritic parameters, int state, Key key)
        {
            var terminated = 1 - golden.Input("live")[state];
            var trajectory = new Trajectory(
                golden.Input("observations")[state],
                terminated,
                golden.Input("actions")[state].Cast(ElementType.Int32),
                golden.Input("rewards")[state],
                terminated,
                Tensor.ZerosLike(terminated));

            // Games stand along the second axis there.
            return (Tree.Map(trajectory, x => x.Permute([1, 0, .. Enumerable.Range(2, x.Rank - 2)])), state + 1);
        }

        public RolloutLosses Losses(IActorCritic parameters, Trajectory rollout)
            => A2CProblem.Losses(parameters, rollout, new(eta[0], eta[1], eta[2], eta[3]));
    }
}
