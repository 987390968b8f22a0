using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Nn;
using Engine.Kernels;
using Xunit;

namespace Engine.Tests.Core;

public class CategoricalTests
{
    [Fact]
    public void ChoicesComeWithTheProbabilitiesOfTheSoftmax()
    {
        using var scope = new TensorScope();
        const int Rows = 40_000;
        double[] logits = [0.5, -1, 2, 0, -3];
        double total = logits.Sum(Math.Exp);
        var keys = Key.Of(7).Split(Rows);
        var rows = Tensor.From(logits, [1, logits.Length]).Cast(ElementType.Float32).BroadcastTo([Rows, logits.Length]);
        int[] choices = Categorical.Sample(keys, rows).ToArray<int>();

        // Pearson's chi-square with 4 degrees of freedom exceeds 23.5 once in ten thousand.
        double square = Enumerable.Range(0, logits.Length).Sum(choice =>
        {
            double expected = Rows * Math.Exp(logits[choice]) / total;
            double difference = choices.Count(drawn => drawn == choice) - expected;
            return difference * difference / expected;
        });
        Assert.InRange(square, 0, 23.5);
    }

    [Fact]
    public void TheSameKeyGivesTheSameChoiceWhateverTheBatch()
    {
        using var scope = new TensorScope();
        var keys = Key.Of(1).Split(3);
        var logits = Tensor.From([0.1f, 0.2f, 0.3f, 0.4f, 0f, 0f, 0f, 0f, 1f, -1f, 1f, -1f], [3, 4]);
        int[] together = Categorical.Sample(keys, logits).ToArray<int>();
        for (int row = 0; row < 3; row++)
        {
            Assert.Equal(together[row], Categorical.Sample(keys[row..(row + 1)], logits[row..(row + 1)]).ToArray<int>()[0]);
            Assert.Equal(together[row], Categorical.Sample(keys[row], logits[row]).Item());
        }
    }

    [Fact]
    public void LogProbabilitiesAreThoseOfTheSoftmax()
    {
        using var scope = new TensorScope();
        double[] logits = [0.5, -1, 2, 0, 3, 1];
        var actual = Categorical.LogProbabilities(Tensor.From(logits, [2, 3]));
        double[] expected = [.. logits.Chunk(3).SelectMany(row => row.Select(x => x - Math.Log(row.Sum(Math.Exp))))];
        Assert.All(expected.Zip(actual.ToDoubles()), pair => Assert.Equal(pair.First, pair.Second, 1e-14));
        Assert.Equal([expected[1], expected[5]], Categorical.LogProbability(actual, Tensor.From(1, 2)).ToDoubles(), Close);
        double[] entropies = [.. expected.Chunk(3).Select(row => -row.Sum(x => x * Math.Exp(x)))];
        Assert.Equal(entropies, Categorical.Entropy(actual).ToDoubles(), Close);

        static bool Close(double x, double y) => Math.Abs(x - y) < 1e-14;
    }

