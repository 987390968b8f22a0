using Engine.Core;
using Engine.Kernels;
using Engine.RL.Environments;
using Xunit;

namespace Engine.Tests.RL;

public sealed class SnakeTests : IDisposable
{
    private const int Fruit = 3;

    private readonly TensorScope _scope = new();

    [Fact]
    public void EpisodesStartWithLengthOneAndAFruitElsewhere()
    {
        var snake = new Snake(3, 4);
        var state = snake.Reset(Keys(500));
        double[] planes = snake.Observe(state).ToDoubles();
        for (int i = 0; i < 500; i++)
        {
            double[][] cells = [.. planes[(i * 60)..((i + 1) * 60)].Chunk(5)];
            double[] head = Assert.Single(cells, cell => cell[0] != 0);
            Assert.Equal([1, 1, 1, 0, 1], head);
            Assert.Equal([0, 0, 0, 1, 0], Assert.Single(cells, cell => cell[Fruit] != 0));
        }
    }

    [Fact]
    public void StartsAreUniform()
    {
        const int Boards = 40_000;
        var snake = new Snake(2, 3);
        double[][] boards = [.. snake.Observe(snake.Reset(Keys(Boards))).ToDoubles().Chunk(30)];
        var pairs = boards.CountBy(board => (Find(board, 1), Find(board, Fruit))).ToDictionary();

        // 30 pairs of cells; chi-square with 29 degrees of freedom exceeds 67 once in ten thousand.
        Assert.Equal(30, pairs.Count);
        Assert.InRange(pairs.Values.Sum(count => Math.Pow(count - (Boards / 30.0), 2) / (Boards / 30.0)), 0, 67);

        static int Find(double[] board, int plane) => Array.FindIndex([.. board.Chunk(5)], cell => cell[plane] != 0);
    }

    [Fact]
    public void ANewFruitIsUniformOverFreeCells()
    {
        const int Boards = 40_000;
        var snake = new Snake(4, 4);
        var state = SnakePosition.Of(snake, [5, 6, 2, 1, 0, 4], 9, boards: Boards);
        var moved = Step(snake, state, Snake.Down, Boards);
        double[] planes = moved.Observation[.., .., .., Fruit].ToDoubles();
        var counts = planes.Chunk(16).CountBy(board => Array.IndexOf(board, 1)).ToDictionary();

        // Nine cells are free; chi-square with 8 degrees of freedom exceeds 31.8 once in ten thousand.
        Assert.Equal([3, 7, 8, 10, 11, 12, 13, 14, 15], counts.Keys.Order());
        Assert.InRange(counts.Values.Sum(count => Math.Pow(count - (Boards / 9.0), 2) / (Boards / 9.0)), 0, 31.8);
        Assert.Equal(Boards, planes.Sum());
    }

    [Theory]
    [InlineData(Snake.Up, 1)]
    [InlineData(Snake.Right, 5)]
    [InlineData(Snake.Down, 7)]
    [InlineData(Snake.Left, 3)]
    public void ActionsMoveTheHeadAndTheTailFollows(int action, int cell)
    {
        var snake = new Snake(3, 3);
        var moved = Step(snake, SnakePosition.Of(snake, [4], 0), action);
        Assert.Equal([cell], SnakePosition.Body(moved.Observation));
        Assert.Equal([0], SnakePosition.Cells(moved.Observation, Fruit));
        Assert.Equal((0, 0, 0), Outcome(moved));
        Assert.Equal(moved.Observation.ToDoubles(), moved.FinalObservation.ToDoubles());
    }

    [Theory]
    [InlineData(Snake.Up, 1)]
    [InlineData(Snake.Right, 5)]
    [InlineData(Snake.Down, 10)]
    [InlineData(Snake.Left, 3)]
    [InlineData(4, 4)]
    [InlineData(-1, 4)]
    public void LeavingTheBoardEndsTheEpisode(int action, int cell)
    {
        var snake = new Snake(4, 3);
        var moved = Step(snake, SnakePosition.Of(snake, [cell], 0), action);
        Assert.Equal((0, 1, 0), Outcome(moved));
        Assert.Equal([cell], SnakePosition.Body(moved.FinalObservation));
        Assert.Equal([0], SnakePosition.Cells(moved.FinalObservation, Fruit));
    }

    [Fact]
    public void BitingTheBodyEndsTheEpisode()
    {
        // From the middle around the right and upper side to the left one; the cell above the head is not the tail's.
        int[] body = [4, 5, 2, 1, 0, 3];
        var snake = new Snake(3, 3);
        var moved = Step(snake, SnakePosition.Of(snake, body, 8), Snake.Up);
        Assert.Equal((0, 1, 0), Outcome(moved));
        Assert.Equal(body, SnakePosition.Body(moved.FinalObservation));
        Assert.Single(SnakePosition.Body(moved.Observation));
    }

