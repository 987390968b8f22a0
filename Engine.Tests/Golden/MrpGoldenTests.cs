using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.RL.Environments;
using Engine.RL.Experiments;
using Engine.RL.Meta;
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
        var theta = Flat("theta");
        var step = Tensor.From([(int)golden.Setting("adam_step")], [], golden.Device);
        OptimiserState<Tensor> state = adam ? new AdamState<Tensor>(step, Flat("adam_m"), Flat("adam_v")) : new SgdState<Tensor>(step);

        // Rewards of inner step i are rewards[i].
        var rewards = golden.Input("rewards");
        var task = new ValuePrediction(optimiser, Batch: (int)golden.Setting("batch"), Type: ElementType.Float64);
        int rollout = 0;
        var problem = task.With(logit.Sigmoid(), _ => Trajectories.From(rewards[rollout++]));
        var points = Unroll(null);

        golden.Agrees("n_step", Tensor.Stack(0, [.. points.Select(point => Gradient.Of(point.OuterLoss, logit))]));
        golden.Agrees("outer_loss", Tensor.Stack(0, [.. points.Select(point => point.OuterLoss)]));
        golden.Agrees("mix", Gradient.Of(Mixing.Mix([.. points.Select(point => point.OuterLoss)], golden.Setting("kappa")), logit));
        golden.AgreeAll("theta_n", Tree.Leaves(task.Network(points[^1].State.Parameters)));
        Assert.Equal(!adam, golden.HasOutput("trace"));
        if (golden.HasOutput("trace"))
            golden.Agrees("trace", Gradient.Of(Unroll(golden.Setting("mu"))[^1].OuterLoss, logit));

        InnerPoint<Tensor, ValueTuple, Trajectories>[] Unroll(double? trace)
        {
            rollout = 0;
            return InnerLoop.Unroll(problem, new(theta, state, default), Key.Of(0, golden.Device), steps, new(trace));
        }

        Tensor Flat(string name) => Tree.ToVector(golden.Inputs(name));
    }
}