    [Theory]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.Float64)]
    public void HugeLogitsNeitherOverflowNorLoseTheChoice(ElementType type)
    {
        using var scope = new TensorScope(checkFinite: true);
        var logits = Tensor.From([1e6, 0, -1e6, -1e6, -1e6, -1e6], [2, 3], type);
        var log = Categorical.LogProbabilities(logits);
        Assert.Equal([0, -1e6, -2e6], log.ToDoubles()[..3]);
        Assert.All(log.ToDoubles()[3..], value => Assert.Equal(-Math.Log(3), value, 1e-6));
        double[] entropy = Categorical.Entropy(log).ToDoubles();
        Assert.Equal(0, entropy[0]);
        Assert.Equal(Math.Log(3), entropy[1], 1e-6);
        Assert.All(Gradient.Of(Categorical.Entropy(log).Sum(), logits).ToDoubles(), value => Assert.Equal(0, value, 1e-6));
    }

    [Theory]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.Float64)]
    public void ChoicesThatCannotBeMadeCountForNothing(ElementType type)
    {
        using var scope = new TensorScope();
        double most = type == ElementType.Float32 ? 3e38 : 1.5e308;
        var logits = Tensor.From([0, 0, double.NegativeInfinity, most, -most, -most], [2, 3], type);
        var log = Categorical.LogProbabilities(logits);
        double[] expected = [-Math.Log(2), -Math.Log(2), double.NegativeInfinity, 0, double.NegativeInfinity, double.NegativeInfinity];
        Assert.Equal(expected, log.ToDoubles(), Close);
        var entropy = Categorical.Entropy(log);
        Assert.Equal([Math.Log(2), 0], entropy.ToDoubles(), Close);
        var chosen = Categorical.LogProbability(log, Tensor.From(1, 0));
        Assert.Equal([-Math.Log(2), 0], chosen.ToDoubles(), Close);

        // With two equal ones the entropy is largest, so its first derivatives are 0 and its second ones those of log(2) - x^2 / 8.
        var first = Gradient.Of(entropy.Sum(), logits);
        Assert.Equal(new double[6], first.ToDoubles(), Close);
        Assert.Equal([-0.25, 0.25, 0, 0, 0, 0], Gradient.Of(first[0, 0], logits).ToDoubles(), Close);
        Assert.Equal(new double[6], Gradient.Of(first[0, 2], logits).ToDoubles());
        var slope = Gradient.Of(chosen.Sum(), logits);
        Assert.Equal([-0.5, 0.5, 0, 0, 0, 0], slope.ToDoubles(), Close);
        Assert.Equal([-0.25, 0.25, 0, 0, 0, 0], Gradient.Of(slope[0, 0], logits).ToDoubles(), Close);
        Assert.Equal(double.NaN, Categorical.Entropy(Tensor.From([double.NaN, 0], [2], type)).Item());

        static bool Close(double x, double y) => x == y || Math.Abs(x - y) < 1e-6;
    }

    [Fact]
    public void ChoicesThatCannotBeMadeAreNotDrawn()
    {
        using var scope = new TensorScope();
        var logits = Tensor.From([float.NegativeInfinity, 0, float.NegativeInfinity, 0], [1, 4]).BroadcastTo([200, 4]);
        Assert.Equal([1, 3], Categorical.Sample(Key.Of(3).Split(200), logits).ToArray<int>().Distinct().Order());
    }

    [Fact]
    public void LogitsBeginWithTheAxesOfTheKeys()
    {
        using var scope = new TensorScope();
        var keys = Key.Of(3).Split(2);
        Assert.Equal([2, 5], Categorical.Sample(keys, Tensor.Zeros([2, 5, 4])).Shape);
        foreach (Shape shape in (Shape[])[[3, 4], [1, 4], [2], [4]])
        {
            var failure = Assert.Throws<ArgumentException>(() => Categorical.Sample(keys, Tensor.Zeros(shape)));
            Assert.Contains($"logits for keys [2] are [axes of the keys, ..., choices], got {shape}", failure.Message);
        }
    }

    [Fact]
    public void ACheckingScopeNamesRowsWithoutADistribution()
    {
        const float Minus = float.NegativeInfinity;
        Says($"Categorical.Sample: all logits in row 1 of [2, 2] are {Minus}", 0, 0, Minus, Minus);
        Says("Categorical.Sample: logit 1 in row 0 of [2, 2] is NaN", 0, float.NaN, 0, 0);
        Says($"Categorical.Sample: logit 0 in row 1 of [2, 2] is {double.PositiveInfinity}", 0, 0, float.PositiveInfinity, 0);
        using var scope = new TensorScope(checkFinite: true);
        Assert.Equal(1, Categorical.Sample(Key.Of(3), Tensor.From([-1e30f, 0], [1, 2])).Item());
        var failure = Assert.Throws<ArgumentException>(() => Categorical.LogProbability(Tensor.Zeros([1, 2]), Tensor.From(2)));
        Assert.Contains("LogProbability: index 2, element 0 of [1], is out of range", failure.Message);

        static void Says(string part, params float[] logits)
        {
            using var scope = new TensorScope(checkFinite: true);
            var (keys, x) = (Key.Of(3).Split(2), Tensor.From(logits, [2, 2]));
            Assert.Contains(part, Assert.Throws<NotFiniteNumberException>(() => Categorical.Sample(keys, x)).Message);
        }
    }

    [Fact]
    public void DerivativesAreThoseOfFiniteDifferences()
    {
        var logits = Tensor.From([0.5, -1, 2, 0, 1.5, 1], [2, 3]);
        GradientCheck.Check(x => [Categorical.LogProbabilities(x[0])], [logits], order: 3);
        GradientCheck.Check(x => [Categorical.Entropy(Categorical.LogProbabilities(x[0]))], [logits], order: 3);
        GradientCheck.Check(
            x => [Categorical.LogProbability(Categorical.LogProbabilities(x[0]), x[1])], [logits, Tensor.From(2, 0)], order: 3);
    }

    [Fact]
    public void WhatDoesNotFitIsNamed()
    {
        using var scope = new TensorScope();
        var logits = Tensor.Ones([2, 3]);
        Says("[2, 3] are Int32 of all axes but the last, got Float32 [2]", () => Categorical.LogProbability(logits, Tensor.Ones([2])));
        Says("got Int32 [3]", () => Categorical.LogProbability(logits, Tensor.From(0, 1, 2)));
        Says("[] has no last axis", () => Categorical.LogProbabilities(Tensor.Ones([])));
        Says("[2, 0] has no last axis", () => Categorical.Entropy(Tensor.Ones([2, 0])));

        static void Says(string part, Func<Tensor> call) => Assert.Contains(part, Assert.Throws<ArgumentException>(call).Message);
    }

    // 0.5 log (0.5 / 0.25) + 0.5 log (0.5 / 0.75), by hand; what has no probability counts nothing.
    [Fact]
    public void DivergencesAreThoseOfKullbackAndLeibler()
    {
        var p = Tensor.From([0.5, 0.5, 0, 1], [2, 2], ElementType.Float64).Log();
        var q = Tensor.From([0.25, 0.75, 0, 1], [2, 2], ElementType.Float64).Log();
        double[] found = Categorical.KlDivergence(p, q).ToDoubles();
        Assert.Equal((0.5 * Math.Log(2)) + (0.5 * Math.Log(2.0 / 3)), found[0], 1e-12);
        Assert.Equal(0, found[1]);
        Assert.Throws<ArgumentException>(() => Categorical.KlDivergence(p, q[0]));

        // In logits of q the slope is q - p; in those of p, p (log p - log q - KL).
        var logits = Tensor.From([0.3, -1, 0.7], [3], ElementType.Float64);
        var own = Tensor.From([0.2, 0.5, -0.4], [3], ElementType.Float64);
        var divergence = Categorical.KlDivergence(Categorical.LogProbabilities(own), Categorical.LogProbabilities(logits));
        double[] target = Softmax(own), there = Softmax(logits);
        var (byOwn, byLogits) = Gradient.Of(divergence, (own, logits));
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(there[i] - target[i], byLogits[i].Item(), 1e-12);
            Assert.Equal(target[i] * (Math.Log(target[i] / there[i]) - divergence.Item()), byOwn[i].Item(), 1e-12);
        }

        static double[] Softmax(Tensor x)
        {
            double[] powers = [.. x.ToDoubles().Select(Math.Exp)];
            return [.. powers.Select(power => power / powers.Sum())];
        }
    }
}
