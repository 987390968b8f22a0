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
        var network = new ActorCritic([6, 6, 5], 4, channels: 4, units: 10, headUnits: 6);
        Tensor[] theta = golden.Inputs("theta");
        Assert.Equal(theta.Select(p => p.Shape), network.Initialise(Key.Of(0, golden.Device)).Select(p => p.Shape));
        var raw = golden.Input("raw");
        var problem = new Fixed(golden, network, raw.Sigmoid());

        var loss = problem.InnerLoss(theta, problem.Sample(theta, [], 0, false).Rollout);
        var gradient = Gradient.Of(loss, theta);
        golden.AgreeAll("grad", gradient);
        var along = gradient.Zip(golden.Inputs("u"), (g, u) => (g * u).Sum()).Aggregate((a, b) => a + b);
        golden.AgreeAll("hvp", Gradient.Of(along, theta));

        int steps = (int)golden.Setting("n");
        var optimiser = new Chain(new ClipByGlobalNorm(golden.Setting("clip")), new Adam(golden.Setting("lr"), EpsilonRoot: 1e-8));
        var step = Tensor.From([(int)golden.Setting("adam_step")], [], golden.Device);
        var state = new AdamState<Tensor[]>(step, golden.Inputs("adam_m"), golden.Inputs("adam_v"));
        var points = LookAhead.Branch(problem, optimiser, theta, state, steps);
        golden.Agrees("n_step", Tensor.Stack(0, [.. points.Select(point => Gradient.Of(point.OuterLoss, raw))]));
        golden.Agrees("outer_loss", Tensor.Stack(0, [.. points.Select(point => point.OuterLoss)]));
        golden.Agrees("mix", Gradient.Of(Mixing.Loss(points, golden.Setting("kappa")), raw));
        golden.AgreeAll("theta_n", points[^1].Parameters);
    }

    // Inner step i uses trajectories i, the loss that judges step i too.
    private sealed class Fixed(GoldenFile golden, ActorCritic network, Tensor eta) : IMetaProblem<Rollout>
    {
        public Tensor[] Start => [];

        public (Rollout Rollout, Tensor[] State) Sample(IReadOnlyList<Tensor> parameters, Tensor[] state, int step, bool validation)
        {
            Tensor rewards = golden.Input("rewards")[step], live = golden.Input("live")[step];
            var experience = new Experience(
                golden.Input("observations")[step], live, golden.Input("actions")[step].Cast(ElementType.Int32), rewards, live, live);
            return (experience.Evaluate(network, parameters), []);
        }

        public Tensor InnerLoss(IReadOnlyList<Tensor> parameters, Rollout rollout)
            => A2C.InnerLoss(rollout, new A2CCoefficients(eta[0], eta[1], eta[2], eta[3]));

        public Tensor OuterLoss(IReadOnlyList<Tensor> parameters, Rollout rollout) => A2C.OuterLoss(rollout);
    }
}
