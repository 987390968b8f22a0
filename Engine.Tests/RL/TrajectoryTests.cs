using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Nn;
using Engine.Kernels;
using Engine.RL.Agents;
using Engine.RL.Environments;
using Xunit;

namespace Engine.Tests.RL;

public sealed class TrajectoryTests : IDisposable
{
    private const int Steps = 7, Games = 12;

    private static readonly Snake s_snake = new(4, 5, stepLimit: 4);

    private readonly TensorScope _scope = new();

    [Theory]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.Float64)]
    public void ShapesAreThoseOfTimeAndOfManyGamesBefore(ElementType type)
    {
        var network = Network(type);
        var (one, state) = Trajectory.Collect(s_snake, network, s_snake.Reset(Key.Of(1)), Key.Of(2), Steps);
        Check(one, []);
        Assert.Equal(s_snake.Reset(Key.Of(1)).Shape, state.Shape);
        Check(Collect(Steps, network).Trajectory, [Games]);
        Assert.Throws<ArgumentOutOfRangeException>(
            () => Trajectory.Collect(s_snake, network, s_snake.Reset(Key.Of(1)), Key.Of(2), 0));

        void Check(Trajectory x, int[] games)
        {
            Assert.Equal([.. games, Steps + 1, 4, 5, 5], x.Observations.Shape);
            Assert.Equal([.. games, Steps, 4, 5, 5], x.FinalObservations.Shape);
            Assert.Equal([.. games, Steps], x.Actions.Shape);
            Assert.Equal(ElementType.Int32, x.Actions.Type);
            Tensor[] numbers = [x.Rewards, x.Terminated, x.Truncated, x.Live()];
            Assert.All(numbers, y => Assert.Equal([.. games, Steps], y.Shape));
            Assert.All([.. numbers, x.Observations, x.FinalObservations], y => Assert.Equal(type, y.Type));
        }
    }

    [Fact]
    public void ItIsWhatTheEnvironmentDoesWithThoseActions()
    {
        var (trajectory, end) = Collect(Steps);
        var state = s_snake.ResetAll(Keys());
        Assert.Equal(s_snake.ObserveAll(state).ToDoubles(), trajectory.Observations[.., 0].ToDoubles());
        double terminated = 0, truncated = 0;
        for (int t = 0; t < Steps; t++)
        {
            var moved = s_snake.StepAll(state, trajectory.Actions[.., t], Keys().Fold(1).Fold(t));
            Assert.Equal(moved.Observation.ToDoubles(), trajectory.Observations[.., t + 1].ToDoubles());
            Assert.Equal(moved.FinalObservation.ToDoubles(), trajectory.FinalObservations[.., t].ToDoubles());
            Assert.Equal(moved.Reward.ToDoubles(), trajectory.Rewards[.., t].ToDoubles());
            Assert.Equal(moved.Terminated.ToDoubles(), trajectory.Terminated[.., t].ToDoubles());
            Assert.Equal(moved.Truncated.ToDoubles(), trajectory.Truncated[.., t].ToDoubles());
            double[] ended = [.. moved.Terminated.ToDoubles().Zip(moved.Truncated.ToDoubles(), Math.Max)];
            Assert.Equal(ended.Select(x => 1 - x), trajectory.Live()[.., t].ToDoubles());
            terminated += moved.Terminated.Sum().Item();
            truncated += moved.Truncated.Sum().Item();
            state = moved.State;
        }

        Assert.Equal(state.ToArray<int>(), end.ToArray<int>());
        Assert.True(truncated > 0 && terminated > 0, $"{terminated} ends, {truncated} by the step limit");
    }

    [Fact]
    public void ActionsAreDrawnFromThePolicy()
    {
        var network = Network();
        var (trajectory, _) = Collect(Steps, network);
        for (int t = 0; t < Steps; t++)
        {
            var drawn = Batch.Map(
                x => Categorical.Sample(x.Key, network.Apply(x.Seen).Logits),
                (Key: Keys().Fold(0).Fold(t), Seen: trajectory.Observations[.., t]));
            Assert.Equal(drawn.ToArray<int>(), trajectory.Actions[.., t].ToArray<int>());
        }

        // A policy that is sure.
        var last = network.Policy.Layers[^1] with { Bias = Tensor.From(-50f, -50, 50, -50) };
        var sure = network with { Policy = network.Policy with { Layers = [.. network.Policy.Layers[..^1], last] } };
        Assert.All(Collect(Steps, sure).Trajectory.Actions.ToArray<int>(), action => Assert.Equal(2, action));
    }

    [Fact]
    public void NothingDependsOnTheNumberOfGames()
    {
        var (together, end) = Collect(Steps);
        int start = 0;
        foreach (int size in (int[])[1, 3, 8])
        {
            var keys = Keys()[start..(start + size)];
            var (part, partEnd) = Collect(Network(), s_snake.ResetAll(keys), keys, Steps);
            foreach (var (all, some) in Tree.Leaves((together, end)).Zip(Tree.Leaves((part, partEnd))))
                Assert.Equal(all.Narrow(0, start, size).ToDoubles(), some.ToDoubles());
            start += size;
        }

        // Nor on there being many: a game by itself is the same.
        var (alone, aloneEnd) = Trajectory.Collect(s_snake, Network(), s_snake.Reset(Keys()[5]), Keys()[5], Steps);
        foreach (var (all, one) in Tree.Leaves((together, end)).Zip(Tree.Leaves((alone, aloneEnd))))
            Assert.Equal(all[5].ToDoubles(), one.ToDoubles());
    }

    [Fact]
    public void TheSameStateAndKeysGiveTheSame()
    {
        var snapshot = Collect(Steps).Next;
        double[][] first = Values(6), second = Values(6);
        Assert.Equal(first, second);

        // Six steps begin as three of them.
        var (six, three) = (From(6), From(3));
        foreach (var (all, some) in Tree.Leaves(six).Zip(Tree.Leaves(three)))
            Assert.Equal(all.Narrow(1, 0, some.Shape[1]).ToDoubles(), some.ToDoubles());

        Trajectory From(int steps) => Collect(Network(), snapshot, Keys().Fold(20), steps).Trajectory;

        double[][] Values(int steps) => [.. Tree.Leaves(From(steps)).Select(x => x.ToDoubles())];
    }

    [Fact]
    public void OtherKeysGiveOtherDraws()
    {
        var state = s_snake.ResetAll(Keys());
        double[][] actions =
        [
            From(Keys()), From(Keys().Fold(0)), From(Keys().Fold(1)), From(Keys(iteration: 1)), From(Keys(seed: 1)),
        ];
        for (int i = 0; i < actions.Length; i++)
        {
            // Of 12 first actions among four about a quarter agree by chance; all of them once in ten million.
            for (int j = 0; j < i; j++)
                Assert.NotEqual(actions[i], actions[j]);
        }

        double[] From(Key keys) => Collect(Network(), state, keys, 1).Trajectory.Actions.ToDoubles();
    }

    [Fact]
    public void ItHasNoDerivative()
    {
        var network = Network();
        foreach (var x in Tree.Leaves(Collect(Steps, network).Trajectory).Where(x => x.Type.IsFloat()))
        {
            var slopes = Tree.Leaves(Gradient.Of(x.Sum(), network));
            Assert.All(slopes, slope => Assert.All(slope.ToDoubles(), value => Assert.Equal(0, value)));
        }
    }

    [Fact]
    public void EvaluationAppliesTheNetworkToEveryMoment()
    {
        var network = Network(ElementType.Float64);
        var trajectory = Tree.Map(Collect(Steps, network).Trajectory, x => x[3]);
        var evaluation = trajectory.Evaluate(network);
        Assert.Null(evaluation.TruncatedValues);
        Assert.Null(evaluation.OuterValues);
        Assert.Null(evaluation.OuterTruncatedValues);
        Assert.Same(trajectory.Actions, evaluation.Actions);
        Assert.Same(trajectory.Rewards, evaluation.Rewards);
        Assert.Equal(trajectory.Live().ToDoubles(), evaluation.Live.ToDoubles());
        Assert.Equal([Steps, 4], evaluation.Logits.Shape);
        Assert.Equal([Steps + 1], evaluation.Values.Shape);
        for (int t = 0; t <= Steps; t++)
        {
            var output = network.Apply(trajectory.Observations[t]);
            Assert.Equal(output.Value.Item(), evaluation.Values[t].Item(), 1e-14);
            if (t < Steps)
                Close.All(output.Logits.ToDoubles(), evaluation.Logits[t].ToDoubles(), 1e-13);
        }
    }

    [Theory]
    [InlineData(false, 0.7)]
    [InlineData(true, 0.7)]
    [InlineData(true, 0.0)]
    [InlineData(true, 1.0)]
    public void ReturnsGoOnBeyondATruncationIfAskedTo(bool bootstrap, double lambda)
    {
        const double Gamma = 0.9;
        var network = Tree.Map(Network(ElementType.Float64, outerValueHead: true), p => p + 0.05);
        var games = Collect(Steps, network).Trajectory;
        Assert.Contains(1, games.Truncated.ToDoubles());
        Assert.Contains(1, games.Terminated.ToDoubles());
        for (int game = 0; game < Games; game++)
        {
            var trajectory = Tree.Map(games, x => x[game]);
            var evaluation = trajectory.Evaluate(network, bootstrap);
            Assert.Equal(bootstrap, evaluation.TruncatedValues is not null);
            Assert.Equal(bootstrap, evaluation.OuterTruncatedValues is not null);
            var coefficients = new A2CCoefficients(Number(Gamma), Number(lambda), Number(0.5), Number(0.01));
            var options = new A2COptions { OuterGamma = Gamma, OuterLambda = lambda, OuterCritic = 1 };
            var losses = A2C.Losses(evaluation, coefficients, options);
            var without = A2C.Losses(evaluation, coefficients, options with { OuterCritic = 0 });
            Assert.Equal(Expected(trajectory, output => output.Value), losses.Critic.Item(), 1e-13);
            Assert.Equal(Expected(trajectory, output => output.OuterValue!), losses.Inner.Item() - without.Inner.Item(), 1e-12);
        }

        // Half the mean squared error to returns told plainly, for both heads.
        double Expected(Trajectory x, Func<ActorCriticOutput, Tensor> head)
        {
            double[] v = [.. Enumerable.Range(0, Steps + 1).Select(t => head(network.Apply(x.Observations[t])).Item())];
            double[] final = [.. Enumerable.Range(0, Steps).Select(t => head(network.Apply(x.FinalObservations[t])).Item())];
            double[] r = x.Rewards.ToDoubles(), terminated = x.Terminated.ToDoubles(), truncated = x.Truncated.ToDoubles();
            double total = 0, g = v[Steps];
            for (int t = Steps - 1; t >= 0; t--)
            {
                if (truncated[t] == 1 && bootstrap)
                    g = r[t] + (Gamma * final[t]);
                else if (terminated[t] == 1 || truncated[t] == 1)
                    g = r[t];
                else
                    g = r[t] + (Gamma * (((1 - lambda) * v[t + 1]) + (lambda * g)));
                total += (g - v[t]) * (g - v[t]);
            }

            return total / (2 * Steps);
        }

        static Tensor Number(double value) => Tensor.From([value], []);
    }

    // An episode may come to its end in the very step that would have cut it off.
    [Fact]
    public void BeyondATerminalStateThereIsNothing()
    {
        var network = Tree.Map(Network(outerValueHead: true), p => p + 0.05);
        var trajectory = Tree.Map(Collect(Steps, network).Trajectory, x => x[0]);
        trajectory = trajectory with
        {
            Terminated = Tensor.From(1f, 0, 1, 0, 0, 0, 0),
            Truncated = Tensor.From(1f, 1, 0, 0, 0, 0, 0),
        };
        Assert.Equal([0.0, 0, 0, 1, 1, 1, 1], trajectory.Live().ToDoubles());
        var evaluation = trajectory.Evaluate(network, bootstrapTruncated: true);
        foreach (var beyond in (Tensor[])[evaluation.TruncatedValues!, evaluation.OuterTruncatedValues!])
            Assert.Equal([false, true, false, false, false, false, false], beyond.ToDoubles().Select(value => value != 0));
    }

    public void Dispose() => _scope.Dispose();

    private static Key Keys(int seed = 4, int iteration = 0) => Key.Of(seed).Fold(iteration).Split(Games);

    // Weights larger than first ones, for a policy that is not uniform.
    private static ActorCritic Network(ElementType type = ElementType.Float32, bool outerValueHead = false)
    {
        var trunk = ConvolutionalTrunk.Initial(Key.Of(5), s_snake.ObservationShape, channels: 3, features: 5, type);
        return Tree.Map(ActorCritic.Initial(Key.Of(5), trunk, 5, [4], 4, outerValueHead, type), p => p * 2);
    }

    private static (Trajectory Trajectory, Tensor Next) Collect(int steps, ActorCritic? network = null)
        => Collect(network ?? Network(), s_snake.ResetAll(Keys()), Keys(), steps);

    private static (Trajectory Trajectory, Tensor Next) Collect(ActorCritic network, Tensor states, Key keys, int steps)
        => Batch.Map(game => Trajectory.Collect(s_snake, network, game.State, game.Key, steps), (State: states, Key: keys));
}
