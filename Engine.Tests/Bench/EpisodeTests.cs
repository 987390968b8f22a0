using Engine.Bench.Games;
using Engine.Core;
using Engine.RL.Agents;
using Engine.RL.Environments;
using Xunit;

namespace Engine.Tests.Bench;

public class EpisodeTests
{
    [Theory]
    [InlineData(PolicyKind.Sampled)]
    [InlineData(PolicyKind.Greedy)]
    [InlineData(PolicyKind.Random)]
    public void AnEpisodeIsTheOneThatEvaluationPlays(PolicyKind kind)
    {
        var agent = new Chaser(new Snake(5, 4, 150));
        var all = Episodes.Play(agent.Environment, agent.Logits, kind, 12, 4);
        for (int i = 0; i < 12; i++)
        {
            var frames = Episode.Play(agent, kind, 4, i);
            Assert.Equal((all.Returns[i], all.Lengths[i]), (frames[^1].Return, frames[^1].Step));
            Assert.Equal(frames.Count - 1, frames[^1].Step);
        }
    }

    [Fact]
    public void FramesFollowTheRules()
    {
        var ends = new HashSet<SnakeEnd>();
        var losses = new HashSet<string>();
        for (int number = 0; number < 60; number++)
        {
            var agent = new CyclingAgent(new Snake(2, 3, number % 2 == 0 ? 12 : 1000));
            var kind = number < 30 ? PolicyKind.Greedy : PolicyKind.Sampled;
            SnakeFrame[] frames = [.. Episode.Play(agent, kind, 1, number).Cast<SnakeFrame>()];
            Assert.Equal(Enumerable.Range(0, frames.Length), frames.Select(frame => frame.Step));
            Assert.Equal((1, 0), (frames[0].Body.Count, frames[0].Return));
            foreach (var (before, after) in frames.Zip(frames.Skip(1)))
            {
                Assert.Equal(SnakeEnd.None, before.End);
                if (after.End == SnakeEnd.Crash)
                {
                    // Nothing moves, and what the head ran into is beside it: a wall, or a cell that the tail has not left.
                    Assert.Equal(before.Body, after.Body);
                    var (row, column) = after.Struck!.Value;
                    Assert.Equal(1, Math.Abs(row - (after.Body[0] / 3)) + Math.Abs(column - (after.Body[0] % 3)));
                    Assert.Equal(after.HasBitten, row is >= 0 and < 2 && column is >= 0 and < 3);
                    Assert.True(!after.HasBitten || after.Body.SkipLast(1).Contains((row * 3) + column));
                    losses.Add(after.Outcome);
                    continue;
                }

                Assert.Equal(1, Distance(before.Body[0], after.Body[0]));
                bool ate = after.Body[0] == before.Fruit;
                Assert.Equal(before.Return + (ate ? 1 : 0), after.Return);
                Assert.Equal(ate ? before.Body : before.Body.SkipLast(1), after.Body.Skip(1));
                Assert.DoesNotContain(after.Fruit ?? -1, after.Body);
            }

            ends.Add(frames[^1].End);
            Assert.Equal(frames[^1].End == SnakeEnd.Full, frames[^1].Fruit is null);
        }

        Assert.Equal([SnakeEnd.Crash, SnakeEnd.Full, SnakeEnd.StepLimit], ends.Order());
        Assert.Equal(["bit itself", "hit the wall"], losses.Order());

        static int Distance(int a, int b) => Math.Abs((a / 3) - (b / 3)) + Math.Abs((a % 3) - (b % 3));
    }

    [Fact]
    public void APositionIsReadAsItWasSetUp()
    {
        var snake = new Snake(3, 3);

        // Clock, head, length, fruit, the last step's reward and ends, and when the head came to each cell.
        int[] board = [18, 4, 4, 8, 0, 0, 0, 0, 15, 16, 0, 18, 17, 0, 0, 0];
        using var state = Tensor.From(board, [board.Length]);
        var frame = (SnakeFrame)GameFrame.Read(new Moment(AnyEnvironment.Of(snake), state, Snake.Up, 17, 3, false, false));
        Assert.Equal([4, 5, 2, 1], frame.Body);
        Assert.Equal((3, 3, 8, 17, 3.0, SnakeEnd.None), (frame.Rows, frame.Columns, frame.Fruit, frame.Step, frame.Return, frame.End));
        Assert.Throws<ArgumentException>(() => SnakePicture.Read(new int[SnakeBoard.Size(4)]));
    }

    // Towards the fruit more likely than away from it.
    private sealed class Chaser(Snake snake) : ITrainedAgent
    {
        public IEnvironment<object> Environment { get; } = AnyEnvironment.Of(snake);

        public string Describe => "towards the fruit";

        public Tensor Logits(Tensor observation)
        {
            var (down, right) = (Ahead(1), Ahead(0));
            return Tensor.Stack(0, -down, right, down, -right) * 4;

            // How far the fruit lies behind the head: along rows after columns are summed away, or along columns.
            Tensor Ahead(int summed)
            {
                var along = observation[.., .., 3].Sum(summed) - observation[.., .., 1].Sum(summed);
                return (along * Tensor.Range(along.Count)).Sum();
            }
        }
    }
}
