using Engine.Core;
using Engine.Core.Operations;
using Engine.Kernels;
using Xunit;

namespace Engine.Tests.Gpu;

/// <summary>Functions at their limits, on a GPU as on the processor.</summary>
[Collection(nameof(GpuCollection))]
public class GpuFunctionTests
{
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(TestDevices.Gpus), MemberType = typeof(TestDevices))]
    public void PowersOfIntegersAreTheSame(string name)
    {
        int[] values = [int.MinValue, -7, -2, -1, 0, 1, 2, 3, 10, 31, int.MaxValue];
        Assert.Equal(Powers(Device.Cpu), Powers(TestDevices.Open(name)));

        int[] Powers(Device device)
        {
            using var scope = new TensorScope();
            var x = Tensor.From(values, [values.Length], device);
            return x.Unsqueeze(1).Pow(x).ToArray<int>();
        }
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(TestDevices.Gpus), MemberType = typeof(TestDevices))]
    public void NumbersOutsideTheIntegersAreCastAlike(string name)
    {
        using var scope = new TensorScope();
        double[] values = [double.NaN, 1e20, -1e20, double.PositiveInfinity, double.NegativeInfinity, -1.9];
        foreach (var type in new[] { ElementType.Float32, ElementType.Float64 })
        {
            var x = Tensor.From(values, [6], type, TestDevices.Open(name));
            Assert.Equal([0, int.MaxValue, int.MinValue, int.MaxValue, int.MinValue, -1], x.Cast(ElementType.Int32).ToArray<int>());
        }
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(TestDevices.Gpus), MemberType = typeof(TestDevices))]
    public void GumbelNumbersAreTheSame(string name)
    {
        using var scope = new TensorScope();
        var draw = new DrawGumbel([41], ElementType.Float32);
        double[] expected = draw.Apply(Key.Of(1).Split(30).Words).ToDoubles();
        double[] actual = draw.Apply(Key.Of(1, TestDevices.Open(name)).Split(30).Words).ToDoubles();
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
    }
}
