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
        Says("a bias of shape [5] is not [6]", () => new Conv2d(Tensor.Zeros([3, 3, 3, 6]), Tensor.Zeros([5])).ReluPool(x));
        Says("Int32 [2, 4]", () => new PoolGather().Apply(x, Tensor.From(new int[8], [2, 4])));
        Says("at least 1", () => x.MaxPool(0));
        var w = Tensor.Zeros([3, 3, 3, 6]);
        var positions = Tensor.From(new int[48], [2, 2, 4, 3]);
        Says("must be Int32 [2, 2, 2, 6], got Int32 [2, 2, 4, 3]", () => new PooledConvolution(Padding.Same).Apply(x, w, positions));
        Says(
            "[2, 2, 4, 3] are no pooled results of a convolution with weights [3, 3, 3, 6]",
            () => new PooledConvolutionInputGradient(Padding.Same, 4, 5).Apply(positions.Cast(x.Type), w, positions));
        Says(
            "must be Int32 [2, 2, 2, 3], got Int32 [2, 2, 4, 3] for numbers [2, 2, 4, 3]",
            () => new PooledConvolutionWeightGradient(Padding.Same, 3, 3).Apply(x, positions.Cast(x.Type), positions));
        Tensor two = Tensor.Zeros([2, 1, 4, 5, 3]), three = Tensor.Zeros([3, 3, 3, 3, 6]);
        Says("images [2, 1, 4, 5, 3] are of 2 members and weights [3, 3, 3, 3, 6] of 3", () => two.Convolve(three));
        Says("or both have one axis more in front", () => two.Convolve(w));
        Says("[2, 4, 5, 6] is no result", () => new ConvolutionWeightGradient(Padding.Same, 3, 3).Apply(two, Tensor.Zeros([2, 4, 5, 6])));
        Says(
            "a bias of shape [6] is not [2, 6]",
            () => new ConvolutionReluPool(Padding.Same).ApplyAll(two, three[..2], Tensor.Zeros([6]))[0]);

        static void Says(string part, Func<Tensor> action)
            => Assert.Contains(part, Assert.ThrowsAny<ArgumentException>(() => _ = action()).Message);
    }

    [Fact]
    public void OfEqualNumbersTheFirstIsPooled()
    {
        var x = Tensor.From([1.0, 2, 9, 2, 2, 9, 0, 0, 9], [1, 3, 3, 1]);
        var y = x.MaxPool();
        Assert.Equal([2.0], y.ToDoubles());
        Assert.Equal([0.0, 1, 0, 0, 0, 0, 0, 0, 0], Gradient.Of(y.Sum(), x).ToDoubles());
    }

    [Fact]
    public void TheFirstNaNIsPooledWhereverItStands()
    {
        for (int at = 0; at < 9; at++)
        {
            foreach (var type in (ElementType[])[ElementType.Float32, ElementType.Float64])
            {
                double[] values = [1, 2, 3, 4, 5, 6, 7, 8, 9];
                values[at] = values[8] = double.NaN;
                var x = Tensor.From(values, [1, 3, 3, 1]).Cast(type);
                var y = x.MaxPool(3);
                Assert.Equal([double.NaN], y.ToDoubles());
                Assert.Equal(Enumerable.Range(0, 9).Select(i => i == at ? 1.0 : 0), Gradient.Of(y.Sum(), x).ToDoubles());
            }
        }
    }

    // What is put where: an infinity or NaN among images, weights, biases or cotangents. Small integers, so that sums are exact.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void OnePassEqualsManyWhereNotAllIsFinite(int operand)
    {
        int next = 1;
        (int[], int[])[] shapes = [([3, 6, 6, 5], [3, 3, 5, 32]), ([2, 7, 5, 3], [3, 5, 3, 7]), ([11, 4, 4, 2], [3, 3, 2, 3])];
        foreach (var (x, w) in shapes)
        {
            foreach (double number in (double[])[double.PositiveInfinity, double.NegativeInfinity, double.NaN])
            {
                foreach (int zeros in (int[])[0, 9])
                {
                    int[] pooled = [x[0], x[1] / 2, x[2] / 2, w[3]];
                    int[][] all = [x, w, [w[3]], pooled];
                    double[][] values = [.. all.Select(sizes => Integers(sizes.Aggregate((a, b) => a * b), zeros))];
                    values[operand][values[operand].Length / 2] = number;
                    Tensor images = Of(values[0], x), weights = Of(values[1], w), bias = Of(values[2], [w[3]]), g = Of(values[3], pooled);
                    var layer = new Conv2d(weights, bias);
                    var (apart, fused) = (layer.Apply(images).Relu().MaxPool(), layer.ReluPool(images));
                    Assert.Equal(apart.ToDoubles(), fused.ToDoubles());
                    Tensor[] expected = Gradient.Vjp(apart, (Tensor[])[images, weights, bias], g);
                    Tensor[] actual = Gradient.Vjp(fused, (Tensor[])[images, weights, bias], g);
                    for (int i = 0; i < expected.Length; i++)
                        Assert.Equal(expected[i].ToDoubles(), actual[i].ToDoubles());
                }
            }
        }

        double[] Integers(int count, int zeros)
            => [.. Enumerable.Range(0, count).Select(_ => (next = next * 31 % 1009) % (zeros + 1) > 0 ? 0.0 : (next % 9) - 4)];

        static Tensor Of(double[] values, int[] shape) => Tensor.From(values, shape).Cast(ElementType.Float32);
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
            var layer = new Conv2d(weights, bias, padding);
            var (apart, fused) = (layer.Apply(images).Relu().MaxPool(), layer.ReluPool(images));
            Assert.Equal(apart.Shape, fused.Shape);
            Assert.Equal(apart.ToDoubles(), fused.ToDoubles());

            // Their derivatives add in another order.
            Tensor[] expected = Gradient.Of(apart.Square().Sum(), (Tensor[])[images, weights, bias]);
            Tensor[] actual = Gradient.Of(fused.Square().Sum(), (Tensor[])[images, weights, bias]);
            double tolerance = type == ElementType.Float32 ? 1e-5 : 1e-13;
            for (int i = 0; i < expected.Length; i++)
            {
                double[] numbers = expected[i].ToDoubles(), others = actual[i].ToDoubles();
                double largest = numbers.Select(Math.Abs).Append(0).Max();
                Assert.All(numbers.Zip(others), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, tolerance * largest));
            }
        }

        Tensor Normal(Shape shape, int number) => Tensor.Normal(Key.Of(0).Fold(number), shape, type: type);
    }

    // Small integers: sums are exact, in whatever order. Every other image may be mostly zeros, and the third have a number that is none.
    [Theory]
    [InlineData(ElementType.Float32, false, 0)]
    [InlineData(ElementType.Float32, true, 0)]
    [InlineData(ElementType.Float32, true, double.NaN)]
    [InlineData(ElementType.Float64, false, double.PositiveInfinity)]
    [InlineData(ElementType.Float64, true, 0)]
    public void PooledConvolutionsAreThoseOfWholeOnes(ElementType type, bool sparse, double third)
    {
        foreach (var (x, w, padding) in (((int[], int[], Padding)[])
            [
                ([3, 12, 12, 5], [3, 3, 5, 32], Padding.Same), ([2, 7, 9, 3], [3, 5, 3, 37], Padding.Valid),
                ([2, 5, 4, 2], [3, 3, 2, 3], Padding.Same), ([70, 6, 6, 8], [3, 3, 8, 12], Padding.Same),
                ([19, 6, 6, 32], [3, 3, 32, 32], Padding.Same), ([2, 5, 7, 40], [5, 3, 40, 17], Padding.Same),
                ([2, 1, 4, 2], [1, 1, 2, 3], Padding.Same), ([0, 4, 4, 2], [3, 3, 2, 3], Padding.Same),
                ([300, 4, 4, 1], [1, 7, 1, 2], Padding.Same), ([9, 2, 2, 16], [1, 1, 16, 64], Padding.Valid),
            ]))
        {
            Tensor images = Images(x), weights = Integers(w), whole = images.Convolve(weights, padding);
            int height = x[1], width = x[2];
            Shape pooled = [whole.Shape[0], whole.Shape[1] / 2, whole.Shape[2] / 2, whole.Shape[3]];
            var positions = Tensor.From(Positions(pooled, whole.Shape[2]), pooled);
            var g = Integers(pooled);
            var spread = new PoolScatter(whole.Shape).Apply(g, positions);
            Same(new PoolGather().Apply(whole, positions), new PooledConvolution(padding).Apply(images, weights, positions));
            Same(
                new ConvolutionInputGradient(padding).Apply(spread, weights),
                new PooledConvolutionInputGradient(padding, height, width).Apply(g, weights, positions));
            Same(
                new ConvolutionWeightGradient(padding, w[0], w[1]).Apply(images, spread),
                new PooledConvolutionWeightGradient(padding, w[0], w[1]).Apply(images, g, positions));
        }

        Tensor Images(Shape shape)
        {
            double[] values = Integers(shape).ToDoubles();
            int length = shape[0] == 0 ? 0 : values.Length / shape[0];
            for (int i = 0; sparse && i < values.Length; i++)
                values[i] *= (i / length % 2 == 1 && i % 13 > 0) ? 0 : 1;
            if (third != 0 && shape[0] > 2)
                values[(2 * length) + (length / 2)] = third;
            return Tensor.From(values, shape, type);
        }

        Tensor Integers(Shape shape)
        {
            int next = 1;
            double[] values = [.. Enumerable.Range(0, shape.ElementCount).Select(_ => (double)(((next = next * 31 % 1009) % 9) - 4))];
            return Tensor.From(values, shape, type);
        }

        static void Same(Tensor expected, Tensor actual)
        {
            Assert.Equal(expected.Shape, actual.Shape);
            Assert.Equal(expected.ToDoubles(), actual.ToDoubles());
        }

        // Anywhere in their windows, or nowhere.
        static int[] Positions(Shape pooled, int width)
        {
            var random = new Random(0);
            var positions = new int[pooled.ElementCount];
            for (int i = 0; i < positions.Length; i++)
            {
                int channel = i % pooled[3], pixel = i / pooled[3], column = pixel % pooled[2], row = pixel / pooled[2] % pooled[1];
                int inRow = (2 * column) + random.Next(2), y = (2 * row) + random.Next(2);
                positions[i] = random.Next(5) == 0 ? -1 : (((y * width) + inRow) * pooled[3]) + channel;
            }

            return positions;
        }
    }

    // A thread has other images beside each other than two threads have.
    [Fact]
    public void ThreadsDoNotChangeABitOfAPooledConvolution()
    {
        using var scope = new TensorScope();
        double[][] all = [.. ((int[])[1, 2, 3]).Select(threads =>
        {
            using var device = Device.Open("cpu", threads);
            var images = Tensor.Normal(Key.Of(0, device), [97, 6, 6, 32]);
            images *= (Tensor.Range(97, ElementType.Int32, device) % 3).Cast(ElementType.Float32).Reshape(97, 1, 1, 1);
            var (weights, bias) = (Tensor.Normal(Key.Of(1, device), [3, 3, 32, 32]), Tensor.Zeros([32], device: device));
            var positions = new ConvolutionReluPool(Padding.Same).ApplyAll(images, weights, bias)[1];
            return new PooledConvolution(Padding.Same).Apply(images.Sin(), weights, positions).ToDoubles();
        })];
        Assert.Equal(all[0], all[1]);
        Assert.Equal(all[0], all[2]);
    }

    // Each with numbers that take it another way: dense, sparse, and one that is not finite.
    [Theory]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.Float64)]
    public void MembersAreWhatTheyAreAloneBitForBit(ElementType type)
    {
        foreach (var (x, w, padding) in (((int[], int[], Padding)[])
            [
                ([3, 6, 6, 5], [3, 3, 5, 32], Padding.Same), ([9, 5, 4, 2], [3, 1, 2, 7], Padding.Valid),
                ([1, 2, 3, 16], [1, 3, 16, 3], Padding.Same), ([3, 4, 5, 24], [3, 3, 24, 9], Padding.Same),
            ]))
        {
            Tensor[] images = [Normal(x, 1), Normal(x, 2) * (Normal(x, 3) > 1.0), Normal(x, 4)];
            Tensor[] weights = [Normal(w, 5), Normal(w, 6), Tensor.Where(Normal(w, 7) > 2.0, double.PositiveInfinity, Normal(w, 8))];
            Tensor[] bias = [.. images.Select((_, i) => Normal([w[3]], 9 + i))];
            Tensor[][] each = [.. images.Select((_, i) => Results(images[i], weights[i], bias[i]))];
            var all = Results(Tensor.Stack(0, images), Tensor.Stack(0, weights), Tensor.Stack(0, bias));
            for (int result = 0; result < all.Length; result++)
                Assert.Equal(each.SelectMany(one => one[result].ToDoubles()), all[result].ToDoubles());

            Tensor[] Results(Tensor x, Tensor w, Tensor b)
            {
                Tensor whole = x.Convolve(w, padding), pooled = new ConvolutionReluPool(padding).ApplyAll(x, w, b)[0];
                Tensor[] first = Gradient.Vjp((Tensor[])[whole, pooled], (Tensor[])[x, w, b], [whole.Cos(), pooled.Cos()]);
                return [whole, pooled, .. first, .. Gradient.Vjp(first, (Tensor[])[x, w], first)];
            }
        }

        Tensor Normal(Shape shape, int number) => Tensor.Normal(Key.Of(0).Fold(number), shape, type: type);
    }

    [Fact]
    public void WeightsAreDrawnForTheirFanIn()
    {
        var layer = Conv2d.Initial(Key.Of(1), [5, 5, 16, 64], Padding.Valid, ElementType.Float64);
        var w = layer.Weights;
        Assert.Equal([5, 5, 16, 64], w.Shape);
        Assert.Equal(new double[64], layer.Bias.ToDoubles());
        Assert.Equal((ElementType.Float64, Padding.Valid), (layer.Bias.Type, layer.Padding));

        // A normal cut at 2 deviations has 0.88 of the deviation.
        Assert.Equal(0.8796 / 20, Math.Sqrt(w.Square().Mean().Item()), 0.001);

        // Each key draws weights.
        var keys = Key.Of(1).Split(2);
        var pair = Batch.Map(key => Conv2d.Initial(key, [3, 3, 1, 2]), keys);
        Assert.Equal([2, 3, 3, 1, 2], pair.Weights.Shape);
        Assert.Equal([2, 2], pair.Bias.Shape);
        Assert.Equal(Conv2d.Initial(keys[1], [3, 3, 1, 2]).Weights.ToDoubles(), pair.Weights[1].ToDoubles());
        Assert.NotEqual(pair.Weights[0].ToDoubles(), pair.Weights[1].ToDoubles());
    }

    // As code for one image is written: alone, in a batch, and in a map over a batch, with weights that all share or of their own.
    [Theory]
    [InlineData(Padding.Same)]
    [InlineData(Padding.Valid)]
    public void ALayerTakesOneImageOrABatch(Padding padding)
    {
        var layers = Batch.Map(
            key => Conv2d.Initial(key, [3, 3, 2, 5], padding, ElementType.Float64) with
            {
                Bias = Tensor.Normal(key.Fold(7), [5], type: ElementType.Float64),
            },
            Key.Of(2).Split(3));
        var images = Tensor.Normal(Key.Of(3), [3, 6, 5, 2], type: ElementType.Float64);
        var one = Tree.Map(layers, x => x[0]);
        foreach (var apply in (Func<Conv2d, Tensor, Tensor>[])[(layer, x) => layer.Apply(x), (layer, x) => layer.ReluPool(x)])
        {
            double[] batch = apply(one, images).ToDoubles();
            Tensor[] each = [.. Enumerable.Range(0, 3).Select(i => apply(one, images[i]))];
            Assert.All(each, y => Assert.Equal(3, y.Rank));
            Assert.Equal(batch, each.SelectMany(y => y.ToDoubles()));
            Assert.Equal(batch, Batch.Map(x => apply(one, x), images).ToDoubles());
            Assert.Equal(
                Enumerable.Range(0, 3).SelectMany(i => apply(Tree.Map(layers, x => x[i]), images[i]).ToDoubles()),
                Batch.Map(x => apply(x.Layer, x.Image), (Layer: layers, Image: images)).ToDoubles());
        }
    }
}
