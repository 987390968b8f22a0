using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Nn;
using Engine.Kernels;
using Engine.RL.Agents;
using Xunit;

namespace Engine.Tests.RL;

public sealed class ActorCriticTests : IDisposable
{
    private readonly TensorScope _scope = new();

    [Fact]
    public void TheNetworkOfThePaperHas24895Parameters()
    {
        var network = ActorCritic.Initial(Key.Of(3), [12, 12, 5], 4);
        Assert.Equal([24_895], Tree.ToVector(network).Shape);
        Assert.Equal(
            [
                "Trunk.First.Weights", "Trunk.First.Bias", "Trunk.Second.Weights", "Trunk.Second.Bias", "Trunk.Dense.Weights",
                "Trunk.Dense.Bias", "Policy.Layers[0].Weights", "Policy.Layers[0].Bias", "Policy.Layers[1].Weights",
                "Policy.Layers[1].Bias", "Value.Layers[0].Weights", "Value.Layers[0].Bias", "Value.Layers[1].Weights",
                "Value.Layers[1].Bias",
            ],
            Tree.Names(network));
        var trunk = Assert.IsType<ConvolutionalTrunk>(network.Trunk);
        Assert.Equal([3, 3, 32, 32], trunk.Second.Weights.Shape);
        Assert.Equal([288, 40], trunk.Dense.Weights.Shape);
        Assert.Equal([4], network.Policy.Layers[1].Bias.Shape);

        // One more head with a hidden layer for values.
        var more = ActorCritic.Initial(Key.Of(3), [12, 12, 5], 4, outerValueHead: true);
        Assert.Equal([24_895 + (41 * 30) + 31], Tree.ToVector(more).Shape);
        Assert.Equal(Tree.ToVector(network).ToDoubles(), Tree.ToVector(more with { OuterValue = null }).ToDoubles());
    }

    [Fact]
    public void AWiderNetworkHasAsManyTimesTheChannelsAndUnits()
    {
        var network = ActorCritic.Initial(Key.Of(3), [12, 12, 5], 4, width: 3);
        Assert.Equal(
            ["[3, 3, 5, 96]", "[96]", "[3, 3, 96, 96]", "[96]", "[864, 120]", "[120]", "[120, 90]", "[90]", "[90, 4]", "[4]"],
            Tree.Leaves((network.Trunk, network.Policy)).Select(x => x.Shape.ToString()));
        Assert.Equal([90, 1], network.Value.Layers[1].Weights.Shape);
        Assert.Equal(4, network.Apply(Tensor.Ones([12, 12, 5])).Logits.Count);

        // Not an image.
        var dense = ActorCritic.Initial(Key.Of(3), [4], 2, width: 2);
        Assert.Equal(
            ["[4, 128]", "[128]", "[128, 128]", "[128]", "[128, 2]", "[2]"],
            Tree.Leaves((dense.Trunk, dense.Policy)).Select(x => x.Shape.ToString()));
        Assert.Equal(
            Tree.ToVector(ActorCritic.Initial(Key.Of(3), [4], 2)).ToDoubles(),
            Tree.ToVector(ActorCritic.Initial(Key.Of(3), [4], 2, width: 1)).ToDoubles());
        Assert.Throws<ArgumentOutOfRangeException>(() => ActorCritic.Initial(Key.Of(3), [4], 2, width: 0));
    }

    [Fact]
    public void WeightsStartSmallAndBiasesAtZero()
    {
        var network = ActorCritic.Initial(Key.Of(3), [12, 12, 5], 4, outerValueHead: true);
        foreach (var (name, parameter) in Tree.Names(network).Zip(Tree.Leaves(network)))
        {
            double[] values = parameter.ToDoubles();
            if (name.EndsWith(".Bias", StringComparison.Ordinal))
            {
                Assert.All(values, value => Assert.Equal(0, value));
                continue;
            }

            // Truncated at twice the deviation, which truncation lowers to 0.88 of 1 / sqrt(fan in).
            double deviation = 1 / Math.Sqrt((double)values.Length / parameter.Shape[-1]);
            Assert.All(values, value => Assert.InRange(Math.Abs(value), 0, 2.0001 * deviation));
            Assert.InRange(Math.Sqrt(values.Average(value => value * value)) / deviation, 0.65, 1.1);
        }

        // Each layer is drawn for itself.
        double[][] first = [.. Tree.Leaves(network).Where(x => x.Rank > 1).Select(x => x.ToDoubles()[..30])];
        for (int i = 0; i < first.Length; i++)
        {
            for (int j = 0; j < i; j++)
                Assert.InRange(Math.Abs(Correlation(first[i], first[j])), 0, 0.9);
        }

        static double Correlation(double[] a, double[] b)
            => a.Zip(b, (x, y) => x * y).Sum() / Math.Sqrt(a.Sum(x => x * x) * b.Sum(x => x * x));
    }

