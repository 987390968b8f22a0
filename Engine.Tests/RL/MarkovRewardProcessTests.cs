using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Kernels;
using Engine.RL.Environments;
using Xunit;

namespace Engine.Tests.RL;

public class MarkovRewardProcessTests
{
    private const int States = MarkovRewardProcess.States;

    [Theory]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.Float64)]
    public void EvenStatesPayATenthAndOddOnesStandardNormalNumbers(ElementType type)
    {
        using var scope = new TensorScope();
        const int Replicates = 200, Batch = 32;
        var trajectories = MarkovRewardProcess.Draw(Key.Of(5).Split(Replicates), Batch, type);
        Assert.Equal([Replicates, Batch, States], trajectories.Rewards.Shape);
        double[] rewards = trajectories.Rewards.ToDoubles();
        double tenth = type == ElementType.Float32 ? 0.1f : 0.1;
        Assert.All(rewards.Where((_, i) => i % 2 == 0), reward => Assert.Equal(tenth, reward));

        double[] odd = [.. rewards.Where((_, i) => i % 2 == 1)];
        double error = 1 / Math.Sqrt(odd.Length);
        Assert.InRange(Moment(odd, 1), -4 * error, 4 * error);
        Assert.InRange(Moment(odd, 2), 1 - (4 * Math.Sqrt(2) * error), 1 + (4 * Math.Sqrt(2) * error));
        Assert.InRange(Moment(odd, 3), -4 * Math.Sqrt(15) * error, 4 * Math.Sqrt(15) * error);
        Assert.InRange(Moment(odd, 4), 3 - (4 * Math.Sqrt(96) * error), 3 + (4 * Math.Sqrt(96) * error));

        // Neither neighbouring states, nor trajectories, nor replicates share numbers.
        Assert.All((int[])[1, States / 2, Batch * States / 2], lag => Assert.InRange(
            odd.Zip(odd.Skip(lag), (a, b) => a * b).Average(), -4 * error, 4 * error));
    }

    [Fact]
    public void StepsIterationsAndSeedsDrawDifferentNumbers()
    {
        using var scope = new TensorScope();
        double[][] draws =
        [
            Draw(seed: 0, iteration: 0, step: 0),
            Draw(seed: 1, iteration: 0, step: 0),
            Draw(seed: 0, iteration: 1, step: 0),
            Draw(seed: 0, iteration: 0, step: 1),
        ];
        Assert.Equal(4 * States / 2, draws.SelectMany(draw => draw.Where((_, i) => i % 2 == 1)).Distinct().Count());
        Assert.Equal(draws[0], Draw(0, 0, 0));

        static double[] Draw(int seed, int iteration, int step)
        {
            var key = Key.Of(seed).Fold(iteration).Split(1).Fold(step);
            return MarkovRewardProcess.Draw(key, 1, ElementType.Float32).Rewards.ToDoubles();
        }
    }

    [Fact]
    public void MeanRewardsAreTheMeanOfRewards()
    {
        using var scope = new TensorScope();
        var drawn = MarkovRewardProcess.Draw(Key.Of(1).Split(6), 7, ElementType.Float64);
        double[] expected = drawn.Rewards.Mean(1).ToDoubles();
        Assert.Equal([6, States], drawn.MeanRewards.Shape);
        Close.All(expected, drawn.MeanRewards.ToDoubles(), 1e-15);
        Close.All(expected, Trajectories.From(drawn.Rewards).MeanRewards.ToDoubles(), 1e-15);
    }

    [Fact]
    public void TrueValuesAreMeanReturns()
    {
        double[] means = [.. Enumerable.Range(0, States).Select(j => j % 2 == 0 ? MarkovRewardProcess.EvenReward : 0)];
        double[] expected = [.. Enumerable.Range(0, States).Select(i => means[i..].Sum())];
        Close.All(expected, MarkovRewardProcess.TrueValues, 1e-15);
    }

    [Fact]
    public void UndiscountedWeightsCountEachRewardThatFollowsOnce()
    {
        using var scope = new TensorScope();
        double[] expected = [.. from i in Enumerable.Range(0, States) from j in Enumerable.Range(0, States) select j >= i ? 1.0 : 0.0];
        Assert.Equal(expected, MarkovRewardProcess.Undiscounted(ElementType.Float32, Device.Cpu).ToDoubles());
        foreach (var discounting in Enum.GetValues<Discounting>())
            Assert.Equal(expected, MarkovRewardProcess.Weights(Tensor.Ones([States]), discounting).ToDoubles());
    }

    [Theory]
    [InlineData(Discounting.Power)]
    [InlineData(Discounting.Product)]
    public void WeightsAreThoseOfTheirFormula(Discounting discounting)
    {
        using var scope = new TensorScope();
        double[] gamma = Gammas(3);
        double[] expected = [.. Enumerable.Range(0, 3).SelectMany(r => Expected(gamma[(r * States)..((r + 1) * States)], discounting))];
        var ofReplicates = MarkovRewardProcess.Weights(Tensor.From(gamma, [3, States]), discounting);
        Assert.Equal([3, States, States], ofReplicates.Shape);
        Close.All(expected, ofReplicates.ToDoubles(), 1e-14);

        var ofOne = MarkovRewardProcess.Weights(Tensor.From(gamma[..States], [States]), discounting);
        Assert.Equal([States, States], ofOne.Shape);
        Close.All(expected[..(States * States)], ofOne.ToDoubles(), 1e-14);
    }

    [Theory]
    [InlineData(Discounting.Power)]
    [InlineData(Discounting.Product)]
    public void DerivativesOfWeightsAreThoseOfFiniteDifferences(Discounting discounting)
        => GradientCheck.Check(x => [MarkovRewardProcess.Weights(x[0], discounting)], [Tensor.From(Gammas(2), [2, States])]);

    // The derivatives of gamma^k at 0 and 1 are known: k = 1 has slope 1 and k = 2 curvature 2 even at 0.
    [Fact]
    public void PowersOfDiscountsZeroAndOneHaveTheirDerivatives()
    {
        using var scope = new TensorScope();
        double[] values = [.. Enumerable.Range(0, States).Select(j => (double)(j / 2 % 2))];
        var gamma = Tensor.From(values, [States]);
        var weights = MarkovRewardProcess.Weights(gamma, Discounting.Power);
        Assert.Equal(Expected(values, Discounting.Power), weights.ToDoubles());
        var first = Gradient.Of(weights.Sum(), gamma);
        var second = Gradient.Of(first.Sum(), gamma);
        for (int j = 0; j < States; j++)
        {
            // Reward j counts gamma_j to the powers 1, ..., j + 1 in states j, ..., 0.
            int[] powers = [.. Enumerable.Range(1, j + 1)];
            Assert.Equal(values[j] == 0 ? 1.0 : powers.Sum(), first.ToDoubles()[j]);
            Assert.Equal(values[j] == 0 ? (j > 0 ? 2.0 : 0.0) : powers.Sum(k => k * (k - 1)), second.ToDoubles()[j]);
        }
    }

    [Theory]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.Float64)]
    public void ProductsOfDiscountsZeroAndOneAndTheirDerivativesAreFinite(ElementType type)
    {
        using var scope = new TensorScope();
        double[] values = [.. Enumerable.Range(0, 2 * States).Select(j => j < States ? j / 3 % 2 : (j + 1) % 2)];
        var gamma = Tensor.From(values, [2, States], type);
        foreach (var discounting in Enum.GetValues<Discounting>())
        {
            var weights = MarkovRewardProcess.Weights(gamma, discounting);
            double[] expected = [.. Expected(values[..States], discounting), .. Expected(values[States..], discounting)];
            Assert.Equal(expected, weights.ToDoubles());
            var first = Gradient.Of(weights.Square().Sum(), gamma);
            var second = Gradient.Of(first.Square().Sum(), gamma);
            Assert.All(first.ToDoubles().Concat(second.ToDoubles()), slope => Assert.True(double.IsFinite(slope)));
        }
    }

    private static double[] Gammas(int replicates)
    {
        var random = new Random(replicates);
        return [.. Enumerable.Range(0, replicates * States).Select(_ => 0.05 + (0.9 * random.NextDouble()))];
    }

    private static double[] Expected(double[] gamma, Discounting discounting)
    {
        var weights = new double[States * States];
        for (int i = 0; i < States; i++)
        {
            for (int j = i; j < States; j++)
            {
                double weight = 1;
                for (int k = i; k <= j; k++)
                    weight *= gamma[discounting == Discounting.Power ? j : k];
                weights[(i * States) + j] = weight;
            }
        }

        return weights;
    }

    private static double Moment(double[] values, int order) => values.Average(value => Math.Pow(value, order));
}
