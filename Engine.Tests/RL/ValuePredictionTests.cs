using Engine.Core;
using Engine.Core.Nn;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.RL.Environments;
using Engine.RL.Experiments;
using Xunit;

namespace Engine.Tests.RL;

public sealed class ValuePredictionTests : IDisposable
{
    private readonly TensorScope _scope = new();

    [Theory]
    [InlineData(StateInput.Raw, Activation.Relu)]
    [InlineData(StateInput.Scaled, Activation.Tanh)]
    public void ValuesAreTheNetworksOfTheTenStates(StateInput input, Activation activation)
    {
        var task = new ValuePrediction(new Sgd(0.1), input, Activation: activation, Type: ElementType.Float64);
        var theta = task.Initial(Key.Of(3));
        Assert.Equal([141], theta.Shape);
        var mlp = Mlp.Initial(Key.Of(3), [1, 10, 10, 1], activation, ElementType.Float64);
        Assert.Equal(Tree.ToVector(mlp).ToDoubles(), theta.ToDoubles());
        double[] expected = [.. Enumerable.Range(0, 10).Select(
            state => mlp.Apply(Tensor.From(input == StateInput.Raw ? state : (state - 4.5) / 4.5)).Item())];
        Close.All(expected, task.Values(theta).ToDoubles(), 1e-13);
        double error = expected.Zip(MarkovRewardProcess.TrueValues, (v, truth) => (v - truth) * (v - truth)).Average();
        Assert.Equal(error, task.TrueError(theta).Item(), 1e-13);
    }

    // Half the mean squared error of each trajectory's targets, told plainly.
    [Theory]
    [InlineData(Discounting.Power)]
    [InlineData(Discounting.Product)]
    public void LossesAreHalfTheMeanSquaredErrorToTargets(Discounting discounting)
    {
        var task = new ValuePrediction(new Sgd(0.1), Discounting: discounting, Batch: 3, Type: ElementType.Float64);
        var gamma = (Tensor.Range(10, ElementType.Float64) + 1) / 11.0;
        var problem = task.With(gamma);
        Assert.Same(task.Optimiser, problem.Optimiser);
        var theta = task.Initial(Key.Of(3));
        var (rollout, _) = problem.Sample(theta, default, Key.Of(5));
        double[] g = gamma.ToDoubles(), values = task.Values(theta).ToDoubles();
        double[][] rewards = [.. rollout.Rewards.ToDoubles().Chunk(10)];
        Assert.Equal(3, rewards.Length);
        var losses = problem.Losses(theta, rollout);
        Assert.Equal(Loss((i, j) => discounting == Discounting.Power
            ? Math.Pow(g[j], j - i + 1)
            : g[i..(j + 1)].Aggregate(1.0, (a, b) => a * b)), losses.Inner.Item(), 1e-13);
        Assert.Equal(Loss((_, _) => 1), losses.Outer.Item(), 1e-13);

        double Loss(Func<int, int, double> weight)
            => rewards.Average(r => Enumerable.Range(0, 10).Average(i =>
            {
                double target = Enumerable.Range(i, 10 - i).Sum(j => weight(i, j) * r[j]);
                return (target - values[i]) * (target - values[i]);
            })) / 2;
    }

    [Fact]
    public void ACopyWithAnotherActivationHasThatActivation()
    {
        var relu = new ValuePrediction(new Sgd(0.1));
        var theta = relu.Initial(Key.Of(3));
        var tanh = relu with { Activation = Activation.Tanh };
        Assert.Equal(
            new ValuePrediction(new Sgd(0.1), Activation: Activation.Tanh).Values(theta).ToDoubles(), tanh.Values(theta).ToDoubles());
        Assert.NotEqual(relu.Values(theta).ToDoubles(), tanh.Values(theta).ToDoubles());
    }

    public void Dispose() => _scope.Dispose();
}
