using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Optim;
using Engine.Kernels;
using Xunit;

namespace Engine.Tests.Core;

public sealed class ChainTests : IDisposable
{
    private readonly TensorScope _scope = new();

    public static TheoryData<Optimiser> Inner => [new Sgd(0.05), new RmsProp(0.05), new Adam(0.05, 0.8, 0.95, 1e-4, 1e-3)];

    [Theory]
    [MemberData(nameof(Inner))]
    public void AChainedOptimiserSeesTransformedGradients(Optimiser inner)
    {
        // A norm of 10: with limit 2.5 gradients are quartered, with limit 11 left alone.
        Tensor[] parameters = Start(), gradients = [Tensor.From(6.0, 0), Tensor.From(-8.0)];
        Tensor[] quarters = [Tensor.From(1.5, 0), Tensor.From(-2.0)];
        foreach (var (limit, seen) in ((double, Tensor[])[])[(2.5, quarters), (11, gradients)])
        {
            var clipped = new Chain(new ClipByGlobalNorm(limit), inner);
            var state = clipped.Initial(parameters);
            var (found, foundState) = clipped.Update(parameters, gradients, state);
            var (expected, expectedState) = inner.Update(parameters, seen, state);
            Same(expected, found);
            Same(Tree.Leaves(expectedState), Tree.Leaves(foundState));
        }
    }

    [Theory]
    [MemberData(nameof(Inner))]
    public void AScheduleTakesTheStepSizeFromTheCountOfUpdates(Optimiser inner)
    {
        var scheduled = inner.At(new Schedule((step, type) => 0.4 / (step + 1).Cast(type)));
        Tensor[] found = Start(), expected = Start();
        OptimiserState<Tensor[]> foundState = scheduled.Initial(found), expectedState = inner.Initial(expected);
        for (int step = 0; step < 4; step++)
        {
            Tensor[] gradients = [Tensor.From(1.0 + step, -2), Tensor.From(0.3)];
            var rate = Tensor.Full(0.4 / (step + 1), [], ElementType.Float64);
            (found, foundState) = scheduled.Update(found, gradients, foundState);
            (expected, expectedState) = inner.At(rate).Update(expected, gradients, expectedState);
            Same(expected, found);
            Same(Tree.Leaves(expectedState), Tree.Leaves(foundState));
            Assert.Equal(step + 1, foundState.Step.Item());
        }
    }

    // A record of layers, each a record of tensors: the state has records of the same type.
    [Fact]
    public void StatesAreTreesOfTheParametersOwnType()
    {
        var network = new Network([new(Tensor.From(1.0, 2), Tensor.From(0.5))], Tensor.From(-3.0));
        var adam = new Chain(new ClipByGlobalNorm(10), new Adam(Schedules.Linear(0.1, 0, 10)));
        var (updated, state) = adam.Update(network, network, adam.Initial(network));
        var moments = Assert.IsType<AdamState<Network>>(state);
        Assert.Equal(0.1, moments.First.Head.Item() / -3, 1e-12);
        Assert.Equal(
            ["Step", "First.Trunk[0].Weights", "First.Trunk[0].Bias", "First.Head", "Second.Trunk[0].Weights", "Second.Trunk[0].Bias",
                "Second.Head"],
            Tree.Names(state));
        Assert.Equal(0.9, updated.Trunk[0].Weights.ToDoubles()[0], 1e-7);
        var wrong = network with { Head = Tensor.From(1.0, 2) };
        var failure = Assert.Throws<ArgumentException>(() => adam.Update(network, wrong, state));
        Assert.Equal("Adam: parameter Head of shape [1] has a gradient of shape [2].", failure.Message);
    }

    [Theory]
    [MemberData(nameof(Inner))]
    public void DerivativesThroughThreeUpdatesAndASchedule(Optimiser inner)
        => GradientCheck.Check(
            x =>
            {
                // The schedule depends on a tensor too: step sizes may be learned.
                var optimiser = new Chain(
                    new ClipByGlobalNorm(0.6), inner.At(new Schedule((step, type) => x[3] / (step + 1).Cast(type))));
                Tensor[] parameters = [x[0], x[1]];
                var state = optimiser.Initial(parameters);
                for (int step = 0; step < 3; step++)
                {
                    var loss = ((parameters[0] * x[2]).Sin() + parameters[1].Square()).Sum();
                    (parameters, state) = optimiser.Update(parameters, Gradient.Of(loss, parameters), state);
                }

                return [.. parameters, .. state.Averages()];
            },
            [Tensor.From(0.5, -0.7), Tensor.From(0.9), Tensor.From(1.3, 0.8), Tensor.Full(0.1, [], ElementType.Float64)]);

    [Fact]
    public void SchedulesAdvanceInReplays()
    {
        var optimiser = new Chain(new ClipByGlobalNorm(1), new Sgd(Schedules.Linear(0.5, 0.1, 4)));
        using var program = new TensorProgram<Tensor[], Tensor[]>(x =>
        {
            var (updated, state) = optimiser.Update(x[1], Tensor.Full(30, [], ElementType.Float64), new SgdState<Tensor>(x[0]));
            return [state.Step, updated];
        });
        Tensor[] carried = [Tensor.Full(0, [], ElementType.Int32), Tensor.Full(0, [], ElementType.Float64)];
        double expected = 0;
        for (int step = 0; step < 7; step++)
        {
            carried = program.Run(carried);
            expected -= 0.5 - (0.1 * Math.Min(step, 4));
            Assert.Equal(step + 1, carried[0].Item());
            Assert.Equal(expected, carried[1].Item(), 1e-12);
        }
    }

    public void Dispose() => _scope.Dispose();

    private static Tensor[] Start() => [Tensor.From(0.5, -1), Tensor.From(3.0)];

    private static void Same(Tensor[] expected, Tensor[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        foreach (var (e, a) in expected.Zip(actual))
            Assert.All(e.ToDoubles().Zip(a.ToDoubles()), pair => Assert.Equal(pair.First, pair.Second, 1e-14));
    }

    private sealed record Layer(Tensor Weights, Tensor Bias);

    private sealed record Network(Layer[] Trunk, Tensor Head);
}
