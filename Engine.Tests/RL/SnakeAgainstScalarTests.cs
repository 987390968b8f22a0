using Engine.Core;
using Engine.RL.Environments;
using Engine.Tests.Core;
using Xunit;

namespace Engine.Tests.RL;

public class SnakeAgainstScalarTests
{
    [Theory]
    [InlineData(2, 2, 9)]
    [InlineData(4, 3, 22)]
    [InlineData(12, 12, 50)]
    public void AHundredThousandStepsAreThoseOfThePlainGame(int rows, int columns, int stepLimit)
    {
        const int Boards = 170, Steps = 200, Seed = 11, Iteration = 3;
        using var scope = new TensorScope();
        var snake = new Snake(rows, columns, stepLimit);
        var keys = Key.Of(Seed).Fold(Iteration).Split(Boards);
        var plainKey = PlainKey.Of(Seed).Fold(Iteration);
        ScalarSnake[] plain = [.. Enumerable.Range(0, Boards).Select(i => new ScalarSnake(rows, columns, stepLimit, plainKey.Split(i)))];
        var random = new Random(5);
        var ends = new Dictionary<ScalarSnake.End, int>();
        int longest = 0;

        var state = snake.ResetAll(keys.Fold(0));
        foreach (var each in plain)
            each.Reset(0);
        for (int step = 1; step <= Steps; step++)
        {
            using var inner = new TensorScope();
            int[] actions = [.. plain.Select(each => each.Chase(random))];
            var moved = snake.StepAll(state, Tensor.From(actions), keys.Fold(step));
            float[] rewards = moved.Reward.ToArray<float>(), terminated = moved.Terminated.ToArray<float>();
            float[] truncated = moved.Truncated.ToArray<float>();
            float[] observations = moved.Observation.ToArray<float>(), finals = moved.FinalObservation.ToArray<float>();
            int size = observations.Length / Boards;
            for (int i = 0; i < Boards; i++)
            {
                longest = Math.Max(longest, plain[i].Length);
                var (reward, end, final) = plain[i].Step(actions[i], step);
                ends[end] = ends.GetValueOrDefault(end) + 1;
                Assert.Equal(reward, rewards[i]);
                Assert.Equal(end is ScalarSnake.End.None or ScalarSnake.End.StepLimit ? 0 : 1, terminated[i]);
                Assert.Equal(end == ScalarSnake.End.StepLimit ? 1 : 0, truncated[i]);
                Assert.True(plain[i].Planes().AsSpan().SequenceEqual(observations.AsSpan(i * size, size)), $"board {i}, step {step}");
                Assert.True(final.AsSpan().SequenceEqual(finals.AsSpan(i * size, size)), $"board {i}, end of step {step}");
            }

            // A leaf: the history of a long game is not kept.
            state = inner.Keep(Tensor.From(moved.State.ToArray<int>(), moved.State.Shape));
        }

        // Every end was met; larger boards don't fill up.
        foreach (var end in Enum.GetValues<ScalarSnake.End>())
            Assert.True(ends.ContainsKey(end) || (end == ScalarSnake.End.Full && rows > 2), $"{end} never came");
        Assert.Equal(Boards * Steps, ends.Values.Sum());
        Assert.True(longest >= Math.Min((rows * columns) - 1, 8), $"{longest}");
    }
}
