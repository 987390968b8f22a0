using Engine.Core;
using Engine.Core.Autodiff;
using Engine.RL.Agents;
using Xunit;

namespace Engine.Tests.RL;

public sealed class ActorCriticTests : IDisposable
{
    private readonly TensorScope _scope = new();

    [Fact]
    public void TheNetworkOfThePaperHas24895Parameters()
    {
        var network = new ActorCritic([12, 12, 5], 4);
        Assert.Equal(24_895, network.ParameterCount);
        var parameters = network.Initialise(Key.Of(3));
        Assert.Equal(24_895, parameters.ElementCount);
        Assert.Equal(14, parameters.Count);
        Assert.Equal([3, 3, 32, 32], parameters["conv1.weight"].Shape);
        Assert.Equal([288, 40], parameters["dense.weight"].Shape);
        Assert.Equal([4], parameters["policy1.bias"].Shape);

        // One more head with a hidden layer for values.
        Assert.Equal(24_895 + (41 * 30) + 31, new ActorCritic([12, 12, 5], 4, outerValueHead: true).ParameterCount);
    }

    [Fact]
    public void WeightsStartSmallAndBiasesAtZero()
    {
        var parameters = new ActorCritic([12, 12, 5], 4).Initialise(Key.Of(3));
        foreach (string name in parameters.Names)
        {
            double[] values = parameters[name].ToDoubles();
            if (name.EndsWith(".bias", StringComparison.Ordinal))
            {
                Assert.All(values, value => Assert.Equal(0, value));
                continue;
            }

            // Truncated at twice the deviation, which truncation lowers to 0.88 of 1 / sqrt(fan in).
            double deviation = 1 / Math.Sqrt((double)values.Length / parameters[name].Shape[-1]);
            Assert.All(values, value => Assert.InRange(Math.Abs(value), 0, 2.0001 * deviation));
            Assert.InRange(Math.Sqrt(values.Average(value => value * value)) / deviation, 0.65, 1.1);
        }

        Assert.NotEqual(parameters["policy0.weight"].ToDoubles(), parameters["value0.weight"].ToDoubles());
    }

    [Fact]
    public void OutputsAreLogitsAndValues()
    {
        Tensor seen = Tensor.Range(3 * 80).Sin().Reshape(3, 4, 4, 5);
        var network = new ActorCritic([4, 4, 5], 3, channels: 2, units: 4, headUnits: 3, outerValueHead: true);
        Tensor[] parameters = [.. network.Initialise(Key.Of(1))];
        var output = network.Apply(parameters, seen);
        Assert.Equal([3, 3], output.Logits.Shape);
        Assert.Equal([3], output.Values.Shape);
        Assert.Equal([3], output.OuterValues!.Shape);

        // Heads share the first layers and nothing else.
        var slopes = Gradient.Of(output.Values.Sum(), parameters);
        Assert.All(slopes[6..10], slope => Assert.All(slope.ToDoubles(), value => Assert.Equal(0, value)));
        Assert.All(slopes[14..18], slope => Assert.All(slope.ToDoubles(), value => Assert.Equal(0, value)));
        Assert.Equal(3, slopes[13].Item());
        Assert.Equal(3, Gradient.Of(output.OuterValues.Sum(), parameters[17]).Item());

        var plain = new ActorCritic([4, 4, 5], 3, channels: 2, units: 4, headUnits: 3);
        var some = plain.Apply(parameters[..14], seen);
        Assert.Null(some.OuterValues);
        Assert.Equal(output.Logits.ToDoubles(), some.Logits.ToDoubles());
        Assert.Equal(output.Values.ToDoubles(), some.Values.ToDoubles());
    }

    // 7 rows become 3 and then 1, 13 columns 6 and then 3.
    [Fact]
    public void OddRowsAndColumnsAreLeftOutByPools()
    {
        var network = new ActorCritic([7, 13, 2], 3, channels: 4, units: 5, headUnits: 3);
        var parameters = network.Initialise(Key.Of(0));
        Assert.Equal([1 * 3 * 4, 5], parameters["dense.weight"].Shape);
        Assert.Equal([2, 3], network.Apply(parameters, Tensor.Ones([2, 7, 13, 2])).Logits.Shape);
    }

    [Fact]
    public void WhatDoesNotFitIsNamed()
    {
        Says("images of 3x12 are too small for two 2 x 2 pools; the smallest are 4x4", () => new ActorCritic([3, 12, 5], 4));
        Says("images of 12x2 are too small", () => new ActorCritic([12, 2, 5], 4));
        Says("[12, 12] are not [rows, columns, planes]", () => new ActorCritic([12, 12], 4));
        Says("actions", () => new ActorCritic([12, 12, 5], 0));
        Says("channels", () => new ActorCritic([12, 12, 5], 4, channels: 0));
        var network = new ActorCritic([4, 4, 5], 4);
        Says("13 parameters were given; the network has 14",
            () => network.Apply([.. network.Initialise(Key.Of(0)).Skip(1)], Tensor.Ones([1, 4, 4, 5])));

        static void Says(string part, Func<object> call) => Assert.Contains(part, Assert.ThrowsAny<ArgumentException>(call).Message);
    }

    public void Dispose() => _scope.Dispose();
}
