using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Nn;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.RL.Environments;
using Engine.RL.Experiments;
using Engine.RL.Meta;
using Engine.Tests.Core;
using Xunit;

namespace Engine.Tests.Golden;

public class MrpGoldenTests
{
    [Theory]
    [MemberData(nameof(TestDevices.ForUpdates), MemberType = typeof(TestDevices))]
    public void MetaGradientsWithSgdAgree(string device) => MetaGradientsAgree("mrp_meta_sgd", device);

    [Theory]
    [MemberData(nameof(TestDevices.ForUpdates), MemberType = typeof(TestDevices))]
    public void MetaGradientsWithAdamAgree(string device) => MetaGradientsAgree("mrp_meta_adam", device);

    private static void MetaGradientsAgree(string name, string device)
    {
        using var scope = new TensorScope();
        var golden = GoldenFile.Open(name, device);
        int steps = (int)golden.Setting("n");
        bool adam = name.EndsWith("adam", StringComparison.Ordinal);
        Optimiser optimiser = adam ? new Adam(golden.Setting("lr"), EpsilonRoot: 1e-8) : new Sgd(golden.Setting("lr"));
        var logit = golden.Input("logit");
        var network = new Mlp([1, 10, 10, 1]);
        Tensor[] theta = [Flat(golden.Inputs("theta"))];
        var step = Tensor.From([(int)golden.Setting("adam_step")], [], golden.Device);
        Tensor[] moments = adam ? [Flat(golden.Inputs("adam_m")), Flat(golden.Inputs("adam_v"))] : [];

        // Rewards of inner step i are rewards[i].
        var rewards = golden.Input("rewards");
        var task = new ValuePrediction(network, StateInput.Raw, Discounting.Power, (int)golden.Setting("batch"), ElementType.Float64);
        var problem = task.With(logit.Sigmoid(), i => Trajectories.From(rewards[i]));
        var points = LookAhead.Branch(problem, optimiser, theta, optimiser.State(theta, step, moments), steps);

        golden.Agrees("n_step", Tensor.Stack(0, [.. points.Select(point => Gradient.Of(point.OuterLoss, logit))]));
        golden.Agrees("outer_loss", Tensor.Stack(0, [.. points.Select(point => point.OuterLoss)]));
        golden.Agrees("mix", Gradient.Of(Mixing.Loss(points, golden.Setting("kappa")), logit));
        golden.AgreeAll("theta_n", network.Split(points[^1].Parameters[0]));
        Assert.Equal(!adam, golden.HasOutput("trace"));
        if (golden.HasOutput("trace"))
        {
            var options = new BranchOptions(golden.Setting("mu"));
            var traced = LookAhead.Branch(problem, optimiser, theta, optimiser.State(theta, step, moments), steps, options);
            golden.Agrees("trace", Gradient.Of(traced[^1].OuterLoss, logit));
        }

        Tensor Flat(Tensor[] parameters) => network.Flatten([.. parameters.Select(p => p.Rank == 1 ? p.Unsqueeze(0) : p)]);
    }
}
