using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Nn;
using Engine.Kernels;
using Engine.RL.Agents;
using Xunit;

namespace Engine.Tests.RL;

public sealed class MlpActorCriticTests : IDisposable
{
    private readonly TensorScope _scope = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void LogitsAndValuesAreTheLastLayer(bool outerValueHead)
    {
        var network = new MlpActorCritic([2, 3], 4, [8, 5], Activation.Relu, outerValueHead);
        var mlp = new Mlp([6, 8, 5, outerValueHead ? 6 : 5]);
        var parameters = network.Initialise(Key.Of(3), ElementType.Float64);
        Assert.Equal(mlp.Initialise(Key.Of(3).Reshape(1)).Select(p => p.Shape), parameters.Select(p => p.Shape));
        var seen = Tensor.Range(42, ElementType.Float64).Sin();
        var output = network.Apply(parameters, seen.Reshape(7, 2, 3));
        var y = mlp.Apply(parameters, seen.Reshape(1, 7, 6))[0];
        Assert.Equal(y[.., ..4].ToDoubles(), output.Logits.ToDoubles());
        Assert.Equal([7, 4], output.Logits.Shape);
        Assert.Equal(y[.., 4].ToDoubles(), output.Values.ToDoubles());
        Assert.Equal(outerValueHead ? y[.., 5].ToDoubles() : null, output.OuterValues?.ToDoubles());
    }

    [Fact]
    public void NumbersAloneAndNoHiddenLayerWillDo()
    {
        var network = new MlpActorCritic([], 2, []);
        var parameters = network.Initialise(Key.Of(3));
        Assert.Equal([1, 1, 3], parameters[0].Shape);
        var output = network.Apply(parameters, Tensor.From(1f, 2, 3, 4));
        Assert.Equal([4, 2], output.Logits.Shape);
        Assert.Equal(10 * parameters[0].ToDoubles()[2], output.Values.Sum().Item(), 1e-5);
        Assert.Equal(10, Gradient.Of(output.Values.Sum(), (Tensor[])[.. parameters])[0].ToDoubles()[2], 1e-5);
    }

    [Fact]
    public void WhatDoesNotFitIsNamed()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new MlpActorCritic([5], 0, [8]));
        var network = new MlpActorCritic([5], 2, [8]);
        var parameters = network.Initialise(Key.Of(0));
        Says("[3, 4]", () => network.Apply(parameters, Tensor.Ones([3, 4])));
        Says("has 4 parameters, but 3 were given", () => network.Apply([.. parameters.Skip(1)], Tensor.Ones([3, 5])));

        static void Says(string part, Func<object> call) => Assert.Contains(part, Assert.ThrowsAny<ArgumentException>(call).Message);
    }

    public void Dispose() => _scope.Dispose();
}
