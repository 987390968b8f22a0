using Engine.Core;
using Engine.Kernels;
using Engine.RL.Environments;
using Xunit;

namespace Engine.Tests.RL;

public sealed class MazeTests : IDisposable
{
    private const int Up = 0, Right = 1, Down = 2, Left = 3;

    private static readonly string[] s_small =
    [
        "..#..",
        ".....",
        "#.##.",
        "..#..",
        ".....",
    ];

    private static readonly string[] s_uneven =
    [
        "...#..",
        "......",
        "...#..",
        "#.###.",
        "...#..",
        "......",
        "...#..",
    ];

    private static readonly string[] s_usual =
    [
        "....#....",
        "....#....",
        ".........",
        "....#....",
        "##.####.#",
        "....#....",
        "....#....",
        ".........",
        "....#....",
    ];

    private readonly TensorScope _scope = new();

    public static TheoryData<string[]> Pictures => [s_small, s_uneven, s_usual];

    [Theory]
    [MemberData(nameof(Pictures))]
    public void WallsAndDoorsAreWhereTheyAreDrawn(string[] picture)
    {
        var maze = Of(picture);
        Assert.Equal(picture.SelectMany(row => row.Select(cell => cell == '#' ? 1.0 : 0)), Plane(maze.Observe(maze.Reset(Key.Of(1))), 0));
    }

    [Fact]
    public void EveryCellIsReachedFromEveryOtherThroughFourDoors()
    {
        for (int rows = 5; rows <= 14; rows++)
        {
            for (int columns = 5; columns <= 14; columns++)
            {
                var maze = new Maze(rows, columns);
                bool[,] free = new bool[rows, columns];
                double[] walls = Plane(maze.Observe(maze.Reset(Key.Of(1))), 0);
                for (int cell = 0; cell < walls.Length; cell++)
                    free[cell / columns, cell % columns] = walls[cell] == 0;
                Assert.Equal(1, Regions(free));

                // With its doors shut, each of the four rooms is on its own.
                int doors = 0;
                for (int row = 0; row < rows; row++)
                    doors += Shut(free, row, columns / 2);
                for (int column = 0; column < columns; column++)
                    doors += Shut(free, rows / 2, column);
                Assert.Equal((4, 4), (doors, Regions(free)));
            }
        }

        static int Shut(bool[,] free, int row, int column)
        {
            bool isDoor = free[row, column];
            free[row, column] = false;
            return isDoor ? 1 : 0;
        }

        static int Regions(bool[,] free)
        {
            bool[,] left = (bool[,])free.Clone();
            int regions = 0;
            for (int row = 0; row < free.GetLength(0); row++)
            {
                for (int column = 0; column < free.GetLength(1); column++)
                    regions += Fill(left, row, column) ? 1 : 0;
            }

            return regions;
        }

        static bool Fill(bool[,] left, int row, int column)
        {
            if (row < 0 || column < 0 || row >= left.GetLength(0) || column >= left.GetLength(1) || !left[row, column])
                return false;
            left[row, column] = false;
            foreach (var (down, right) in ((int, int)[])[(0, 1), (1, 0), (0, -1), (-1, 0)])
                Fill(left, row + down, column + right);
            return true;
        }
    }

    [Fact]
    public void AllPairsOfStartAndGoalAreEquallyLikely()
    {
        const int Games = 40_000, Free = 20, Pairs = Free * (Free - 1);
        var maze = new Maze(5, 5, stepLimit: 1);
        var keys = Key.Of(3).Split(Games);
        var first = maze.ResetAll(keys);
        var second = maze.StepAll(first, Tensor.Zeros([Games], ElementType.Int32), keys).State;
        foreach (var state in (Maze.State[])[first, second])
        {
            (int Start, int Goal)[] pairs = [.. state.Agent.ToArray<int>().Zip(state.Goal.ToArray<int>())];
            Assert.All(pairs, pair => Assert.True(pair.Start != pair.Goal && IsFree(pair.Start) && IsFree(pair.Goal), $"{pair}"));

            // Chi-square with 379 degrees of freedom exceeds 490 once in ten thousand.
            var counts = pairs.CountBy(pair => pair).ToDictionary();
            Assert.Equal(Pairs, counts.Count);
            double expected = (double)Games / Pairs;
            Assert.InRange(counts.Values.Sum(count => Math.Pow(count - expected, 2) / expected), 0, 490);
        }

        // A new episode does not follow from the one before: one in 380 is the same, 105 with a deviation of 10.
        Assert.InRange(Same(first.Agent, second.Agent, first.Goal, second.Goal), 55, 155);

        static bool IsFree(int cell) => s_small[cell / 5][cell % 5] == '.';

        static double Same(Tensor start, Tensor next, Tensor goal, Tensor nextGoal) => ((start == next) * (goal == nextGoal)).Sum().Item();
    }

