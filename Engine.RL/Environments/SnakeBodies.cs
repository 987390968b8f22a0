using Engine.Kernels;

namespace Engine.RL.Environments;

/// <summary>Begins an episode of <see cref="Snake"/>. A row is an environment, a column one of its cells.</summary>
public readonly struct SnakeStartBody(View<int> states, View<int> keys, int cells) : IRowBody
{
    // Each body draws from a block of its own, so that none repeats another's numbers with the same key.
    private const uint Block = 0;

    /// <inheritdoc/>
    public void Prepare(int row)
    {
    }

    /// <inheritdoc/>
    public void Invoke(int row, int start, int end)
    {
        var facts = SnakeFacts.Start(new EnvironmentDraw(keys, row, Block), cells);
        var board = new SnakeBoard(states, row, cells);
        board.Begin(facts, start, end);
        if (start == 0)
            board.Facts = facts;
    }
}

/// <summary>Draws the planes of <see cref="Snake"/>. A row is an environment, a column one of its cells.</summary>
public readonly struct SnakeObservationBody(View<float> planes, View<int> states, int cells) : IRowBody
{
    /// <inheritdoc/>
    public void Prepare(int row) => new SnakePlanes(planes, row, cells).Span.Clear();

    /// <inheritdoc/>
    public void Invoke(int row, int start, int end)
    {
        var (drawn, board) = (new SnakePlanes(planes, row, cells), new SnakeBoard(states, row, cells));
        if (end - start < cells)
            drawn.Clear(start, end);
        drawn.Draw(board.Cells, board.Facts, start, end);
    }
}

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
    int restarts) : IRowBody
{
    private const uint RestartBlock = 1, FruitBlock = 2;

    /// <inheritdoc/>
    public void Prepare(int row)
    {
        int cells = rows * columns;
        new SnakePlanes(planes, row, cells).Span.Clear();
        new SnakeBoard(states, row, cells).Span.CopyTo(new SnakeBoard(next, row, cells).Span);
    }

    /// <inheritdoc/>
    public void Invoke(int row, int start, int end)
    {
        int cells = rows * columns;
        SnakeBoard before = new(states, row, cells), after = new(next, row, cells);
        var moved = Move(before, row, cells);
        bool begins = restarts != 0 && (moved.Terminated | moved.Truncated) != 0;
        var facts = begins ? SnakeFacts.Start(new EnvironmentDraw(keys, row, RestartBlock), cells) : moved;
        var drawn = new SnakePlanes(planes, row, cells);
        if (end - start < cells)
        {
            drawn.Clear(start, end);
            for (int cell = start; cell < end; cell++)
                after[cell] = before[cell];
        }

        if (begins)
            after.Begin(facts, start, end);
        else if (facts.Head >= start && facts.Head < end)
            after[facts.Head] = facts.Clock;
        drawn.Draw(after.Cells, facts, start, end);
        if (start > 0)
            return;
        after.Facts = facts;
        rewards[row] = moved.Reward;
        terminated[row] = moved.Terminated;
        truncated[row] = moved.Truncated;
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
