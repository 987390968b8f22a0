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
        var mlp = new Mlp([3, 5, 4, 2], activation);
        var parameters = Shaken(mlp.Initialise(Keys(2), ElementType.Float64));
        var x = Values([2, 6, 3], 1);
        double[] found = mlp.Apply(parameters, x).ToDoubles();
        double[] inputs = x.ToDoubles();
        for (int network = 0; network < 2; network++)
        {
            for (int row = 0; row < 6; row++)
            {
                double[] units = inputs[(((network * 6) + row) * 3)..(((network * 6) + row + 1) * 3)];
                for (int layer = 0; layer < 3; layer++)
                {
                    double[] weight = parameters[2 * layer][network].ToDoubles();
                    double[] next = parameters[(2 * layer) + 1][network].ToDoubles();
                    for (int to = 0; to < next.Length; to++)
                    {
                        for (int from = 0; from < units.Length; from++)
                            next[to] += units[from] * weight[(from * next.Length) + to];
                        if (layer < 2)
                            next[to] = activation == Activation.Relu ? Math.Max(0, next[to]) : Math.Tanh(next[to]);
                    }

                    units = next;
                }

                for (int output = 0; output < 2; output++)
                    Assert.Equal(units[output], found[(((network * 6) + row) * 2) + output], 1e-12);
            }
        }
    }

    [Fact]
    public void ABatchOfNetworksEqualsSingleOnes()
    {
        var mlp = new Mlp([3, 8, 2]);
        var batch = Shaken(mlp.Initialise(Keys(4)));
        var x = Values([4, 7, 3], 2).Cast(ElementType.Float32);
        float[] found = mlp.Apply(batch, x).ToArray<float>();
        for (int network = 0; network < 4; network++)
        {
            var alone = mlp.Apply([.. batch.Select(p => p.Narrow(0, network, 1))], x.Narrow(0, network, 1));
            Assert.Equal(found[(network * 14)..((network + 1) * 14)], alone.ToArray<float>());
            var bare = mlp.Apply([.. batch.Select(p => p[network])], x[network]).ToArray<float>();
            Assert.All(bare.Zip(found[(network * 14)..((network + 1) * 14)]), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
            var drawn = mlp.Initialise(Keys(4)[network..(network + 1)]);
            Assert.Equal(mlp.Initialise(Keys(4))[0][network].ToArray<float>(), drawn[0].ToArray<float>());
        }
    }

    [Fact]
    public void SplitUndoesFlatten()
    {
        var mlp = new Mlp([3, 5, 2]);
        var parameters = Shaken(mlp.Initialise(Keys(3), ElementType.Float64));
        var flat = mlp.Flatten(parameters);
        Assert.Equal($"[3, {parameters.ElementCount / 3}]", flat.Shape.ToString());
        var split = mlp.Split(flat);
        for (int i = 0; i < split.Length; i++)
        {
            Assert.Equal(parameters[i].Shape, split[i].Shape);
            Assert.Equal(parameters[i].ToDoubles(), split[i].ToDoubles());
        }

        Assert.Equal(flat.ToDoubles(), mlp.Flatten(split).ToDoubles());
        var x = Values([3, 4, 3], 3);
        var separate = Gradient.Of(mlp.Apply(parameters, x).Square().Sum(), (Tensor[])[.. parameters]);
        var together = Gradient.Of(mlp.Apply(split, x).Square().Sum(), flat);
        Assert.Equal(mlp.Flatten(separate).ToDoubles(), together.ToDoubles());
    }

    [Fact]
    public void GradientsOfANetwork()
    {
        var mlp = new Mlp([2, 3, 1], Activation.Tanh);
        var parameters = Shaken(mlp.Initialise(Keys(1), ElementType.Float64));
        GradientCheck.Check(x => [mlp.Apply(x[1..], x[0])], [Values([1, 4, 2], 4), .. parameters]);
    }

    [Fact]
    public void ParametersAreNamed()
    {
        var mlp = new Mlp([2, 3, 1]);
        var parameters = mlp.Initialise(Keys(2));
        Assert.Equal(["layer0.weight", "layer0.bias", "layer1.weight", "layer1.bias"], parameters.Names);
        Assert.Equal("[2, 1, 3]", parameters["layer0.bias"].Shape.ToString());
        Assert.Equal((2 * (6 + 3 + 3 + 1), 4), (parameters.ElementCount, parameters.Count));
        Assert.Contains("layer2.bias", Assert.Throws<KeyNotFoundException>(() => parameters["layer2.bias"]).Message);
        Assert.Throws<ArgumentException>(() => new Parameters(["a", "a"], [parameters[0], parameters[1]]));
        Assert.Throws<ArgumentException>(() => parameters.With([parameters[0]]));
        var failure = Assert.Throws<ArgumentException>(() => mlp.Apply([parameters[0]], parameters[0]));
        Assert.Contains("has 4 parameters, but 1 were given", failure.Message);
    }

    [Fact]
    public void LayersThatAreNoneAreErrors()
    {
        Says("sizes are of two layers or more, each of one unit or more, not []", () => new Mlp([]));
        Says("not [3]", () => new Mlp([3]));
        Says("not [3, 0, 2]", () => new Mlp([3, 0, 2]));
        Says("not [3, -1]", () => new Mlp([3, 2]) with { Sizes = [3, -1] });
        Says("no activation 7", () => new Mlp([3, 2], (Activation)7));
        Says("parameters [..., 8], but [1, 9] were given", () => new Mlp([3, 2]).Split(Tensor.Zeros([1, 9])));
        Says("[3] is no", () => Initialisers.TruncatedNormal(Key.Of(5), [3]));
        Says("[3, 0] is no", () => Initialisers.TruncatedNormal(Key.Of(5), [3, 0]));
        Says("[1, 0, 4] is no", () => Initialisers.GlorotUniform(Key.Of(5), [1, 0, 4]));
        Says("not [3, 3, 1]", () => Conv2d.Initialise(Key.Of(5), [3, 3, 1]));
        var (images, weights) = (Tensor.Zeros([1, 4, 4, 1]), Tensor.Zeros([3, 3, 1, 2]));
        Says("a bias for weights [3, 3, 1, 2] is [2], not [1]", () => Conv2d.Apply(images, weights, Tensor.Zeros([1])));
        Says("is [2], not [4, 2]", () => Conv2d.Apply(images, weights, Tensor.Zeros([4, 2])));
        Assert.Equal(new Mlp([70_000, 40_000, 2]), new Mlp([70_000, 40_000, 2]));

        static void Says(string part, Func<object> action)
            => Assert.Contains(part, Assert.ThrowsAny<ArgumentException>(action).Message);
    }

    [Fact]
    public void InputsThatDoNotFitALayerAreNamedWithARemedy()
    {
        var mlp = new Mlp([6, 2]);
        Tensor[] parameters = [Tensor.Zeros([1, 6, 2]), Tensor.Zeros([1, 1, 2])];
        Says("Mlp [6, 2]: inputs are [..., rows, 6], not [6]: x.Unsqueeze(0) makes one row of it", () => Apply([6]));
        Says("not [5, 2, 3]: x.Reshape(5, 6) makes a row of each", () => Apply([5, 2, 3]));
        Says("not [6, 5]: x.Transpose() exchanges its last two axes", () => Apply([6, 5]));
        Says("not [5, 4]: make the layer for 4 numbers a row, or give it others", () => Apply([5, 4]));
        Says("not []: make the layer for 1 numbers", () => Apply([]));
        Assert.Equal("[1, 5, 2]", Apply([5, 6]).Shape.ToString());
        var (weight, bias) = (Tensor.Zeros([3, 2]), Tensor.Zeros([1, 2]));
        Says("Linear: inputs are [..., rows, 3], not [3]: x.Unsqueeze(0)", () => Linear.Apply(Tensor.Zeros([3]), weight, bias));
        Says("Linear: weights are [..., fan in, fan out], not [3]", () => Linear.Apply(weight, Tensor.Zeros([3]), bias));

        (weight, bias) = (Tensor.Zeros([3, 3, 5, 2]), Tensor.Zeros([2]));
        Says("Conv2d: images are [batch, height, width, 5], not [4, 4, 5]: x.Unsqueeze(0)", () => Convolve([4, 4, 5]));
        Says("not [7, 5, 4, 4]: x.Permute(0, 2, 3, 1) puts channels last", () => Convolve([7, 5, 4, 4]));
        Says("not [7, 4, 4, 3]: weights [3, 3, 5, 2] are for 5 channels", () => Convolve([7, 4, 4, 3]));
        Says("not [7, 4, 4, 3]", () => Conv2d.ReluPool(Tensor.Zeros([7, 4, 4, 3]), weight, bias));
        weight = Tensor.Zeros([3, 3, 1, 2]);
        Says("not [7, 4, 4]: x.Unsqueeze(-1) gives it an axis of one channel", () => Convolve([7, 4, 4]));

        Tensor Apply(Shape shape) => mlp.Apply(parameters, Tensor.Zeros(shape));

        Tensor Convolve(Shape shape) => Conv2d.Apply(Tensor.Zeros(shape), weight, bias);

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
    private static Parameters Shaken(Parameters parameters)
        => parameters.With([.. parameters.Select((p, i) => p + Values(p.Shape, i + 20).Cast(p.Type) * 0.3)]);

    private static Tensor Values(Shape shape, int seed)
    {
        var random = new Random(seed);
        return Tensor.From([.. Enumerable.Range(0, shape.ElementCount).Select(_ => (2 * random.NextDouble()) - 1)], shape);
    }
}
