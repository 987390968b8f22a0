using Engine.Core;
using Engine.Kernels;
using Engine.RL.Environments;
using Engine.Tests.Core;
using Xunit;

namespace Engine.Tests.RL;

public sealed class CatchTests : IDisposable
{
    private readonly TensorScope _scope = new();

    [Fact]
    public void EpisodesStartWithTheBallAboveAndThePaddleInTheMiddle()
    {
        var game = new Catch();
        Assert.Equal([10, 5, 1], game.ObservationShape);
        Assert.Equal(3, game.ActionCount);
        var seen = game.ObserveAll(game.ResetAll(Keys(200)));
        Assert.Equal([200, 10, 5, 1], seen.Shape);
        Assert.Equal(ElementType.Float32, seen.Type);
        foreach (double[] board in seen.ToDoubles().Chunk(50))
        {
            Assert.Equal(2, board.Sum());
            Assert.Equal(1, board[..5].Max());
            Assert.Equal([0, 0, 1, 0, 0], board[45..]);
        }
    }

    [Fact]
    public void StartColumnsAreUniform()
    {
        const int Boards = 40_000;
        var game = new Catch(rows: 2);
        var keys = Keys(Boards);
        var start = game.ResetAll(keys);

        // Chi-square with 4 degrees of freedom exceeds 23.5 once in ten thousand. In the second test, new episodes follow old ones.
        var again = game.StepAll(start, All(Catch.Stay, Boards), keys).State;
        int[] first = start.Column.ToArray<int>(), second = again.Column.ToArray<int>();
        Assert.InRange(ChiSquare(first, 5), 0, 23.5);
        Assert.InRange(ChiSquare(second, 5), 0, 23.5);

        // Nor does the second column depend on the first: 24 degrees of freedom, 58.6.
        Assert.InRange(ChiSquare([.. first.Zip(second, (a, b) => (a * 5) + b)], 25), 0, 58.6);

        static double ChiSquare(int[] found, int values)
        {
            double expected = (double)found.Length / values;
            Assert.All(found, value => Assert.InRange(value, 0, values - 1));
            return Enumerable.Range(0, values).Sum(value => Math.Pow(found.Count(x => x == value) - expected, 2) / expected);
        }
    }

    [Theory]
    [InlineData(1, Catch.Left, 1)]
    [InlineData(2, Catch.Left, -1)]
    [InlineData(2, Catch.Stay, 1)]
    [InlineData(1, Catch.Stay, -1)]
    [InlineData(3, Catch.Right, 1)]
    [InlineData(2, Catch.Right, -1)]
    [InlineData(1, -7, 1)]
    [InlineData(3, 5, 1)]
    public void TheBallIsCaughtByAPaddleThatHasMovedBelowIt(int ball, int action, int reward)
    {
        var game = new Catch(rows: 4);
        var moved = Step(game, State(2, ball, 2), action);
        Assert.Equal((reward, 1, 0), Outcome(moved));

        // The last of the episode is seen: ball and paddle in the bottom row, on one cell if caught.
        Assert.Equal(reward == 1 ? 1 : 2, moved.FinalObservation[0, 3].ToDoubles().Sum());
        Assert.Equal(0, moved.FinalObservation[0, ..3].ToDoubles().Sum());
        Assert.Equal([0, 2], [moved.State.Row.Item(), moved.State.Paddle.Item()]);
        Assert.Equal(game.ObserveAll(moved.State).ToDoubles(), moved.Observation.ToDoubles());
    }