    [Fact]
    public void TheHeadMayEnterTheCellThatTheTailLeaves()
    {
        var snake = new Snake(3, 3);
        var moved = Step(snake, SnakePosition.Of(snake, [0, 1, 4, 3], 8), Snake.Down);
        Assert.Equal((0, 0, 0), Outcome(moved));
        Assert.Equal([3, 0, 1, 4], SnakePosition.Body(moved.Observation));
    }

    [Fact]
    public void TurningBackIsLegalAtLengthTwoOnly()
    {
        var snake = new Snake(2, 4);
        var two = Step(snake, SnakePosition.Of(snake, [1, 2], 7), Snake.Right);
        Assert.Equal((0, 0, 0), Outcome(two));
        Assert.Equal([2, 1], SnakePosition.Body(two.Observation));
        Assert.Equal((0, 1, 0), Outcome(Step(snake, SnakePosition.Of(snake, [1, 2, 3], 7), Snake.Right)));
    }

    [Fact]
    public void AFruitPaysAndTheTailStays()
    {
        var snake = new Snake(3, 3);
        var moved = Step(snake, SnakePosition.Of(snake, [4, 3], 5), Snake.Right);
        Assert.Equal((1, 0, 0), Outcome(moved));
        Assert.Equal([5, 4, 3], SnakePosition.Body(moved.Observation));
        Assert.DoesNotContain(Assert.Single(SnakePosition.Cells(moved.Observation, Fruit)), (int[])[3, 4, 5]);

        // What was paid once is not paid again.
        Assert.Equal((0, 1, 0), Outcome(Step(snake, moved.State, Snake.Right)));
    }

    [Fact]
    public void TwoByTwoPlayedToItsEndPaysThree()
    {
        const int Boards = 100;
        var snake = new Snake(2, 2);
        var keys = Keys(Boards);
        var state = snake.Reset(keys.Fold(0));
        double[] returns = new double[Boards];
        bool[] ended = new bool[Boards];
        Assert.Equal(3, snake.MaximumReturn);

        // Round and round: right, down, left, up, from wherever the head is.
        for (int step = 1; step <= 16; step++)
        {
            double[] heads = snake.Observe(state)[.., .., .., 1].ToDoubles();
            int[] actions = [.. heads.Chunk(4).Select(board => (int[])[Snake.Right, Snake.Down, Snake.Up, Snake.Left]).Zip(
                heads.Chunk(4), (around, board) => around[Array.IndexOf(board, 1)])];
            var moved = snake.Step(state, Tensor.From(actions), keys.Fold(step));
            double[] rewards = moved.Reward.ToDoubles(), ends = moved.Terminated.ToDoubles(), timedOut = moved.TimedOut.ToDoubles();
            double[][] finals = [.. moved.FinalObservation.ToDoubles().Chunk(20)];
            for (int i = 0; i < Boards; i++)
            {
                returns[i] += ended[i] ? 0 : rewards[i];
                if (ends[i] == 0)
                    continue;

                // The last fruit pays; the board is full and has no fruit.
                Assert.Equal((1, 0), (rewards[i], timedOut[i]));
                Assert.All(finals[i].Chunk(5), cell => Assert.Equal((1, 0), (cell[0], cell[Fruit])));
                ended[i] = true;
            }

            state = moved.State;
        }

        Assert.All(ended, Assert.True);
        Assert.All(returns, value => Assert.Equal(3, value));
    }

    [Fact]
    public void TheStepLimitEndsTheEpisode()
    {
        var snake = new Snake(2, 2);
        Assert.Equal(5000, snake.StepLimit);
        Assert.Equal((0, 0, 0), Outcome(Step(snake, SnakePosition.Of(snake, [0], 3, steps: 4998), Snake.Right)));
        var last = Step(snake, SnakePosition.Of(snake, [0], 3, steps: 4999), Snake.Right);
        Assert.Equal((0, 1, 1), Outcome(last));
        Assert.Equal([1], SnakePosition.Body(last.FinalObservation));

        // A fruit eaten then still pays and the next one is seen; another end comes before the limit.
        var eaten = Step(snake, SnakePosition.Of(snake, [0], 1, steps: 4999), Snake.Right);
        Assert.Equal((1, 1, 1), Outcome(eaten));
        Assert.Single(SnakePosition.Cells(eaten.FinalObservation, Fruit));
        Assert.Equal((1, 1, 0), Outcome(Step(snake, SnakePosition.Of(snake, [2, 3, 1], 0, steps: 4999), Snake.Up)));
        Assert.Equal((0, 1, 0), Outcome(Step(snake, SnakePosition.Of(snake, [0], 3, steps: 4999), Snake.Up)));
    }

