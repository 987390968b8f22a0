using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Nn;
using Xunit;

namespace Engine.Tests.Golden;

public class ConvolutionGoldenTests
{
    [Theory]
    [MemberData(nameof(TestDevices.ForNetworks), MemberType = typeof(TestDevices))]
    public void ConvolutionReluAndPoolAgreeToSecondOrder(string device) => AgreeToSecondOrder(fused: false, device);

    [Theory]
    [MemberData(nameof(TestDevices.ForNetworks), MemberType = typeof(TestDevices))]
    public void FusedConvolutionReluAndPoolAgreeToSecondOrder(string device) => AgreeToSecondOrder(fused: true, device);

    private static void AgreeToSecondOrder(bool fused, string device)
    {
        using var scope = new TensorScope();
        var golden = GoldenFile.Open("conv_relu_pool", device);
        Tensor x = golden.Input("x"), w = golden.Input("w"), b = golden.Input("b"), g = golden.Input("g");
        var layer = new Conv2d(w, b);
        var y = fused ? layer.ReluPool(x) : layer.Apply(x).Relu().MaxPool();
        golden.Agrees("y", y);

        var first = Gradient.Of((y * g).Sum(), (Tensor[])[x, w, b]);
        golden.Agrees("dx", first[0]);
        golden.Agrees("dw", first[1]);
        golden.Agrees("db", first[2]);

        Tensor[] directions = [golden.Input("ux"), golden.Input("uw"), golden.Input("ub")];
        var along = first.Zip(directions, (gradient, direction) => (gradient * direction).Sum()).Aggregate((a, c) => a + c);
        var second = Gradient.Of(along, (Tensor[])[x, w, g]);
        golden.Agrees("ddx", second[0]);
        golden.Agrees("ddw", second[1]);
        golden.Agrees("ddg", second[2]);
    }
}