    [Theory]
    [MemberData(nameof(Pictures))]
    public void ManyStepsAreThoseOfThePlainMaze(string[] picture)
    {
        const int Games = 60, Steps = 150, StepLimit = 40;
        int columns = picture[0].Length;
        var maze = Of(picture, StepLimit);
        var keys = Key.Of(11).Split(Games);
        var random = new Random(2);
        var state = maze.ResetAll(keys.Fold(0));
        Plain[] plain = [.. Starts(state)];
        int arrived = 0, cut = 0, blocked = 0;
        for (int step = 1; step <= Steps; step++)
        {
            using var inner = new TensorScope();

            // Ways are kept for some steps, or nobody finds a door.
            int[] actions = [.. Enumerable.Range(0, Games).Select(i => new Random((1000 * i) + (step / 3)).Next(4))];
            var moved = maze.StepAll(state, Tensor.From(actions), keys.Fold(step));
            float[] rewards = moved.Reward.ToArray<float>(), terminated = moved.Terminated.ToArray<float>();
            float[] truncated = moved.Truncated.ToArray<float>();
            float[][] finals = [.. moved.FinalObservation.ToArray<float>().Chunk(picture.Length * columns * 3)];
            float[][] seen = [.. moved.Observation.ToArray<float>().Chunk(picture.Length * columns * 3)];
            Plain[] fresh = [.. Starts(moved.State)];
            for (int i = 0; i < Games; i++)
            {
                blocked += plain[i].Step(actions[i]) ? 0 : 1;
                bool isThere = plain[i].IsThere, isOver = plain[i].Steps == StepLimit;
                Assert.Equal((isThere ? 1 : 0, isThere ? 1 : 0, isOver ? 1 : 0), (rewards[i], terminated[i], truncated[i]));
                Assert.Equal(plain[i].Planes(), finals[i]);
                if (isThere || isOver)
                    plain[i] = fresh[i];
                Assert.Equal(plain[i].Planes(), seen[i]);
                arrived += isThere ? 1 : 0;
                cut += isOver ? 1 : 0;
            }

            state = inner.Keep(Tree.Map(moved.State, part => Tensor.From(part.ToArray<int>(), part.Shape)));
        }

        Assert.True(arrived > 10 && cut > 20 && blocked > 100, $"{arrived} arrived, {cut} were cut off, {blocked} steps led into walls");

        IEnumerable<Plain> Starts(Maze.State states)
            => states.Agent.ToArray<int>().Zip(states.Goal.ToArray<int>(), (agent, goal) => new Plain(
                picture, (agent / columns, agent % columns), (goal / columns, goal % columns)));
    }

    [Theory]
    [InlineData(6, Up, 1)]
    [InlineData(6, Right, 7)]
    [InlineData(6, Down, 11)]
    [InlineData(6, Left, 5)]
    [InlineData(0, Up, 0)]
    [InlineData(0, Left, 0)]
    [InlineData(24, Right, 24)]
    [InlineData(24, Down, 24)]
    [InlineData(4, Right, 4)]
    [InlineData(1, Right, 1)]
    [InlineData(5, Down, 5)]
    [InlineData(6, -1, 6)]
    [InlineData(6, 4, 6)]
    [InlineData(6, int.MinValue, 6)]
    [InlineData(6, int.MaxValue, 6)]
    public void AnActionMovesOneCellUnlessThereIsAWall(int cell, int action, int expected)
    {
        var moved = Step(new Maze(5, 5), cell, goal: 20, action);
        Assert.Equal([expected, 20, 1], Tree.Leaves(moved.State).Select(part => part.Item()));
        Assert.Equal((0, 0, 0), Outcome(moved));
    }