    [Fact]
    public void StepsAreCountedAnewInEachEpisode()
    {
        var snake = new Snake(2, 2, stepLimit: 3);
        var state = SnakePosition.Of(snake, [0], 3, steps: 2);
        state = Step(snake, state, Snake.Up).State;
        for (int step = 1; step <= 3; step++)
        {
            // Between two cells of a column, which may hold the fruit.
            bool top = SnakePosition.Body(snake.Observe(state))[0] < 2;
            var moved = Step(snake, state, top ? Snake.Down : Snake.Up);
            Assert.Equal(step == 3 ? 1 : 0, Outcome(moved).Terminated);
            state = moved.State;
        }
    }

    [Fact]
    public void NewEpisodesUseFreshRandomness()
    {
        const int Boards = 200;
        var snake = new Snake(12, 12);
        var keys = Keys(Boards).Fold(1);
        var up = Tensor.Full(Snake.Up, [Boards], ElementType.Int32);
        var state = SnakePosition.Of(snake, [3], 20, boards: Boards);
        double[][] starts =
        [
            snake.Observe(snake.Reset(keys)).ToDoubles(),
            snake.Step(state, up, keys).Observation.ToDoubles(),
            snake.Step(state, up, Keys(Boards).Fold(2)).Observation.ToDoubles(),
            snake.Step(state, up, Keys(Boards, iteration: 1).Fold(1)).Observation.ToDoubles(),
            snake.Step(state, up, Keys(Boards, seed: 1).Fold(1)).Observation.ToDoubles(),
        ];
        for (int i = 0; i < starts.Length; i++)
        {
            for (int j = 0; j < i; j++)
            {
                // Two independent starts are the same once in 144 * 143.
                int same = starts[i].Chunk(720).Zip(starts[j].Chunk(720)).Count(pair => pair.First.SequenceEqual(pair.Second));
                Assert.InRange(same, 0, 2);
            }
        }
    }

    [Fact]
    public void ObservationsHaveFivePlanes()
    {
        var snake = new Snake(2, 3);
        Assert.Equal([2, 3, 5], snake.ObservationShape);
        Assert.Equal(4, snake.ActionCount);
        var seen = snake.Observe(SnakePosition.Of(snake, [4, 1, 0, 3], 2));
        Assert.Equal([1, 2, 3, 5], seen.Shape);
        Assert.Equal([1, 1, 0, 1, 1, 0], SnakePosition.Plane(seen, 0));
        Assert.Equal([0, 0, 0, 0, 1, 0], SnakePosition.Plane(seen, 1));
        Assert.Equal([0, 0, 0, 1, 0, 0], SnakePosition.Plane(seen, 2));
        Assert.Equal([0, 0, 1, 0, 0, 0], SnakePosition.Plane(seen, 3));
        Assert.Equal([0.5, 0.75, 0, 0.25, 1, 0], SnakePosition.Plane(seen, 4));
    }

    [Fact]
    public void ResultsDoNotDependOnTheNumberOfEnvironments()
    {
        const int Boards = 300;
        int[] sizes = [1, 7, 292];
        var together = Play(Keys(Boards), 0, Boards);
        var apart = new List<double>[together.Length];
        int start = 0;
        foreach (int size in sizes)
        {
            var part = Play(Keys(Boards)[start..(start + size)], start, size);
            for (int i = 0; i < part.Length; i++)
                (apart[i] ??= []).AddRange(part[i]);
            start += size;
        }

        for (int i = 0; i < together.Length; i++)
            Assert.Equal(together[i], apart[i]);

        static double[][] Play(Key keys, int first, int count)
        {
            var snake = new Snake(5, 4);
            var state = snake.Reset(keys.Fold(0));
            var seen = new List<double[]>();
            for (int step = 1; step <= 40; step++)
            {
                int[] actions = [.. Enumerable.Range(first, count).Select(i => new Random((1000 * i) + step).Next(4))];
                var moved = snake.Step(state, Tensor.From(actions), keys.Fold(step));
                Tensor[] results = [moved.Observation, moved.FinalObservation, moved.Reward, moved.Terminated];
                seen.AddRange(results.Select(result => result.ToDoubles()));
                state = moved.State;
            }

            return [.. seen];
        }
    }