    [Fact]
    public void BeforeTheBottomRowNothingIsPaidAndTheEpisodeGoesOn()
    {
        var game = new Catch(rows: 4);
        var moved = Step(game, State(1, 4, 2), Catch.Left);
        Assert.Equal((0, 0, 0), Outcome(moved));
        Assert.Equal([2, 4, 1], Tree.Leaves(moved.State).Select(part => part.Item()));
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0], moved.Observation.ToDoubles());
        Assert.Equal(moved.Observation.ToDoubles(), moved.FinalObservation.ToDoubles());
    }

    [Theory]
    [InlineData(0, Catch.Left, 0)]
    [InlineData(1, Catch.Left, 0)]
    [InlineData(4, Catch.Right, 4)]
    [InlineData(3, Catch.Right, 4)]
    [InlineData(0, int.MinValue, 0)]
    [InlineData(4, int.MaxValue, 4)]
    public void ThePaddleStopsAtWalls(int paddle, int action, int expected)
        => Assert.Equal(expected, Step(new Catch(), State(0, 2, paddle), action).State.Paddle.Item());

    [Theory]
    [InlineData(2, 1)]
    [InlineData(3, 4)]
    [InlineData(10, 5)]
    public void EpisodesLastOneStepLessThanThereAreRows(int rows, int columns)
    {
        var game = new Catch(rows, columns);
        var keys = Keys(3);
        var state = game.ResetAll(keys);
        for (int step = 1; step <= 3 * (rows - 1); step++)
        {
            var moved = game.StepAll(state, All(Catch.Stay, 3), keys.Fold(step));
            Assert.All(moved.Terminated.ToDoubles(), ended => Assert.Equal(step % (rows - 1) == 0 ? 1 : 0, ended));
            Assert.All(moved.Truncated.ToDoubles(), truncated => Assert.Equal(0, truncated));
            state = moved.State;
        }
    }

    [Fact]
    public void NewEpisodesUseFreshRandomness()
    {
        const int Boards = 1000;
        var game = new Catch(rows: 2);
        var ending = State(0, 0, 0, Boards);
        int[][] starts =
        [
            game.ResetAll(Keys(Boards).Fold(1)).Column.ToArray<int>(),
            Ended(Keys(Boards).Fold(1)),
            Ended(Keys(Boards).Fold(2)),
            Ended(Keys(Boards, iteration: 1).Fold(1)),
            Ended(Keys(Boards, seed: 1).Fold(1)),
        ];
        for (int i = 0; i < starts.Length; i++)
        {
            // Independent columns agree in a fifth of the boards: 200, with a standard deviation of 12.6.
            for (int j = 0; j < i; j++)
                Assert.InRange(starts[i].Zip(starts[j]).Count(pair => pair.First == pair.Second), 140, 260);
        }

        int[] Ended(Key keys) => game.StepAll(ending, All(Catch.Stay, Boards), keys).State.Column.ToArray<int>();
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(5, 8)]
    [InlineData(10, 5)]
    public void ManyStepsAreThoseOfThePlainGame(int rows, int columns)
    {
        const int Boards = 100, Steps = 150, Seed = 11, Iteration = 3;
        var game = new Catch(rows, columns);
        var keys = Keys(Boards, Seed, Iteration);
        Plain[] plain = [.. Enumerable.Range(0, Boards).Select(i => new Plain(rows, columns, PlainKey.Of(Seed).Fold(Iteration).Split(i)))];
        var random = new Random(5);
        int caught = 0, missed = 0;
        var state = game.ResetAll(keys.Fold(0));
        foreach (var each in plain)
            each.Start(step: 0);
        for (int step = 1; step <= Steps; step++)
        {
            using var inner = new TensorScope();
            int[] actions = [.. plain.Select(_ => random.Next(3))];
            var moved = game.StepAll(state, Tensor.From(actions), keys.Fold(step));
            float[] rewards = moved.Reward.ToArray<float>(), ended = moved.Terminated.ToArray<float>();
            float[][] seen = [.. moved.Observation.ToArray<float>().Chunk(rows * columns)];
            float[][] finals = [.. moved.FinalObservation.ToArray<float>().Chunk(rows * columns)];
            for (int i = 0; i < Boards; i++)
            {
                var (reward, end, final) = plain[i].Step(actions[i], step);
                Assert.Equal((reward, end ? 1 : 0), (rewards[i], ended[i]));
                Assert.Equal(final, finals[i]);
                Assert.Equal(plain[i].Cells(), seen[i]);
                caught += reward == 1 ? 1 : 0;
                missed += reward == -1 ? 1 : 0;
            }

            state = inner.Keep(Tree.Map(moved.State, part => Tensor.From(part.ToArray<int>(), part.Shape)));
        }

        Assert.Equal(Boards * (Steps / (rows - 1)), caught + missed);
        Assert.True(caught > 0 && (missed > 0 || columns == 1), $"{caught} caught, {missed} missed");
    }

    [Fact]
    public void BoardsThatAreTooSmallAreErrors()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Catch(rows: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Catch(columns: 0));
    }

    public void Dispose() => _scope.Dispose();

    private static Key Keys(int boards, int seed = 4, int iteration = 0) => Key.Of(seed).Fold(iteration).Split(boards);

    private static Tensor All(int value, int boards) => Tensor.Full(value, [boards], ElementType.Int32);

    private static Catch.State State(int row, int column, int paddle, int boards = 1)
        => new(All(row, boards), All(column, boards), All(paddle, boards));

    private static Played<Catch.State> Step(Catch game, Catch.State state, int action) => game.StepAll(state, All(action, 1), Keys(1));

    private static (double Reward, double Terminated, double Truncated) Outcome(Played<Catch.State> moved)
        => (moved.Reward.Item(), moved.Terminated.Item(), moved.Truncated.Item());

    // The game of one board told plainly. It draws from its own key alone.
    private sealed class Plain(int rows, int columns, PlainKey key)
    {
        private int _row, _column, _paddle;

        public void Start(int step) => Start(key.Fold(step));

        public (float Reward, bool Ended, float[] Final) Step(int action, int step)
        {
            if (action == Catch.Left && _paddle > 0)
                _paddle--;
            if (action == Catch.Right && _paddle < columns - 1)
                _paddle++;
            _row++;
            float[] final = Cells();
            if (_row < rows - 1)
                return (0, false, final);
            float reward = _paddle == _column ? 1 : -1;
            Start(key.Fold(step).Fold(-1));
            return (reward, true, final);
        }

        public float[] Cells()
        {
            float[] cells = new float[rows * columns];
            cells[(_row * columns) + _column] = 1;
            cells[((rows - 1) * columns) + _paddle] = 1;
            return cells;
        }

        private void Start(PlainKey own)
            => (_row, _column, _paddle) = (0, (int)(((ulong)own.Draw(0)[0] * (uint)columns) >> 32), columns / 2);
    }
}
