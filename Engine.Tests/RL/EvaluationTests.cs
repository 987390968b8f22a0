using Engine.Core;
using Engine.Kernels;
using Engine.RL.Agents;
using Engine.RL.Environments;
using Xunit;

namespace Engine.Tests.RL;

public sealed class EvaluationTests : IDisposable
{
    private static readonly int[] s_lengths = [3, 1, 40, 7, 65, 2];

    private readonly TensorScope _scope = new();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(32)]
    [InlineData(1000)]
    public void FirstEpisodesCountWhole(int chunk)
    {
        var result = Evaluation.Play(new Countdown(s_lengths), _ => throw new InvalidOperationException(), PolicyKind.Random, 6, 0, chunk);
        Assert.Equal(s_lengths, result.Lengths);

        // Step t pays t: 1 + 2 + ... + length.
        Assert.Equal(s_lengths.Select(length => length * (length + 1) / 2.0), result.Returns);
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
        const int Episodes = 40, Seed = 9;
        var snake = new Snake(5, 6, 60);
        var result = Evaluation.Play(snake, Chase, PolicyKind.Greedy, Episodes, Seed, chunk: 7);

        var keys = FreshEpisodes.Keys(Seed, 0, Episodes, Device.Cpu);
        var state = snake.Reset(keys.Fold(0));
        double[] returns = new double[Episodes];
        int[] lengths = new int[Episodes];
        bool[] ended = new bool[Episodes];
        for (int t = 1; !ended.All(x => x); t++)
        {
            var step = snake.Step(state, Chase(snake.Observe(state)).ArgMax(-1), keys.Fold(t).Fold(1));
            float[] rewards = step.Reward.ToArray<float>(), ends = step.Terminated.ToArray<float>();
            for (int i = 0; i < Episodes; i++)
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
    public void SeedAloneDecides(PolicyKind kind)
    {
        var snake = new Snake(4, 4, 50);
        var some = Play(20, 1, 32);
        Assert.Equal(some.Returns, Play(20, 1, 5).Returns);
        Assert.Equal(some.Lengths, Play(20, 1, 5).Lengths);
        Assert.Equal(some.Lengths, Play(33, 1, 32).Lengths.Take(20));
        Assert.NotEqual(some.Lengths, Play(20, 2, 32).Lengths);

        EpisodeStatistics Play(int episodes, int seed, int chunk)
            => Evaluation.Play(snake, x => Chase(x) * 2, kind, episodes, seed, chunk);
    }

    [Fact]
    public void GreedyLoopEndsAtTheStepLimit()
    {
        // Right at even columns, left at odd ones: to and fro, for ever but for the limit.
        var snake = new Snake(2, 2, 25);
        var result = Evaluation.Play(snake, ToAndFro, PolicyKind.Greedy, 50, 0);
        Assert.InRange(result.Lengths.Max(), 25, 25);

        static Tensor ToAndFro(Tensor x)
        {
            var odd = x[.., .., 1, 1].Sum(1);
            return Tensor.Stack(1, odd * 0, 1 - odd, odd * 0, odd);
        }
    }

    [Fact]
    public void SampledPolicyFollowsItsProbabilities()
    {
        // An episode of one step, whose reward is the action.
        var result = Evaluation.Play(new Echo(), Quarter, PolicyKind.Sampled, 40_000, 3);
        var greedy = Evaluation.Play(new Echo(), Quarter, PolicyKind.Greedy, 10, 3);
        var random = Evaluation.Play(new Echo(), Quarter, PolicyKind.Random, 40_000, 3);
        Assert.InRange(result.Mean, 0.24, 0.26);
        Assert.InRange(random.Mean, 0.49, 0.51);
        Assert.Equal(0, greedy.Mean);

        static Tensor Quarter(Tensor x) => Tensor.From([MathF.Log(3), 0f], [1, 2]).BroadcastTo([x.Shape[0], 2]);
    }

    [Fact]
    public void LogitsOfAnotherShapeAreNamed()
    {
        var e = Assert.Throws<ArgumentException>(() => Evaluation.Play(new Snake(4, 4), x => x, PolicyKind.Greedy, 3, 0));
        Assert.Contains("[3, 4]", e.Message);
    }

    [Fact]
    public void StopsWhenAskedTo()
    {
        using var source = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => Evaluation.Play(
            new Snake(2, 2), x => Chase(x), PolicyKind.Sampled, 3, 0, 1, progress: _ => source.Cancel(), cancel: source.Token));
    }

    [Fact]
    public void NothingIsLeftBehind()
    {
        using var device = Device.Open("cpu", 1);
        Evaluation.Play(new Snake(4, 4, 20), _ => throw new InvalidOperationException(), PolicyKind.Random, 5, 0, device: device);
        Assert.Equal(0, device.Pool.LiveBlocks);
    }

    /// <summary>Logits that lead towards the fruit: rows first.</summary>
    internal static Tensor Chase(Tensor x)
    {
        var (rows, columns) = (x.Shape[1], x.Shape[2]);
        var row = Place(1, 0) - Place(3, 0);
        var column = Place(1, 1) - Place(3, 1);
        return Tensor.Stack(1, row, column * -0.1, -row, column * 0.1);

        Tensor Place(int plane, int axis)
            => (x[.., .., .., plane].Sum(axis == 0 ? 2 : 1) * Tensor.Range(axis == 0 ? rows : columns)).Sum(1);
    }

    // Environment i has episodes of given lengths; its t-th step pays t.
    private sealed class Countdown(int[] lengths) : IEnvironment
    {
        public Shape ObservationShape => [1];

        public int ActionCount => 2;

        public Tensor[] Reset(Key key) => [Tensor.Zeros(key.Shape)];

        public Tensor Observe(Tensor[] state) => state[0].Unsqueeze(1);

        public EnvironmentStep Step(Tensor[] state, Tensor actions, Key key)
        {
            var moved = state[0] + 1;
            var ended = moved >= Tensor.From([.. lengths.Select(x => (float)x)], [lengths.Length]);
            Tensor[] next = [moved * (1 - ended)];
            return new EnvironmentStep(next, moved, ended, ended * 0, Observe(next), Observe([moved]));
        }
    }

    private sealed class Echo : IEnvironment
    {
        public Shape ObservationShape => [1];

        public int ActionCount => 2;

        public Tensor[] Reset(Key key) => [Tensor.Zeros(key.Shape)];

        public Tensor Observe(Tensor[] state) => state[0].Unsqueeze(1);

        public EnvironmentStep Step(Tensor[] state, Tensor actions, Key key)
            => new(state, actions.Cast(ElementType.Float32), state[0] + 1, state[0], Observe(state), Observe(state));
    }
}
