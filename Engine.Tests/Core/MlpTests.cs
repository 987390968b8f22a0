using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Nn;
using Engine.Kernels;
using Xunit;

namespace Engine.Tests.Core;

public sealed class MlpTests : IDisposable
{
    private readonly TensorScope _scope = new();

    [Theory]
    [InlineData(Activation.Relu)]
    [InlineData(Activation.Tanh)]
    public void ApplyEqualsAHandWrittenLoop(Activation activation)
    {
        var mlp = Shaken(Mlp.Initial(Key.Of(5), [3, 5, 4, 2], activation, ElementType.Float64));
        var x = Values([6, 3], 1);
        double[] found = mlp.Apply(x).ToDoubles();
        for (int row = 0; row < 6; row++)
        {
            double[] units = x[row].ToDoubles();
            foreach (var (i, layer) in mlp.Layers.Index())
            {
                double[] weights = layer.Weights.ToDoubles(), next = layer.Bias.ToDoubles();
                for (int to = 0; to < next.Length; to++)
                {
                    for (int from = 0; from < units.Length; from++)
                        next[to] += units[from] * weights[(from * next.Length) + to];
                    if (i < 2)
                        next[to] = activation == Activation.Relu ? Math.Max(0, next[to]) : Math.Tanh(next[to]);
                }

                units = next;
            }

            for (int output = 0; output < 2; output++)
                Assert.Equal(units[output], found[(row * 2) + output], 1e-12);
        }
    }

    // One input is [inputs]; many are rows, whatever axes stand before.
    [Fact]
    public void OneInputIsWhatItIsInARowOfMany()
    {
        var mlp = Shaken(Mlp.Initial(Key.Of(5), [3, 8, 2], type: ElementType.Float64));
        var x = Values([4, 7, 3], 2);
        var y = mlp.Apply(x);
        Assert.Equal([4, 7, 2], y.Shape);
        Assert.Equal([2], mlp.Apply(x[1, 2]).Shape);
        Close(y.ToDoubles(), mlp.Apply(x.Reshape(-1, 3)).ToDoubles());
        Close(y.ToDoubles(), Batch.Map(row => mlp.Apply(row), x.Reshape(-1, 3)).ToDoubles());
        Close(y[1, 2].ToDoubles(), mlp.Apply(x[1, 2]).ToDoubles());

        static void Close(double[] expected, double[] actual)
            => Assert.Equal(expected, actual, (a, b) => Math.Abs(a - b) <= 1e-13 * (1 + Math.Abs(a)));
    }

    [Fact]
    public void ABatchOfNetworksEqualsSingleOnes()
    {
        var batch = Batch.Map(key => Mlp.Initial(key, [3, 8, 2]), Keys(4));
        Assert.Equal([4, 3, 8], batch.Layers[0].Weights.Shape);
        Assert.Equal([4, 8], batch.Layers[0].Bias.Shape);
        var (networks, x) = (Shaken(batch), Values([4, 7, 3], 2).Cast(ElementType.Float32));
        float[] found = Apply(networks, x).ToArray<float>();
        for (int network = 0; network < 4; network++)
        {
            float[] own = found[(network * 14)..((network + 1) * 14)];
            Assert.Equal(own, Apply(Tree.Map(networks, p => p.Narrow(0, network, 1)), x.Narrow(0, network, 1)).ToArray<float>());
            float[] alone = Tree.Map(networks, p => p[network]).Apply(x[network]).ToArray<float>();
            Assert.All(alone.Zip(own), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));

            // It was drawn from its own key.
            var drawn = Tree.ToVector(Mlp.Initial(Keys(4)[network], [3, 8, 2])).ToArray<float>();
            Assert.Equal(drawn, Tree.ToVector(Tree.Map(batch, p => p[network])).ToArray<float>());
        }