    [Fact]
    public void OutputsAreLogitsAndValues()
    {
        var seen = Tensor.Range(3 * 80).Sin().Reshape(3, 4, 4, 5);
        var network = Small([4, 4, 5], outerValueHead: true);
        var one = network.Apply(seen[0]);
        Assert.Equal([3], one.Logits.Shape);
        Assert.Equal([], one.Value.Shape);
        Assert.Equal([], one.OuterValue!.Shape);

        // Heads share the trunk and nothing else.
        var output = Batch.Map(network.Apply, seen);
        var slopes = Gradient.Of(output.Value.Sum(), network);
        Assert.All(Tree.Leaves((slopes.Policy, slopes.OuterValue)), Nothing);
        Assert.All(Tree.Leaves((slopes.Trunk, slopes.Value)), slope => Assert.Contains(slope.ToDoubles(), value => value != 0));
        Assert.Equal(3, slopes.Value.Layers[1].Bias.ToDoubles().Single());
        slopes = Gradient.Of(output.OuterValue!.Sum(), network);
        Assert.All(Tree.Leaves((slopes.Policy, slopes.Value)), Nothing);
        Assert.Equal(3, slopes.OuterValue!.Layers[1].Bias.ToDoubles().Single());

        var plain = (network with { OuterValue = null }).Apply(seen[0]);
        Assert.Null(plain.OuterValue);
        Assert.Equal(one.Logits.ToDoubles(), plain.Logits.ToDoubles());
        Assert.Equal(one.Value.Item(), plain.Value.Item());

        static void Nothing(Tensor slope) => Assert.All(slope.ToDoubles(), value => Assert.Equal(0, value));
    }

    [Fact]
    public void ManyObservationsAreAsEachAlone()
    {
        var seen = Tensor.Range(6 * 80, ElementType.Float64).Sin().Reshape(6, 4, 4, 5);
        var network = Small([4, 4, 5], outerValueHead: true, ElementType.Float64);
        var together = Tree.Leaves(Batch.Map(network.Apply, seen));
        for (int i = 0; i < 6; i++)
        {
            foreach (var (all, one) in together.Zip(Tree.Leaves(network.Apply(seen[i]))))
                Close.All(one.ToDoubles(), all[i].ToDoubles(), 1e-13);
        }
    }

    // 7 rows become 3 and then 1, 13 columns 6 and then 3.
    [Fact]
    public void OddRowsAndColumnsAreLeftOutByPools()
    {
        var network = Small([7, 13, 2]);
        Assert.Equal([1 * 3 * 2, 4], ((ConvolutionalTrunk)network.Trunk).Dense.Weights.Shape);
        Assert.Equal([3], network.Apply(Tensor.Ones([7, 13, 2])).Logits.Shape);
    }

    [Fact]
    public void ObservationsThatAreNoLargeImagesGetDenseLayers()
    {
        foreach (Shape observation in (Shape[])[[5], [], [3, 12, 5], [12, 3, 2], [12, 12], [2, 4, 4, 5]])
        {
            Assert.False(ConvolutionalTrunk.Fits(observation));
            var network = ActorCritic.Initial(Key.Of(1), observation, 4, outerValueHead: true);
            Assert.Equal([observation.ElementCount, 64, 64], Sizes(Assert.IsType<MlpTrunk>(network.Trunk).Layers));
            Assert.Equal([64, 4], Sizes(network.Policy.Layers));
            Assert.Equal([64, 1], Sizes(network.Value.Layers));
            Assert.Equal([4], network.Apply(Tensor.Ones(observation)).Logits.Shape);
        }

        Assert.True(ConvolutionalTrunk.Fits([4, 4, 1]));

        static int[] Sizes(Linear[] layers)
            => [layers[0].Weights.Shape[0], .. layers.Select(layer => layer.Weights.Shape[1])];
    }

    [Fact]
    public void WhatDoesNotFitIsNamed()
    {
        Says("[rows, columns, planes], of 4 x 4 or more for two 2 x 2 pools, not [3, 12, 5]", () => Trunk([3, 12, 5]));
        Says("not [12, 2, 5]", () => Trunk([12, 2, 5]));
        Says("not [12, 12]", () => Trunk([12, 12]));
        Says("actions", () => ActorCritic.Initial(Key.Of(0), [12, 12, 5], 0));
        Says("images are [..., height, width, 5], not [4, 4, 3]", () => Small([4, 4, 5]).Apply(Tensor.Ones([4, 4, 3])));
        Says("inputs are [..., 2], not [8]", () => Small([4, 4, 5]).Apply(Tensor.Ones([8, 8, 5])));

        static ITrunk Trunk(Shape observation) => ConvolutionalTrunk.Initial(Key.Of(0), observation, 2, 4);

        static void Says(string part, Func<object> call) => Assert.Contains(part, Assert.ThrowsAny<ArgumentException>(call).Message);
    }

    public void Dispose() => _scope.Dispose();

    private static ActorCritic Small(Shape observation, bool outerValueHead = false, ElementType type = ElementType.Float32)
    {
        var trunk = ConvolutionalTrunk.Initial(Key.Of(1), observation, channels: 2, features: 4, type);
        return ActorCritic.Initial(Key.Of(1), trunk, 4, [3], actions: 3, outerValueHead, type);
    }
}
