using Engine.Core;

namespace Engine.RL.Environments;

/// <summary>
/// The four rooms of Sutton, Precup and Singh (1999): a board, which two walls with two doors each divide into four rooms. Start
/// and goal are drawn anew in each episode.
/// </summary>
/// <remarks>
/// Reaching the goal pays 1 and terminates the episode; nothing else pays. A step into a wall moves nothing. An episode is truncated at the
/// step limit.
/// </remarks>
public sealed class Maze : IEnvironment<Maze.State>
{
    /// <summary>Planes of an observation: walls, the agent, the goal.</summary>
    public const int Planes = 3;

    private readonly bool[] _walls;
    private readonly int[] _free;

    /// <summary>A maze.</summary>
    /// <param name="rows">Rows, the outer walls left out, at least 5.</param>
    /// <param name="columns">Columns, the outer walls left out, at least 5.</param>
    /// <param name="stepLimit">The step at which an episode is truncated, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The maze is too small, or the limit too low.</exception>
    public Maze(int rows = 9, int columns = 9, int stepLimit = 100)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 5);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 5);
        ArgumentOutOfRangeException.ThrowIfLessThan(stepLimit, 1);
        (Rows, Columns, StepLimit) = (rows, columns, stepLimit);
        _walls = [.. from row in Enumerable.Range(0, rows) from column in Enumerable.Range(0, columns) select IsWall(row, column)];
        _free = [.. _walls.Index().Where(cell => !cell.Item).Select(cell => cell.Index)];

        bool IsWall(int row, int column)
            => (row == rows / 2 && !IsDoor(column, columns)) || (column == columns / 2 && !IsDoor(row, rows));

        // About the middle of each half.
        static bool IsDoor(int at, int size) => at == size / 4 || at == (size / 2) + 1 + (size / 4);
    }

    /// <summary>Rows.</summary>
    public int Rows { get; }

    /// <summary>Columns.</summary>
    public int Columns { get; }

    /// <summary>The step at which an episode is truncated.</summary>
    public int StepLimit { get; }

    /// <summary>[rows, columns, 3]: 1 where there is a wall, where the agent is, where the goal is.</summary>
    public Shape ObservationShape => [Rows, Columns, Planes];

    /// <summary>Four: up, right, down, left.</summary>
    public int ActionCount => 4;

    /// <inheritdoc/>
    public State Reset(Key key)
    {
        // The goal is one of the cells behind the start, in a circle: any other one, with equal probability.
        var start = Tensor.Integers(key.Fold(0), 0, _free.Length, []);
        var goal = (start + Tensor.Integers(key.Fold(1), 1, _free.Length, [])) % _free.Length;
        return new State(Cell(start), Cell(goal), Tensor.ZerosLike(start));

        Tensor Cell(Tensor number) => Tensor.From(_free, [_free.Length], key.Device).Take(0, number.Reshape(1)).Reshape();
    }

    /// <inheritdoc/>
    /// <remarks>An action that is none of the four moves nothing.</remarks>
    public EnvironmentStep<State> Step(State state, Tensor action, Key key)
    {
        action.RequireScalarAction(nameof(Maze));

        // Where each action leads to from each cell.
        int[] next = [.. from cell in Enumerable.Range(0, Rows * Columns) from way in Enumerable.Range(0, 4) select Beside(cell, way)];
        var ways = Tensor.From(next, [next.Length], action.Device);
        var moved = ways.Take(0, ((state.Agent * 4) + action.Clamp(0, 3)).Reshape(1)).Reshape();
        var agent = Tensor.Where((action >= 0) * (action < 4), moved, state.Agent);
        var steps = state.Steps + 1;
        var arrived = agent == state.Goal;
        return new(new State(agent, state.Goal, steps), arrived, arrived, steps >= StepLimit);
    }

    /// <inheritdoc/>
    public Tensor Observe(State state)
    {
        var walls = Tensor.From([.. _walls.Select(wall => wall ? 1f : 0f)], [Rows * Columns], state.Agent.Device);
        return Tensor.Stack(1, walls, state.Agent.OneHot(Rows * Columns), state.Goal.OneHot(Rows * Columns)).ReshapeTo(ObservationShape);
    }

    private int Beside(int cell, int way)
    {
        var (down, right) = way switch { 0 => (-1, 0), 1 => (0, 1), 2 => (1, 0), _ => (0, -1) };
        int row = (cell / Columns) + down, column = (cell % Columns) + right, next = (row * Columns) + column;
        return row >= 0 && row < Rows && column >= 0 && column < Columns && !_walls[next] ? next : cell;
    }

    /// <summary>Where things are, Int32 scalars.</summary>
    /// <param name="Agent">The agent's cell, along rows.</param>
    /// <param name="Goal">The goal's cell.</param>
    /// <param name="Steps">Steps made.</param>
    public sealed record State(Tensor Agent, Tensor Goal, Tensor Steps);
}
