using Engine.Core;
using Engine.Kernels;
using Engine.RL.Agents;
using Engine.RL.Environments;
using Xunit;

namespace Engine.Tests.RL;

public sealed class EpisodesTests : IDisposable
{
    private readonly TensorScope _scope = new();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(32)]
    [InlineData(1000)]
    public void FirstEpisodesCountWhole(int chunk)
    {
        const int Count = 12, Seed = 5;
        var environment = new Countdown();
        var result = Episodes.Play(environment, Nobody, PolicyKind.Random, Count, Seed, chunk);
        int[] lengths = environment.ResetAll(Episodes.Keys(Seed, 0, Count, Device.Cpu).Fold(0)).Length.ToArray<int>();
        Assert.Equal(lengths, result.Lengths);

        // Step t pays t: 1 + 2 + ... + length. Some episodes come to their end, others are cut off; some last twice as long as others.
        Assert.Equal(lengths.Select(length => length * (length + 1) / 2.0), result.Returns);
        Assert.Equal([0, 1], lengths.Select(length => length % 2).Distinct().Order());
        Assert.True(lengths.Max() > 2 * lengths.Min());
    }

    [Fact]
    public void StatisticsAreThoseOfReturns()
    {
        var result = new EpisodeStatistics([1, 2, 6], [10, 20, 60]);
        Assert.Equal((3, 3, 1, 6, 30), (result.Count, result.Mean, result.Min, result.Max, result.MeanLength));
        Assert.Equal(Math.Sqrt(7.0 / 3), result.StandardError, 12);
        Assert.True(double.IsNaN(new EpisodeStatistics([4], [1]).StandardError));
    }

    [Fact]
    public void SnakeReturnsAreThoseOfSteppingByHand()
    {
        const int Count = 40, Seed = 9;
        var snake = new Snake(5, 6, 60);
        var result = Episodes.Play(snake, Chase, PolicyKind.Greedy, Count, Seed, chunk: 7);

        var keys = Episodes.Keys(Seed, 0, Count, Device.Cpu);
        var state = snake.ResetAll(keys.Fold(0));
        double[] returns = new double[Count];
        int[] lengths = new int[Count];
        bool[] ended = new bool[Count];
        for (int t = 1; !ended.All(x => x); t++)
        {
            var actions = Batch.Map(x => Chase(snake.Observe(x)).ArgMax(-1), state);
            var step = snake.StepAll(state, actions, keys.Fold(t).Fold(1));
            float[] rewards = step.Reward.ToArray<float>(), ends = Tensor.Maximum(step.Terminated, step.Truncated).ToArray<float>();
            for (int i = 0; i < Count; i++)
            {
                returns[i] += ended[i] ? 0 : rewards[i];
                lengths[i] += ended[i] ? 0 : 1;
                ended[i] |= ends[i] != 0;
            }

            state = step.State;
        }

        Assert.Equal(returns, result.Returns);
        Assert.Equal(lengths, result.Lengths);
        Assert.True(result.Mean > 3, $"{result.Mean}");
    }

    [Theory]
    [InlineData(PolicyKind.Sampled)]
    [InlineData(PolicyKind.Greedy)]
    [InlineData(PolicyKind.Random)]
    public void AnEpisodeIsTheSameAlone(PolicyKind kind)
    {
        const int Count = 6, Seed = 2;
        var snake = new Snake(4, 4, 30);
        var all = Episodes.Play(snake, Policy, kind, Count, Seed);
        for (int number = 0; number < Count; number++)
        {
            var episode = Episodes.Keys(Seed, number, 1, Device.Cpu)[0];
            var state = Episodes.Begin(snake, episode);
            var (played, length, isOver) = (0.0, 0, false);
            while (!isOver)
            {
                var time = Tensor.Scalar(++length, ElementType.Int32);
                var (action, step) = Episodes.Step(snake, Policy, kind, state, episode, time);
                Assert.InRange(action.Item(), 0, 3);
                (state, played, isOver) = (step.State, played + step.Reward.Item(), step.Terminated.Item() + step.Truncated.Item() > 0);
            }

            Assert.Equal((all.Returns[number], all.Lengths[number]), (played, length));
        }

        static Tensor Policy(Tensor x) => Chase(x) * 2;
    }

    [Theory]
    [InlineData(PolicyKind.Sampled)]
    [InlineData(PolicyKind.Greedy)]
    [InlineData(PolicyKind.Random)]
    public void SeedAloneDecides(PolicyKind kind)
    {
        var snake = new Snake(4, 4, 50);
        var some = Play(20, 1, 32);
        Assert.Equal(some.Returns, Play(20, 1, 5).Returns);
        Assert.Equal(some.Lengths, Play(20, 1, 5).Lengths);
        Assert.Equal(some.Lengths, Play(33, 1, 32).Lengths.Take(20));
        Assert.NotEqual(some.Lengths, Play(20, 2, 32).Lengths);

        EpisodeStatistics Play(int episodes, int seed, int chunk)
            => Episodes.Play(snake, x => Chase(x) * 2, kind, episodes, seed, chunk);
    }

    [Fact]
    public void GreedyLoopEndsAtTheStepLimit()
    {
        // Right at even columns, left at odd ones: to and fro, for ever but for the limit.
        var snake = new Snake(2, 2, 25);
        var result = Episodes.Play(snake, ToAndFro, PolicyKind.Greedy, 50, 0);
        Assert.InRange(result.Lengths.Max(), 25, 25);

        static Tensor ToAndFro(Tensor x)
        {
            var odd = x[.., 1, 1].Sum();
            return Tensor.Stack(0, odd * 0, 1 - odd, odd * 0, odd);
        }
    }

    [Fact]
    public void SampledPolicyFollowsItsProbabilities()
    {
        // An episode of one step, whose reward is the action.
        var result = Episodes.Play(new Echo(), Quarter, PolicyKind.Sampled, 40_000, 3);
        var greedy = Episodes.Play(new Echo(), Quarter, PolicyKind.Greedy, 10, 3);
        var random = Episodes.Play(new Echo(), Quarter, PolicyKind.Random, 40_000, 3);
        Assert.InRange(result.Mean, 0.24, 0.26);
        Assert.InRange(random.Mean, 0.49, 0.51);
        Assert.Equal(0, greedy.Mean);

        static Tensor Quarter(Tensor x) => Tensor.From(MathF.Log(3), 0f) + (x * 0);
    }

    [Fact]
    public void WhatDoesNotFitIsNamed()
    {
        var e = Assert.Throws<ArgumentException>(() => Episodes.Play(new Snake(4, 4), x => x, PolicyKind.Greedy, 3, 0));
        Assert.Contains("The logits of 4 actions are [4], got [4, 4, 5].", e.Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => Episodes.Play(new Echo(), Nobody, PolicyKind.Random, episodes: 0, seed: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Episodes.Play(new Echo(), Nobody, PolicyKind.Random, 1, 0, chunk: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Episodes.Play(new Echo(), Nobody, (PolicyKind)9, 1, 0));
    }

    [Fact]
    public void StopsWhenAskedTo()
    {
        using var source = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => Episodes.Play(
            new Snake(2, 2), Chase, PolicyKind.Sampled, 3, 0, 1, progress: _ => source.Cancel(), cancel: source.Token));
    }

    [Fact]
    public void NothingIsLeftBehind()
    {
        using var device = Device.Open("cpu", 1);
        Episodes.Play(new Snake(4, 4, 20), Nobody, PolicyKind.Random, 5, 0, device: device);
        Assert.Equal(0, device.Pool.LiveBlocks);
    }

    /// <summary>Logits that lead towards the fruit: rows first.</summary>
    internal static Tensor Chase(Tensor x)
    {
        var row = Place(1, 0) - Place(3, 0);
        var column = Place(1, 1) - Place(3, 1);
        return Tensor.Stack(0, row, column * -0.1, -row, column * 0.1);

        Tensor Place(int plane, int axis) => (x[.., .., plane].Sum(1 - axis) * Tensor.Range(x.Shape[axis])).Sum();
    }

    private static Tensor Nobody(Tensor x) => throw new InvalidOperationException("A random policy asks nobody.");

    // Step t of an episode pays t; even lengths end with a terminal state, odd ones are cut off.
    private sealed class Countdown : IEnvironment<Countdown.State>
    {
        public Shape ObservationShape => [1];

        public int ActionCount => 2;

        public State Reset(Key key)
        {
            var length = Tensor.Integers(key, 1, 67, []);
            return new(Tensor.ZerosLike(length), length);
        }

        public Tensor Observe(State state) => state.Time.Cast(ElementType.Float32).Reshape(1);

        public EnvironmentStep<State> Step(State state, Tensor action, Key key)
        {
            var time = state.Time + 1;
            Tensor ended = (time >= state.Length).Cast(ElementType.Float32), odd = (state.Length % 2).Cast(ElementType.Float32);
            return new(new(time, state.Length), time.Cast(ElementType.Float32), ended * (1 - odd), ended * odd);
        }

        public sealed record State(Tensor Time, Tensor Length);
    }

    // An episode is one step, which pays the number of the action.
    private sealed class Echo : IEnvironment<Tensor>
    {
        public Shape ObservationShape => [1];

        public int ActionCount => 2;

        public Tensor Reset(Key key) => Tensor.Zeros([1], device: key.Device);

        public Tensor Observe(Tensor state) => state;

        public EnvironmentStep<Tensor> Step(Tensor state, Tensor action, Key key)
            => new(state, action.Cast(ElementType.Float32), Tensor.Scalar(1), Tensor.Scalar(0));
    }
}