        static Tensor Apply(Mlp networks, Tensor x)
            => Batch.Map(each => each.Network.Apply(each.X), (Network: networks, X: x));
    }

    [Fact]
    public void ANetworkIsItsVector()
    {
        var mlp = Shaken(Mlp.Initial(Key.Of(5), [3, 5, 2], type: ElementType.Float64));
        var vector = Tree.ToVector(mlp).StopGradient();
        Assert.Equal([(3 + 1) * 5 + ((5 + 1) * 2)], vector.Shape);
        var x = Values([4, 3], 3);
        var separate = Gradient.Of(mlp.Apply(x).Square().Sum(), mlp);
        var together = Gradient.Of(Tree.FromVector(mlp, vector).Apply(x).Square().Sum(), vector);
        Assert.Equal(Tree.ToVector(separate).ToDoubles(), together.ToDoubles());
    }

    [Fact]
    public void GradientsOfANetwork()
    {
        var mlp = Shaken(Mlp.Initial(Key.Of(5), [2, 3, 1], Activation.Tanh, ElementType.Float64));
        GradientCheck.Check(x => [Tree.With(mlp, x[1..]).Apply(x[0])], [Values([4, 2], 4), .. Tree.Leaves(mlp)]);
    }

    [Fact]
    public void FirstNetworksHaveWeightsOfTheirFanInAndNoBiases()
    {
        var mlp = Mlp.Initial(Key.Of(5), [400, 100, 25], Activation.Tanh, ElementType.Float64);
        Assert.Equal(["Layers[0].Weights", "Layers[0].Bias", "Layers[1].Weights", "Layers[1].Bias"], Tree.Names(mlp));
        Assert.Equal([[400, 100], [100], [100, 25], [25]], Tree.Leaves(mlp).Select(x => x.Shape));
        Assert.All(Tree.Leaves(mlp), x => Assert.Equal(ElementType.Float64, x.Type));
        Assert.Equal(Activation.Tanh, mlp.Activation);
        foreach (var layer in mlp.Layers)
        {
            // A normal cut at 2 deviations has 0.88 of the deviation.
            double deviation = 0.8796 / Math.Sqrt(layer.Weights.Shape[0]);
            Assert.Equal(deviation, Math.Sqrt(layer.Weights.Square().Mean().Item()), 0.05 * deviation);
            Assert.All(layer.Bias.ToDoubles(), bias => Assert.Equal(0, bias));
        }

        // Layers of one shape are drawn each for itself.
        var square = Mlp.Initial(Key.Of(5), [4, 4, 4]);
        Assert.NotEqual(square.Layers[0].Weights.ToDoubles(), square.Layers[1].Weights.ToDoubles());
    }

    [Fact]
    public void LayersThatAreNoneAreErrors()
    {
        Says("sizes are of two layers or more, each of one unit or more, not []", () => Mlp.Initial(Key.Of(5), []));
        Says("not [3]", () => Mlp.Initial(Key.Of(5), [3]));
        Says("not [3, 0, 2]", () => Mlp.Initial(Key.Of(5), [3, 0, 2]));
        Says("not [3, -1]", () => Mlp.Initial(Key.Of(5), [3, -1]));
        Says("no activation 7", () => Mlp.Initial(Key.Of(5), [3, 2, 1], (Activation)7).Apply(Tensor.Zeros([3])));
        Says("[3] is no", () => Initialisers.TruncatedNormal(Key.Of(5), [3]));
        Says("[3, 0] is no", () => Initialisers.TruncatedNormal(Key.Of(5), [3, 0]));
        Says("[1, 0, 4] is no", () => Initialisers.GlorotUniform(Key.Of(5), [1, 0, 4]));
        Says("not [3, 3, 1]", () => Conv2d.Initial(Key.Of(5), [3, 3, 1]));
        var (images, weights) = (Tensor.Zeros([1, 4, 4, 1]), Tensor.Zeros([3, 3, 1, 2]));
        Says("a bias for weights [3, 3, 1, 2] is [2], not [1]", () => new Conv2d(weights, Tensor.Zeros([1])).Apply(images));
        Says("is [2], not [4, 2]", () => new Conv2d(weights, Tensor.Zeros([4, 2])).Apply(images));
        Says(
            "Conv2d: weights are [kernel height, kernel width, channels in, channels out], not [3]",
            () => new Conv2d(Tensor.Zeros([3]), Tensor.Zeros([1])).Apply(images));

        static void Says(string part, Func<object> action)
            => Assert.Contains(part, Assert.ThrowsAny<ArgumentException>(action).Message);
    }

    [Fact]
    public void InputsThatDoNotFitALayerAreNamedWithARemedy()
    {
        var linear = new Linear(Tensor.Zeros([6, 2]), Tensor.Zeros([2]));
        Says("Linear: inputs are [..., 6], not [5, 2, 3]: x.Reshape(5, 6) makes a row of each", () => Apply([5, 2, 3]));
        Says("not [6, 5]: x.Transpose() exchanges its last two axes", () => Apply([6, 5]));
        Says("not [5, 4]: make the layer for 4 numbers, or give it others", () => Apply([5, 4]));
        Says("not []: make the layer for 1 numbers", () => Apply([]));
        Assert.Equal([5, 2], Apply([5, 6]).Shape);
        Assert.Equal([2], Apply([6]).Shape);
        Says("inputs are [..., 6], not [5, 4]", () => new Mlp([linear]).Apply(Tensor.Zeros([5, 4])));
        Says(
            "Linear: weights are [inputs, outputs], not [3]",
            () => new Linear(Tensor.Zeros([3]), Tensor.Zeros([2])).Apply(Tensor.Zeros([3, 2])));

        // A bias that would broadcast.
        Says("a bias of shape [1]", () => (linear with { Bias = Tensor.Zeros([1]) }).Apply(Tensor.Zeros([6])));

        var (five, one) = (Layer(5), Layer(1));
        Says(
            "Conv2d: images are [..., height, width, 5], not [5, 4, 4]: x.Permute(1, 2, 0) puts channels last",
            () => five.Apply(Tensor.Zeros([5, 4, 4])));
        Says("not [7, 5, 4, 4]: x.Permute(0, 2, 3, 1) puts channels last", () => five.Apply(Tensor.Zeros([7, 5, 4, 4])));
        Says("not [7, 4, 4, 3]: weights [3, 3, 5, 2] are for 5 channels", () => five.Apply(Tensor.Zeros([7, 4, 4, 3])));
        Says("not [7, 4, 4, 3]", () => five.ReluPool(Tensor.Zeros([7, 4, 4, 3])));
        Says("not [7, 4, 4]: x.Unsqueeze(-1) gives it an axis of one channel", () => one.Apply(Tensor.Zeros([7, 4, 4])));
        Says("not [4, 4]: x.Unsqueeze(-1) gives it an axis of one channel", () => one.Apply(Tensor.Zeros([4, 4])));
        Says("not [2, 2, 4, 4, 5]: weights [3, 3, 5, 2] are for 5 channels", () => five.Apply(Tensor.Zeros([2, 2, 4, 4, 5])));

        Tensor Apply(Shape shape) => linear.Apply(Tensor.Zeros(shape));

        static Conv2d Layer(int channels) => new(Tensor.Zeros([3, 3, channels, 2]), Tensor.Zeros([2]));

        static void Says(string part, Func<object> action)
            => Assert.Contains(part, Assert.Throws<ArgumentException>(action).Message);
    }

    [Fact]
    public void FirstWeightsHaveTheDeviationAsked()
    {
        var keys = Keys(4);
        double[] normal = Initialisers.TruncatedNormal(keys, [25, 400], ElementType.Float64).ToDoubles();
        Assert.All(normal, value => Assert.InRange(value, -2 / 5.0, 2 / 5.0));
        Assert.Equal(0.8796 / 5, Math.Sqrt(normal.Average(value => value * value)), 2e-3);
        double bound = Math.Sqrt(6.0 / 425);
        double[] uniform = Initialisers.GlorotUniform(keys, [25, 400], ElementType.Float64).ToDoubles();
        Assert.All(uniform, value => Assert.InRange(value, -bound, bound));
        Assert.Equal(bound / Math.Sqrt(3), Math.Sqrt(uniform.Average(value => value * value)), 2e-3);
        Assert.NotEqual(normal, Initialisers.TruncatedNormal(keys.Fold(1), [25, 400], ElementType.Float64).ToDoubles());
    }

    public void Dispose() => _scope.Dispose();

    private static Key Keys(int networks) => Key.Of(5).Split(networks);

    // Biases are zero at first.
    private static Mlp Shaken(Mlp network)
    {
        int i = 20;
        return Tree.Map(network, p => p + (Values(p.Shape, i++).Cast(p.Type) * 0.3));
    }

    private static Tensor Values(Shape shape, int seed)
    {
        var random = new Random(seed);
        return Tensor.From([.. Enumerable.Range(0, shape.ElementCount).Select(_ => (2 * random.NextDouble()) - 1)], shape);
    }
}
