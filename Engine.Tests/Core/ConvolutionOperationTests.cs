using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Nn;
using Engine.Core.Operations;
using Engine.Kernels;
using Xunit;

namespace Engine.Tests.Core;

public sealed class ConvolutionOperationTests : IDisposable
{
    private readonly TensorScope _scope = new();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void ErrorsNameBothShapes()
    {
        var x = Tensor.Zeros([2, 4, 5, 3]);
        Says("[2, 4, 5, 3] have 3 channels and weights [3, 3, 2, 6] are for 2", () => x.Convolve(Tensor.Zeros([3, 3, 2, 6])));
        Says("[2, 2, 3, 6], with images [2, 4, 5, 3], must have odd sizes", () => x.Convolve(Tensor.Zeros([2, 2, 3, 6])));
        Says(
            "[2, 4, 5, 3] are smaller than the window of the weights [7, 1, 3, 6]",
            () => x.Convolve(Tensor.Zeros([7, 1, 3, 6]), Padding.Valid));
        Says("images [4, 5] must be [batch, height, width, channels]", () => Tensor.Zeros([4, 5]).Convolve(Tensor.Zeros([3, 3, 3, 6])));
        Says("[2, 4, 4, 6] is no result", () => new ConvolutionWeightGradient(Padding.Same, 3, 3).Apply(x, Tensor.Zeros([2, 4, 4, 6])));
        Says("have 3 channels", () => new ConvolutionInputGradient(Padding.Same).Apply(x, Tensor.Zeros([3, 3, 3, 6])));
        Says("a bias of shape [5] is not [6]", () => Conv2d.ReluPool(x, Tensor.Zeros([3, 3, 3, 6]), Tensor.Zeros([5])));
        Says("Int32 [2, 4]", () => new PoolGather().Apply(x, Tensor.From(new int[8], [2, 4])));
        Says("at least 1", () => x.MaxPool(0));

        static void Says(string part, Func<Tensor> action)
            => Assert.Contains(part, Assert.ThrowsAny<ArgumentException>(() => _ = action()).Message);
    }

    [Fact]
    public void OfEqualNumbersTheFirstIsPooled()
    {
        var x = Tensor.From([1.0, 2, 9, 2, 2, 9, 0, 0, 9], [1, 3, 3, 1]);
        var y = x.MaxPool();
        Assert.Equal([2.0], y.ToDoubles());
        Assert.Equal([0.0, 1, 0, 0, 0, 0, 0, 0, 0], Gradient.Of(y.Sum(), x)[0].ToDoubles());
    }

    [Fact]
    public void WindowsOfAnySizeArePooled()
    {
        var x = Tensor.Range(2 * 7 * 6 * 2, ElementType.Float64).ReshapeTo([2, 7, 6, 2]);
        var y = x.MaxPool(3);
        Assert.Equal([2, 2, 2, 2], y.Shape);
        Assert.Equal(28.0, y[0, 0, 0, 0].Item());
        Assert.Equal((double)(((13 - 1) * 6) + 5) * 2 + 1, y[1, 1, 1, 1].Item());
    }

    [Theory]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.Float64)]
    public void OnePassEqualsManyBitForBit(ElementType type)
    {
        foreach (var (x, w, padding) in (((int[], int[], Padding)[])
            [
                ([3, 12, 12, 5], [3, 3, 5, 32], Padding.Same), ([2, 7, 9, 3], [3, 5, 3, 37], Padding.Valid),
                ([2, 5, 4, 2], [3, 3, 2, 3], Padding.Same), ([70, 6, 6, 8], [3, 3, 8, 12], Padding.Same),
                ([2, 1, 4, 2], [1, 1, 2, 3], Padding.Same), ([0, 4, 4, 2], [3, 3, 2, 3], Padding.Same),
            ]))
        {
            Tensor images = Normal(x, 1), weights = Normal(w, 2), bias = Normal([w[3]], 3);
            var apart = Conv2d.Apply(images, weights, bias, padding).Relu().MaxPool();
            var fused = Conv2d.ReluPool(images, weights, bias, padding);
            Assert.Equal(apart.Shape, fused.Shape);
            Assert.Equal(apart.ToDoubles(), fused.ToDoubles());
            Tensor[] expected = Gradient.Of(apart.Square().Sum(), images, weights);
            Tensor[] actual = Gradient.Of(fused.Square().Sum(), images, weights);
            for (int i = 0; i < expected.Length; i++)
                Assert.Equal(expected[i].ToDoubles(), actual[i].ToDoubles());
        }

        Tensor Normal(Shape shape, int number)
            => new DrawNormal(0, 1, Purpose.FirstFree, number, [1, .. shape], type).Apply(Tensor.From([0, 0, 0], [1, 3])).ReshapeTo(shape);
    }

    [Fact]
    public void WeightsAreDrawnForTheirFanIn()
    {
        var w = Conv2d.Initialise(Tensor.From([1, 0, 0], [1, 3]), [5, 5, 16, 64], 0, ElementType.Float64);
        Assert.Equal([5, 5, 16, 64], w.Shape);

        // A normal cut at 2 deviations has 0.88 of the deviation.
        Assert.Equal(0.8796 / 20, Math.Sqrt(w.Square().Mean().Item()), 0.001);
    }
}
