using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Nn;
using Engine.Kernels;
using Engine.RL.Agents;
using Engine.RL.Environments;
using Xunit;

namespace Engine.Tests.RL;

public sealed class ExperienceTests : IDisposable
{
    private const int Steps = 7, Boards = 12;

    private static readonly Snake s_snake = new(4, 5, stepLimit: 4);
    private static readonly ActorCritic s_network = new(s_snake.ObservationShape, 4, channels: 3, units: 5, headUnits: 4);

    private readonly TensorScope _scope = new();

    [Theory]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.Float64)]
    public void ShapesAreTimeThenEnvironments(ElementType type)
    {
        var (experience, state) = Collect(Steps, type: type);
        Assert.Equal([Steps + 1, Boards, 4, 5, 5], experience.Observations.Shape);
        Assert.Equal([Steps, Boards, 4, 5, 5], experience.FinalObservations.Shape);
        Tensor[] numbers = [experience.Rewards, experience.Live, experience.TimedOut];
        Assert.All(numbers, x => Assert.Equal([Steps, Boards], x.Shape));
        Assert.All([.. numbers, experience.Observations, experience.FinalObservations], x => Assert.Equal(type, x.Type));
        Assert.Equal([Steps, Boards], experience.Actions.Shape);
        Assert.Equal(ElementType.Int32, experience.Actions.Type);
        Assert.Equal(s_snake.Reset(Keys())[0].Shape, Assert.Single(state).Shape);
        Assert.Throws<ArgumentOutOfRangeException>(() => Collect(0));
    }

    [Fact]
    public void ItIsWhatTheEnvironmentDoesWithThoseActions()
    {
        var (experience, end) = Collect(Steps);
        var state = s_snake.Reset(Keys());
        Assert.Equal(s_snake.Observe(state).ToDoubles(), experience.Observations[0].ToDoubles());
        double ended = 0, timedOut = 0;
        for (int t = 0; t < Steps; t++)
        {
            var moved = s_snake.Step(state, experience.Actions[t], Keys().Fold(1).Fold(t));
            Assert.Equal(moved.Observation.ToDoubles(), experience.Observations[t + 1].ToDoubles());
            Assert.Equal(moved.FinalObservation.ToDoubles(), experience.FinalObservations[t].ToDoubles());
            Assert.Equal(moved.Reward.ToDoubles(), experience.Rewards[t].ToDoubles());
            Assert.Equal(moved.Terminated.ToDoubles(), (1 - experience.Live[t]).ToDoubles());
            Assert.Equal(moved.TimedOut.ToDoubles(), experience.TimedOut[t].ToDoubles());
            (ended, timedOut, state) = (ended + moved.Terminated.Sum().Item(), timedOut + moved.TimedOut.Sum().Item(), moved.State);
        }

        Assert.Equal(state[0].ToArray<int>(), end[0].ToArray<int>());
        Assert.True(timedOut > 0 && ended > timedOut, $"{ended} ends, {timedOut} by the step limit");
    }

    [Fact]
    public void ActionsAreDrawnFromThePolicy()
    {
        Tensor[] parameters = Parameters();
        var (experience, _) = Collect(Steps);
        for (int t = 0; t < Steps; t++)
        {
            var logits = s_network.Apply(parameters, experience.Observations[t]).Logits;
            Assert.Equal(Categorical.Sample(Keys().Fold(0).Fold(t), logits).ToArray<int>(), experience.Actions[t].ToArray<int>());
        }

        // A policy that is sure: the last bias but those of the values is that of the logits.
        parameters[9] = Tensor.From(-50f, -50, 50, -50);
        Assert.All(Collect(Steps, parameters: parameters).Experience.Actions.ToArray<int>(), action => Assert.Equal(2, action));
    }

    [Fact]
    public void NothingDependsOnTheNumberOfEnvironments()
    {
        var (together, end) = Collect(Steps);
        int start = 0;
        foreach (int size in (int[])[1, 3, 8])
        {
            var keys = Keys()[start..(start + size)];
            var (part, partEnd) = Experience.Collect(s_snake, s_network, Parameters(), s_snake.Reset(keys), keys, Steps);
            foreach (var (all, some) in All(together).Zip(All(part)))
                Assert.Equal(all.Narrow(1, start, size).ToDoubles(), some.ToDoubles());
            Assert.Equal(end[0][start..(start + size)].ToArray<int>(), partEnd[0].ToArray<int>());
            start += size;
        }
    }

    [Fact]
    public void TheSameStateAndKeysGiveTheSame()
    {
        var snapshot = Collect(Steps).State;
        double[][] first = Values(From(snapshot, 6)), second = Values(From(snapshot, 6));
        Assert.Equal(first, second);

        // Six steps begin as three of them.
        double[][] early = Values(From(snapshot, 3));
        foreach (var (all, some) in first.Zip(early))
            Assert.Equal(all[..some.Length], some);

        static Experience From(Tensor[] state, int steps)
            => Experience.Collect(s_snake, s_network, Parameters(), state, Keys().Fold(20), steps).Experience;
    }

    [Fact]
    public void OtherKeysGiveOtherDraws()
    {
        var state = s_snake.Reset(Keys());
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

        double[] From(Key keys)
            => Experience.Collect(s_snake, s_network, Parameters(), state, keys, 1).Experience.Actions.ToDoubles();
    }

    [Fact]
    public void ItHasNoDerivative()
    {
        Tensor[] parameters = Parameters();
        var experience = Collect(Steps, parameters: parameters).Experience;
        foreach (var x in All(experience).Where(x => x.Type.IsFloat()))
            Assert.All(Gradient.Of(x.Sum(), parameters), slope => Assert.All(slope.ToDoubles(), value => Assert.Equal(0, value)));
    }

    [Fact]
    public void EvaluationAppliesTheNetworkToEveryMoment()
    {
        Tensor[] parameters = Parameters(ElementType.Float64);
        var experience = Collect(Steps, type: ElementType.Float64).Experience;
        var rollout = experience.Evaluate(s_network, parameters);
        Assert.Null(rollout.TimeOutValues);
        Assert.Null(rollout.OuterValues);
        Assert.Same(experience.Actions, rollout.Actions);
        Assert.Same(experience.Rewards, rollout.Rewards);
        Assert.Same(experience.Live, rollout.Live);
        Assert.Equal([Steps, Boards, 4], rollout.Logits.Shape);
        Assert.Equal([Steps + 1, Boards], rollout.Values.Shape);
        for (int t = 0; t <= Steps; t++)
        {
            var output = s_network.Apply(parameters, experience.Observations[t]);
            Close.All(output.Values.ToDoubles(), rollout.Values[t].ToDoubles(), 1e-14);
            if (t < Steps)
                Close.All(output.Logits.ToDoubles(), rollout.Logits[t].ToDoubles(), 1e-14);
        }
    }

    [Theory]
    [InlineData(false, 0.7)]
    [InlineData(true, 0.7)]
    [InlineData(true, 0.0)]
    [InlineData(true, 1.0)]
    public void ReturnsGoOnBeyondTheStepLimitIfAskedTo(bool bootstrap, double lambda)
    {
        const double Gamma = 0.9;
        var network = new ActorCritic(s_snake.ObservationShape, 4, channels: 3, units: 5, headUnits: 4, outerValueHead: true);
        Tensor[] parameters = [.. network.Initialise(Key.Of(5), ElementType.Float64).Select(p => p + 0.05)];
        var experience = Experience.Collect(s_snake, network, parameters, s_snake.Reset(Keys()), Keys(), Steps).Experience;
        var rollout = experience.Evaluate(network, parameters, bootstrap);
        Assert.Equal(bootstrap, rollout.TimeOutValues is not null);
        Assert.Equal(bootstrap, rollout.OuterTimeOutValues is not null);
        double[] timedOut = experience.TimedOut.ToDoubles(), r = experience.Rewards.ToDoubles(), live = experience.Live.ToDoubles();
        Assert.Contains(1, timedOut);
        Assert.True(live.Count(x => x == 0) > timedOut.Count(x => x == 1));

        // Half the mean squared error to returns told plainly, for both heads.
        double Expected(Func<ActorCriticOutput, Tensor> head)
        {
            double total = 0;
            double[][] v = [.. Enumerable.Range(0, Steps + 1).Select(t => Of(experience.Observations[t]))];
            double[][] final = [.. Enumerable.Range(0, Steps).Select(t => Of(experience.FinalObservations[t]))];
            for (int i = 0; i < Boards; i++)
            {
                double g = v[Steps][i];
                for (int t = Steps - 1; t >= 0; t--)
                {
                    int at = (t * Boards) + i;
                    if (timedOut[at] == 1 && bootstrap)
                        g = r[at] + (Gamma * final[t][i]);
                    else if (live[at] == 0)
                        g = r[at];
                    else
                        g = r[at] + (Gamma * (((1 - lambda) * v[t + 1][i]) + (lambda * g)));
                    total += (g - v[t][i]) * (g - v[t][i]);
                }
            }

            return total / (2 * Steps * Boards);

            double[] Of(Tensor seen) => head(network.Apply(parameters, seen)).ToDoubles();
        }

        var coefficients = new A2CCoefficients(Number(Gamma), Number(lambda), Number(0.5), Number(0.01));
        Assert.Equal(Expected(output => output.Values), A2C.Terms(rollout, coefficients).Critic.Item(), 1e-13);
        Assert.Equal(Expected(output => output.OuterValues!), A2C.OuterCriticLoss(rollout, Gamma, lambda).Item(), 1e-13);

        static Tensor Number(double value) => Tensor.From([value], []);
    }

    public void Dispose() => _scope.Dispose();

    private static Tensor[] All(Experience experience)
        => [
            experience.Observations, experience.FinalObservations, experience.Actions, experience.Rewards, experience.Live,
            experience.TimedOut,
        ];

    private static double[][] Values(Experience experience) => [.. All(experience).Select(x => x.ToDoubles())];

    private static Key Keys(int seed = 4, int iteration = 0) => Key.Of(seed).Fold(iteration).Split(Boards);

    // Weights larger than first ones, for a policy that is not uniform.
    private static Tensor[] Parameters(ElementType type = ElementType.Float32)
        => [.. s_network.Initialise(Key.Of(5), type).Select(p => p * 2)];

    private static (Experience Experience, Tensor[] State) Collect(
        int steps, Tensor[]? parameters = null, ElementType type = ElementType.Float32)
        => Experience.Collect(s_snake, s_network, parameters ?? Parameters(type), s_snake.Reset(Keys()), Keys(), steps);
}
