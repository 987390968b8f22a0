using Engine.Kernels;

namespace Engine.RL.Environments;

/// <summary>Begins an episode of <see cref="Snake"/>. A row is an environment, a column one of its cells.</summary>
public readonly struct SnakeStartBody(View<int> states, View<int> keys, int cells) : IRowBody<SnakeFacts>
{
    // Each body draws from a block of its own, so that none repeats another's numbers with the same key.
    private const uint Block = 0;

    /// <inheritdoc/>
    public SnakeFacts Prepare(int row) => SnakeFacts.Start(new EnvironmentDraw(keys, row, Block), cells);

    /// <inheritdoc/>
    public void Invoke(SnakeFacts prepared, int row, int column)
    {
        var board = new SnakeBoard(states, row, cells);
        if (column == 0)
            board.Facts = prepared;
        board[column] = column == prepared.Head ? prepared.Clock : 0;
    }
}

/// <summary>Draws the planes of <see cref="Snake"/>. A row is an environment, a column one of its cells.</summary>
public readonly struct SnakeObservationBody(View<float> planes, View<int> states, int cells) : IRowBody<SnakeFacts>
{
    /// <inheritdoc/>
    public SnakeFacts Prepare(int row) => new SnakeBoard(states, row, cells).Facts;

    /// <inheritdoc/>
    public void Invoke(SnakeFacts prepared, int row, int column)
        => prepared.Draw(planes, ((row * cells) + column) * Snake.Planes, column, new SnakeBoard(states, row, cells)[column]);
}

/// <summary>What a step makes of a board.</summary>
/// <param name="Moved">What is known after the move.</param>
/// <param name="Next">What is known of the state to go on from: of a new episode if one begins.</param>
/// <param name="Oldest">Stamps of cells below this are 0 from now on: the new episode's, of which there are none yet.</param>
public readonly record struct SnakeTurn(SnakeFacts Moved, SnakeFacts Next, int Oldest);

/// <summary>
/// A step of <see cref="Snake"/>, all of it: moves, begins a new episode where one ends if that is wanted, and observes. A row is an
/// environment, a column one of its cells.
/// </summary>
/// <param name="next">The states after it.</param>
/// <param name="rewards">What it pays.</param>
/// <param name="terminated">1 where the episode has come to its end.</param>
/// <param name="truncated">1 where it is cut off.</param>
/// <param name="planes">The observations of the states after it.</param>
/// <param name="states">The states before it.</param>
/// <param name="actions">The actions.</param>
/// <param name="keys">The keys.</param>
/// <param name="rows">Rows of a board.</param>
/// <param name="columns">Columns of a board.</param>
/// <param name="stepLimit">The step at which an episode is truncated.</param>
/// <param name="restarts">Whether new episodes begin, 1 or 0.</param>
public readonly struct SnakeStepBody(
    View<int> next,
    View<float> rewards,
    View<float> terminated,
    View<float> truncated,
    View<float> planes,
    View<int> states,
    View<int> actions,
    View<int> keys,
    int rows,
    int columns,
    int stepLimit,
    int restarts) : IRowBody<SnakeTurn>
{
    private const uint RestartBlock = 1, FruitBlock = 2;

    /// <inheritdoc/>
    public SnakeTurn Prepare(int row)
    {
        int cells = rows * columns;
        var moved = Move(new SnakeBoard(states, row, cells), row, cells);
        return restarts != 0 && (moved.Terminated | moved.Truncated) != 0
            ? new(moved, SnakeFacts.Start(new EnvironmentDraw(keys, row, RestartBlock), cells), int.MaxValue)
            : new(moved, moved, 0);
    }

    /// <inheritdoc/>
    public void Invoke(SnakeTurn prepared, int row, int column)
    {
        int cells = rows * columns;
        var (board, facts) = (new SnakeBoard(next, row, cells), prepared.Next);
        int stamp = new SnakeBoard(states, row, cells)[column];
        stamp = column == facts.Head ? facts.Clock : stamp < prepared.Oldest ? 0 : stamp;
        board[column] = stamp;
        facts.Draw(planes, ((row * cells) + column) * Snake.Planes, column, stamp);
        if (column > 0)
            return;
        board.Facts = facts;
        rewards[row] = prepared.Moved.Reward;
        terminated[row] = prepared.Moved.Terminated;
        truncated[row] = prepared.Moved.Truncated;
    }

    private SnakeFacts Move(SnakeBoard board, int row, int cells)
    {
        var facts = board.Facts;
        int head = facts.Head, y = head / columns, x = head - (y * columns), action = actions[row], to = cells;
        if (action == Snake.Up && y > 0)
            to = head - columns;
        else if (action == Snake.Right && x + 1 < columns)
            to = head + 1;
        else if (action == Snake.Down && y + 1 < rows)
            to = head + columns;
        else if (action == Snake.Left && x > 0)
            to = head - 1;

        // The tail has left its cell by the time the head arrives, unless a fruit is eaten. So what fills a cell then came to it after
        // the moment clock + 1 - length. A fruit's cell is free.
        int clock = facts.Clock + 1, length = facts.Length, fruit = facts.Fruit, reward = 0;
        if (to == cells || board[to] + length > clock)
            return facts with { Reward = 0, Terminated = 1, Truncated = 0 };
        if (to == fruit)
        {
            reward = 1;
            length++;
            fruit = length < cells
                ? Free(board, to, clock - length, new EnvironmentDraw(keys, row, FruitBlock).First(cells - length))
                : cells;
        }

        int full = length == cells ? 1 : 0;
        return new(clock, to, length, fruit, reward, full, full == 0 && clock > stepLimit ? 1 : 0);
    }

    // The free cell that has so many free ones before it, once the head has come to one.
    private static int Free(SnakeBoard board, int head, int lastFree, int before)
    {
        int cell = 0;
        for (int left = before; ; cell++)
        {
            if (cell == head || board[cell] > lastFree)
                continue;
            if (left == 0)
                break;
            left--;
        }

        return cell;
    }
}
