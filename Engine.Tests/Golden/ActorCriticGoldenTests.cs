using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Kernels;
using Engine.RL.Agents;
using Xunit;

namespace Engine.Tests.Golden;

public class ActorCriticGoldenTests
{
    [Theory]
    [MemberData(nameof(TestDevices.ForNetworks), MemberType = typeof(TestDevices))]
    public void LambdaReturnsAgree(string device)
    {
        using var scope = new TensorScope();
        var golden = GoldenFile.Open("lambda_returns", device);
        Tensor v = golden.Input("v"), gamma = golden.Input("gamma"), lambda = golden.Input("lambda");
        var g = LambdaReturns.Of(golden.Input("r"), golden.Input("live"), v, gamma, lambda);
        golden.Agrees("g", g);
        var gradient = Gradient.Of((g * golden.Input("u")).Sum(), (Tensor[])[v, gamma, lambda]);
        golden.Agrees("dv", gradient[0]);
        golden.Agrees("dgamma", gradient[1]);
        golden.Agrees("dlambda", gradient[2]);
    }

    [Theory]
    [MemberData(nameof(TestDevices.ForNetworks), MemberType = typeof(TestDevices))]
    public void LossesAgree(string device)
    {
        using var scope = new TensorScope();
        var golden = GoldenFile.Open("a2c_loss", device);
        Tensor logits = golden.Input("logits"), v = golden.Input("v"), eta = golden.Input("eta");
        var evaluation = new Evaluation(
            logits, v, golden.Input("actions").Cast(ElementType.Int32), golden.Input("r"), golden.Input("live"));

        // Games stand along the second axis there.
        var games = Batch.Map(
            game => A2C.Losses(game, new A2CCoefficients(eta[0], eta[1], eta[2], eta[3])),
            Tree.Map(evaluation, x => x.Permute([1, 0, .. Enumerable.Range(2, x.Rank - 2)])));
        var inner = games.Inner.Mean();
        golden.Agrees("inner", inner);
        var first = Gradient.Of(inner, (Tensor[])[logits, v, eta]);
        golden.Agrees("dlogits", first[0]);
        golden.Agrees("dv", first[1]);
        golden.Agrees("deta", first[2]);

        var along = (first[0] * golden.Input("ul")).Sum() + (first[1] * golden.Input("uv")).Sum();
        var second = Gradient.Of(along, (Tensor[])[logits, v, eta]);
        golden.Agrees("cross_logits", second[0]);
        golden.Agrees("cross_v", second[1]);
        golden.Agrees("cross_eta", second[2]);

        var outer = games.Outer.Mean();
        golden.Agrees("outer", outer);
        golden.Agrees("outer_dlogits", Gradient.Of(outer, logits));
    }
}
