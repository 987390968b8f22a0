using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Optim;
using Engine.Kernels;
using Xunit;

namespace Engine.Tests.Core;

public sealed class FlattenTests : IDisposable
{
    private readonly TensorScope _scope = new();

    public static TheoryData<Optimiser> Inner
        => [new Sgd(0.05), new RmsProp(0.05, EpsilonRoot: 1e-3), new Chain(new ClipByGlobalNorm(0.5), new Adam(0.05, EpsilonRoot: 1e-3))];

    [Theory]
    [MemberData(nameof(Inner))]
    public void UpdatesAndTheirDerivativesAreThoseOfTensorsByThemselves(Optimiser inner)
    {
        var (plain, plainSlope) = After(inner);
        var (flat, flatSlope) = After(new Flatten(inner));
        Same(plain, flat);
        Same(plainSlope, flatSlope);

        (Network, Network) After(Optimiser optimiser)
        {
            var (network, start) = (Start(), Start());
            network = start;
            var state = optimiser.Initial(network);
            for (int step = 0; step < 3; step++)
                (network, state) = optimiser.Update(network, Gradient.Of(Loss(network), network), state);
            Assert.Equal(3, state.Step.Item());
            return (network, Gradient.Of(Loss(network), start));
        }
    }

    // Parts lie in the vector's own memory there, but for those that begin at odd places.
    [Theory]
    [MemberData(nameof(Inner))]
    public void ProgramsGiveTheSame(Optimiser inner)
    {
        var optimiser = new Flatten(inner);
        using var program = new TensorProgram<Learner, Learner>(x => Next(optimiser, x));
        Learner eager = new(Start(), optimiser.Initial(Start())), replayed = eager;
        for (int step = 0; step < 5; step++)
        {
            eager = Next(optimiser, eager);
            replayed = program.Run(replayed);
            Assert.Equal(Numbers(eager), Numbers(replayed));
        }

        static Learner Next(Optimiser optimiser, Learner x)
        {
            // Twice, so that the second one's parameters are parts.
            for (int i = 0; i < 2; i++)
            {
                var (network, state) = optimiser.Update(x.Network, Gradient.Of(Loss(x.Network), x.Network), x.State);
                x = new(network, state);
            }

            return x;
        }
    }

    [Fact]
    public void AVectorThatWasTakenApartIsPutTogetherAsItWas()
    {
        var vector = Tree.ToVector(Start());
        var apart = Tree.FromVector(Start(), vector);
        Assert.Same(vector.Buffer, Tree.ToVector(apart).Buffer);
        Assert.NotSame(vector.Buffer, Tree.ToVector(apart with { Scale = apart.Scale * 1 }).Buffer);
        Assert.Equal(Numbers(Start()), Numbers(apart));
    }

    [Fact]
    public void GradientsThatDoNotFitAreErrors()
    {
        var optimiser = new Flatten(new Sgd(0.1));
        var network = Start();
        var other = network with { Bias = Tensor.Zeros([2], ElementType.Float64) };
        var state = optimiser.Initial(network);
        Assert.Contains(
            "Flatten: parameter Bias of shape [3] has a gradient of shape [2]",
            Assert.Throws<ArgumentException>(() => optimiser.Update(network, other, state)).Message);
        var single = new Flatten(new Sgd(0.1));
        var ofOne = single.Initial(network.Bias);
        Assert.Contains(
            "parameter of shape [3] has a gradient of shape [2]",
            Assert.Throws<ArgumentException>(() => single.Update(network.Bias, other.Bias, ofOne)).Message);
        var alien = new Sgd(0.1).Initial(network);
        Assert.Contains("the state is SgdState", Assert.Throws<ArgumentException>(() => optimiser.Update(network, network, alien)).Message);
    }

    public void Dispose() => _scope.Dispose();

    private static Network Start()
        => new(
            Tensor.From([0.3, -0.2, 0.5, 0.7, -0.9, 0.1], [2, 3]), Tensor.From(0.2, -0.4, 0.6), Tensor.Scalar(1.5, ElementType.Float64),
            Tensor.From([1.0, -1, 0.5], [3, 1]));

    private static Tensor Loss(Network x)
    {
        var hidden = (Tensor.From([0.5, -1.2], [1, 2]).MatMul(x.Weights, bias: x.Bias) * x.Scale).Tanh();
        return (hidden.MatMul(x.Head) - 0.3).Square().Sum();
    }

    private static double[] Numbers<T>(T tree) => [.. Tree.Leaves(tree).SelectMany(leaf => leaf.ToDoubles())];

    private static void Same(Network expected, Network found)
        => Assert.All(Numbers(expected).Zip(Numbers(found)), pair => Assert.Equal(pair.First, pair.Second, 1e-12));

    private sealed record Network(Tensor Weights, Tensor Bias, Tensor Scale, Tensor Head);

    private sealed record Learner(Network Network, OptimiserState<Network> State);
}
