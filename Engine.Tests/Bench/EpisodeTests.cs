using Engine.Bench.Games;
using Engine.Core;
using Engine.RL.Agents;
using Engine.RL.Environments;
using Engine.Tests.RL;
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
        var all = Evaluation.Play(agent.Environment, agent.Logits, kind, 12, 4);
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
        for (int number = 0; number < 60; number++)
        {
            var agent = new CyclingAgent(new Snake(2, 3, number % 2 == 0 ? 12 : 1000));
            var frames = Episode.Play(agent, number < 30 ? PolicyKind.Greedy : PolicyKind.Sampled, 1, number);
            Assert.Equal(Enumerable.Range(0, frames.Count), frames.Select(frame => frame.Step));
            Assert.Equal((1, 0), (frames[0].Body.Count, frames[0].Return));
            foreach (var (before, after) in frames.Zip(frames.Skip(1)))
            {
                Assert.Equal(SnakeEnd.None, before.End);
                if (after.End == SnakeEnd.Crash)
                {
                    Assert.Equal(before.Body, after.Body);
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

        static int Distance(int a, int b) => Math.Abs((a / 3) - (b / 3)) + Math.Abs((a % 3) - (b % 3));
    }

    [Fact]
    public void APositionIsReadAsItWasSetUp()
    {
        using var scope = new TensorScope();
        var snake = new Snake(3, 3);
        var state = SnakePosition.Of(snake, [4, 5, 2, 1], 8, steps: 17, boards: 2);
        var frame = SnakeFrame.Read(snake, state[0], 1);
        Assert.Equal([4, 5, 2, 1], frame.Body);
        Assert.Equal((3, 3, 8, 17, 3.0, SnakeEnd.None), (frame.Rows, frame.Columns, frame.Fruit, frame.Step, frame.Return, frame.End));
        Assert.Throws<ArgumentException>(() => SnakeFrame.Read(new Snake(3, 4), state[0]));
        Assert.Throws<ArgumentException>(() => SnakePicture.Read(new int[SnakeBoard.Size(4)]));
    }

    private sealed class Chaser(Snake snake) : ITrainedAgent
    {
        public Snake Environment => snake;

        public string Describe => "towards the fruit";

        public Tensor Logits(Tensor observations) => EvaluationTests.Chase(observations) * 4;
    }
}
