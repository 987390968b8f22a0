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
        var state = snake.ResetAll(Keys(500));
        double[] planes = snake.ObserveAll(state).ToDoubles();
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
        double[][] boards = [.. snake.ObserveAll(snake.ResetAll(Keys(Boards))).ToDoubles().Chunk(30)];
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
        var state = snake.ResetAll(keys.Fold(0));
        double[] returns = new double[Boards];
        bool[] ended = new bool[Boards];
        Assert.Equal(3, snake.MaximumReturn);

        // Round and round: right, down, left, up, from wherever the head is.
        for (int step = 1; step <= 16; step++)
        {
            double[] heads = snake.ObserveAll(state)[.., .., .., 1].ToDoubles();
            int[] actions = [.. heads.Chunk(4).Select(board => (int[])[Snake.Right, Snake.Down, Snake.Up, Snake.Left]).Zip(
                heads.Chunk(4), (around, board) => around[Array.IndexOf(board, 1)])];
            var moved = snake.StepAll(state, Tensor.From(actions), keys.Fold(step));
            double[] rewards = moved.Reward.ToDoubles(), ends = moved.Terminated.ToDoubles(), truncated = moved.Truncated.ToDoubles();
            double[][] finals = [.. moved.FinalObservation.ToDoubles().Chunk(20)];
            for (int i = 0; i < Boards; i++)
            {
                returns[i] += ended[i] ? 0 : rewards[i];
                if (ends[i] == 0)
                    continue;

                // The last fruit pays; the board is full and has no fruit.
                Assert.Equal((1, 0), (rewards[i], truncated[i]));
                Assert.All(finals[i].Chunk(5), cell => Assert.Equal((1, 0), (cell[0], cell[Fruit])));
                ended[i] = true;
            }

            state = moved.State;
        }

        Assert.All(ended, Assert.True);
        Assert.All(returns, value => Assert.Equal(3, value));
    }

    [Fact]
    public void TheStepLimitTruncatesTheEpisode()
    {
        var snake = new Snake(2, 2);
        Assert.Equal(5000, snake.StepLimit);
        Assert.Equal((0, 0, 0), Outcome(Step(snake, SnakePosition.Of(snake, [0], 3, steps: 4998), Snake.Right)));
        var last = Step(snake, SnakePosition.Of(snake, [0], 3, steps: 4999), Snake.Right);
        Assert.Equal((0, 0, 1), Outcome(last));
        Assert.Equal([1], SnakePosition.Body(last.FinalObservation));

        // A fruit eaten then still pays and the next one is seen; another end comes before the limit.
        var eaten = Step(snake, SnakePosition.Of(snake, [0], 1, steps: 4999), Snake.Right);
        Assert.Equal((1, 0, 1), Outcome(eaten));
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
            bool top = SnakePosition.Body(snake.ObserveAll(state))[0] < 2;
            var moved = Step(snake, state, top ? Snake.Down : Snake.Up);
            Assert.Equal((0, step == 3 ? 1 : 0), (Outcome(moved).Terminated, Outcome(moved).Truncated));
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
            snake.ObserveAll(snake.ResetAll(keys)).ToDoubles(),
            snake.StepAll(state, up, keys).Observation.ToDoubles(),
            snake.StepAll(state, up, Keys(Boards).Fold(2)).Observation.ToDoubles(),
            snake.StepAll(state, up, Keys(Boards, iteration: 1).Fold(1)).Observation.ToDoubles(),
            snake.StepAll(state, up, Keys(Boards, seed: 1).Fold(1)).Observation.ToDoubles(),
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
        var seen = snake.ObserveAll(SnakePosition.Of(snake, [4, 1, 0, 3], 2));
        Assert.Equal([1, 2, 3, 5], seen.Shape);
        Assert.Equal([1, 1, 0, 1, 1, 0], SnakePosition.Plane(seen, 0));
        Assert.Equal([0, 0, 0, 0, 1, 0], SnakePosition.Plane(seen, 1));
        Assert.Equal([0, 0, 0, 1, 0, 0], SnakePosition.Plane(seen, 2));
        Assert.Equal([0, 0, 1, 0, 0, 0], SnakePosition.Plane(seen, 3));
        Assert.Equal([0.5, 0.75, 0, 0.25, 1, 0], SnakePosition.Plane(seen, 4));
    }

    // Numbers of one key serve for the episode that begins, the fruit that is eaten and the episode that follows.
    [Fact]
    public void FruitsAndStartsOfOneKeyAreIndependent()
    {
        const int Boards = 1000;
        var snake = new Snake(4, 4, stepLimit: 21);
        var state = SnakePosition.Of(snake, [5], 9, boards: Boards);
        var moved = Step(snake, state, Snake.Down, Boards);
        Assert.All(moved.Truncated.ToDoubles(), truncated => Assert.Equal(1, truncated));
        int[] eaten = Find(moved.FinalObservation, Fruit), again = Find(moved.Observation, Fruit), heads = Find(moved.Observation, 1);
        var first = snake.ObserveAll(snake.ResetAll(Keys(Boards)));
        int[][] numbers = [eaten, again, heads, Find(first, Fruit), Find(first, 1)];
        for (int i = 0; i < numbers.Length; i++)
        {
            // About 1000 / 16 boards have both on one cell, with a standard deviation of 8; head and fruit of a start never.
            for (int j = 0; j < i; j++)
                Assert.InRange(numbers[i].Zip(numbers[j]).Count(pair => pair.First == pair.Second), 0, 110);
        }

        static int[] Find(Tensor observations, int plane)
            => [.. observations[.., .., .., plane].ToDoubles().Chunk(16).Select(board => Array.IndexOf(board, 1))];
    }

    [Fact]
    public void WhatDoesNotFitIsNamed()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Snake(1, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Snake(5, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Snake(5000, 5000));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Snake(stepLimit: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Snake(stepLimit: int.MaxValue));
        var snake = new Snake(2, 3);
        var key = Key.Of(4);
        Tensor state = snake.Reset(key), action = Tensor.Scalar(0, ElementType.Int32);
        Says("SnakeStart: a key is Int32 [4], got Int32 [3]", () => snake.Reset(new Key(Tensor.Zeros([3], ElementType.Int32))));
        Says("SnakeStart: a key is Int32 [4], got Float32 [4]", () => snake.Reset(new Key(Tensor.Zeros([4]))));
        Says("SnakeStep: a key is Int32 [4], got Int32 [3, 4]", () => snake.Step(state, action, Keys(3)));
        Says("SnakeStep: an action is Int32 [], got Float32 []", () => snake.Step(state, Tensor.Scalar(0), key));
        Says("SnakeStep: an action is Int32 [], got Int32 [2]", () => snake.Step(state, Tensor.From(0, 1), key));
        Says("SnakeStep: a state of 6 cells is Int32 [13], got Int32 [16]", () => snake.Step(new Snake(3, 3).Reset(key), action, key));
        Says("SnakeObservation: a state of 6 cells is Int32 [13], got Int32 [16]", () => snake.Observe(new Snake(3, 3).Reset(key)));
        Says("SnakeObservation: a state of 6 cells is Int32 [13], got Float32 [13]", () => snake.Observe(Tensor.Zeros([13])));

        static void Says(string part, Func<object> call) => Assert.Contains(part, Assert.Throws<ArgumentException>(call).Message);
    }

    public void Dispose() => _scope.Dispose();

    private static Key Keys(int boards, int seed = 4, int iteration = 0) => Key.Of(seed).Fold(iteration).Split(boards);

    private static Played<Tensor> Step(Snake snake, Tensor state, int action, int boards = 1)
        => snake.StepAll(state, Tensor.Full(action, [boards], ElementType.Int32), Keys(boards));

    private static (double Reward, double Terminated, double Truncated) Outcome(Played<Tensor> moved)
        => (moved.Reward.Item(), moved.Terminated.Item(), moved.Truncated.Item());
}
