using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Nn;
using Engine.Kernels;
using Engine.RL.Agents;
using Xunit;

namespace Engine.Tests.RL;

public sealed class MlpTrunkTests : IDisposable
{
    private readonly TensorScope _scope = new();

    [Theory]
    [InlineData(Activation.Relu)]
    [InlineData(Activation.Tanh)]
    public void FeaturesAreALastLayersActivations(Activation activation)
    {
        var trunk = MlpTrunk.Initial(Key.Of(3), [6, 8, 5], activation, ElementType.Float64);
        var mlp = Mlp.Initial(Key.Of(3), [6, 8, 5], activation, ElementType.Float64);
        Assert.Equal(Tree.ToVector(mlp).ToDoubles(), Tree.ToVector(trunk).ToDoubles());

        // The numbers of an observation in a row, whatever its axes.
        var seen = Tensor.Range(6, ElementType.Float64).Sin();
        double[] expected = activation.Apply(mlp.Apply(seen)).ToDoubles();
        Assert.Equal(expected, trunk.Apply(seen.Reshape(2, 3)).ToDoubles());
        Assert.Equal(expected, trunk.Apply(seen.Reshape(1, 6, 1)).ToDoubles());
    }

    [Fact]
    public void HeadsAreAppliedToFeatures()
    {
        var trunk = MlpTrunk.Initial(Key.Of(3), [6, 8], type: ElementType.Float64);
        var network = ActorCritic.Initial(Key.Of(3), trunk, 8, [5], 4, outerValueHead: true, ElementType.Float64);
        var seen = Tensor.Range(6, ElementType.Float64).Sin();
        var (output, features) = (network.Apply(seen.Reshape(2, 3)), trunk.Apply(seen));
        Assert.Equal(network.Policy.Apply(features).ToDoubles(), output.Logits.ToDoubles());
        Assert.Equal(network.Value.Apply(features).ToDoubles().Single(), output.Value.Item());
        Assert.Equal(network.OuterValue!.Apply(features).ToDoubles().Single(), output.OuterValue!.Item());
    }

    // A trunk of no layer hands on the observation.
    [Fact]
    public void NumbersAloneAndNoHiddenLayerWillDo()
    {
        var network = ActorCritic.Initial(Key.Of(3), new MlpTrunk([]), 1, [], 2);
        var output = Batch.Map(network.Apply, Tensor.From(1f, 2, 3, 4));
        Assert.Equal([4, 2], output.Logits.Shape);
        double weight = network.Value.Layers[0].Weights.ToDoubles().Single();
        Assert.Equal(10 * weight, output.Value.Sum().Item(), 1e-5);
        Assert.Equal(10, Gradient.Of(output.Value.Sum(), network).Value.Layers[0].Weights.ToDoubles().Single(), 1e-5);
    }

    [Fact]
    public void WhatDoesNotFitIsNamed()
    {
        var trunk = MlpTrunk.Initial(Key.Of(3), [5, 8]);
        Says("inputs are [..., 5], not [4]", () => trunk.Apply(Tensor.Ones([4])));
        Says("inputs are [..., 5], not [15]", () => trunk.Apply(Tensor.Ones([3, 5])));
        Says("not [5]", () => MlpTrunk.Initial(Key.Of(3), [5]));

        static void Says(string part, Func<object> call) => Assert.Contains(part, Assert.ThrowsAny<ArgumentException>(call).Message);
    }

    public void Dispose() => _scope.Dispose();
}