    [Fact]
    public void TheGoalPaysAndTerminatesTheEpisode()
    {
        var maze = new Maze(5, 5);
        var moved = Step(maze, 6, goal: 7, Right);
        Assert.Equal((1, 1, 0), Outcome(moved));

        // The last that is seen is the agent on the goal.
        double[] agent = Plane(maze.Observe(moved.State), 1);
        Assert.Equal((1, 1), (agent[7], agent.Sum()));
        Assert.Equal(agent, Plane(maze.Observe(moved.State), 2));
    }

    [Fact]
    public void TheStepLimitTruncatesTheEpisode()
    {
        var maze = new Maze(5, 5);
        Assert.Equal(100, maze.StepLimit);
        Assert.Equal((0, 0, 0), Outcome(Step(maze, 6, goal: 20, Right, steps: 98)));
        Assert.Equal((0, 0, 1), Outcome(Step(maze, 6, goal: 20, Right, steps: 99)));

        // A goal that is reached in the last step is reached.
        Assert.Equal((1, 1, 1), Outcome(Step(maze, 6, goal: 7, Right, steps: 99)));
    }

    [Fact]
    public void ObservationsHaveThreePlanes()
    {
        var maze = Of(s_uneven);
        Assert.Equal([7, 6, 3], maze.ObservationShape);
        Assert.Equal(4, maze.ActionCount);
        Assert.Equal(new Plain(s_uneven, (4, 2), (0, 5)).Planes(), maze.Observe(State(26, 5)).ToArray<float>());
    }

    [Fact]
    public void SizesAndLimitsThatAreTooSmallAreErrors()
    {
        Assert.Equal("rows", Assert.Throws<ArgumentOutOfRangeException>(() => new Maze(rows: 4)).ParamName);
        Assert.Equal("columns", Assert.Throws<ArgumentOutOfRangeException>(() => new Maze(columns: 4)).ParamName);
        Assert.Equal("stepLimit", Assert.Throws<ArgumentOutOfRangeException>(() => new Maze(stepLimit: 0)).ParamName);
    }

    public void Dispose() => _scope.Dispose();

    private static Maze Of(string[] picture, int stepLimit = 100) => new(picture.Length, picture[0].Length, stepLimit);

    private static double[] Plane(Tensor observation, int plane) => observation[.., .., plane].ToDoubles();

    private static Maze.State State(int agent, int goal, int steps = 0) => new(Number(agent), Number(goal), Number(steps));

    private static Tensor Number(int value) => Tensor.Scalar(value, ElementType.Int32);

    private static EnvironmentStep<Maze.State> Step(Maze maze, int agent, int goal, int action, int steps = 0)
        => maze.Step(State(agent, goal, steps), Number(action), Key.Of(0));

    private static (double Reward, double Terminated, double Truncated) Outcome(EnvironmentStep<Maze.State> moved)
        => (moved.Reward.Item(), moved.Terminated.Item(), moved.Truncated.Item());

    // The maze of one picture told plainly.
    private sealed class Plain(string[] picture, (int Row, int Column) agent, (int Row, int Column) goal)
    {
        private (int Row, int Column) _agent = agent;

        public int Steps { get; private set; }

        public bool IsThere => _agent == goal;

        // Whether it has moved.
        public bool Step(int action)
        {
            Steps++;
            var (row, column) = _agent;
            (row, column) = action switch
            {
                Up => (row - 1, column),
                Right => (row, column + 1),
                Down => (row + 1, column),
                _ => (row, column - 1),
            };
            bool isFree = row >= 0 && row < picture.Length && column >= 0 && column < picture[row].Length && picture[row][column] == '.';
            if (isFree)
                _agent = (row, column);
            return isFree;
        }

        public float[] Planes()
            => [.. from row in Enumerable.Range(0, picture.Length)
                from column in Enumerable.Range(0, picture[row].Length)
                from plane in (bool[])[picture[row][column] == '#', _agent == (row, column), goal == (row, column)]
                select plane ? 1f : 0f];
    }
}