    [Fact]
    public void GoingOnFromASnapshotRepeatsTheGame()
    {
        const int Boards = 50;
        var snake = new Snake(4, 4);
        var keys = Keys(Boards);
        var snapshot = Play(snake.Reset(keys.Fold(0)), 1, 20).State;
        int[] before = snapshot[0].ToArray<int>();
        var first = Play(snapshot, 21, 30);
        var second = Play(snapshot, 21, 30);
        Assert.Equal(first.State[0].ToArray<int>(), second.State[0].ToArray<int>());
        Assert.Equal(first.Observation.ToDoubles(), second.Observation.ToDoubles());
        Assert.Equal(before, snapshot[0].ToArray<int>());

        EnvironmentStep Play(Tensor[] state, int from, int steps)
        {
            EnvironmentStep? moved = null;
            for (int step = from; step < from + steps; step++)
            {
                int[] actions = [.. Enumerable.Range(0, Boards).Select(i => (i + (step * step)) % 4)];
                moved = snake.Step(state, Tensor.From(actions), keys.Fold(step));
                state = moved.State;
            }

            return moved!;
        }
    }

    [Fact]
    public void ARecordedStepIsTheSame()
    {
        const int Boards = 40;
        var snake = new Snake(3, 4);
        using var program = new TensorProgram<(Tensor[] State, Tensor Actions, Key Keys), Tensor[]>(x =>
        {
            var moved = snake.Step(x.State, x.Actions, x.Keys.Fold(7));
            return [.. moved.State, moved.Reward, moved.Terminated, moved.TimedOut, moved.Observation, moved.FinalObservation];
        });
        var state = snake.Reset(Keys(Boards));
        for (int run = 0; run < 12; run++)
        {
            // The keys are an input, so replays draw fresh numbers.
            var keys = Keys(Boards, iteration: run);
            var actions = Tensor.From([.. Enumerable.Range(0, Boards).Select(i => (i + run) % 4)], [Boards]);
            var moved = snake.Step(state, actions, keys.Fold(7));
            Tensor[] eager = [.. moved.State, moved.Reward, moved.Terminated, moved.TimedOut, moved.Observation, moved.FinalObservation];
            var replayed = program.Run((state, actions, keys));
            for (int i = 0; i < eager.Length; i++)
                Assert.Equal(eager[i].ToDoubles(), replayed[i].ToDoubles());
            state = [replayed[0]];
        }
    }

    [Fact]
    public void ABatchMayBeEmpty()
    {
        var snake = new Snake();
        var moved = snake.Step(snake.Reset(Keys(0)), Tensor.Zeros([0], ElementType.Int32), Keys(0));
        Assert.Equal([0, 12, 12, 5], moved.Observation.Shape);
    }

    [Fact]
    public void WhatDoesNotFitIsNamed()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Snake(1, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Snake(5, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Snake(5000, 5000));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Snake(stepLimit: 0));
        var snake = new Snake(2, 3);
        var keys = Keys(2);
        var state = snake.Reset(keys);
        var actions = Tensor.From(0, 1);
        Says("SnakeStart: a key for each environment is Int32 [n, 4], got Int32 [4]: see Key.Split", () => snake.Reset(Key.Of(1)));
        Says("SnakeStart: a key for each environment is Int32 [n, 4], got Int32 [2, 3]",
            () => snake.Reset(new Key(Tensor.Zeros([2, 3], ElementType.Int32))));
        Says("SnakeMove: a key for each environment is Int32 [2, 4], got Int32 [3, 4]", () => snake.Step(state, actions, Keys(3)));
        Says("actions of 2 environments are Int32 [2], got Float32 [2]", () => snake.Step(state, Tensor.From(0f, 1), keys));
        Says("SnakeObservation: a state of 6 cells is Int32 [n, 13]", () => snake.Observe(new Snake(3, 3).Reset(keys)));
        Says("Snake: a state is one tensor, got 2", () => snake.Observe([.. state, .. state]));

        static void Says(string part, Func<object> call) => Assert.Contains(part, Assert.Throws<ArgumentException>(call).Message);
    }

    public void Dispose() => _scope.Dispose();

    private static Key Keys(int boards, int seed = 4, int iteration = 0) => Key.Of(seed).Fold(iteration).Split(boards);

    private static EnvironmentStep Step(Snake snake, Tensor[] state, int action, int boards = 1)
        => snake.Step(state, Tensor.Full(action, [boards], ElementType.Int32), Keys(boards));

    private static (double Reward, double Terminated, double TimedOut) Outcome(EnvironmentStep moved)
        => (moved.Reward.Item(), moved.Terminated.Item(), moved.TimedOut.Item());
}
