using Engine.Kernels;

namespace Engine.RL.Environments;

/// <summary>Begins an episode of <see cref="Snake"/>. One index is one environment.</summary>
public readonly struct SnakeStartBody(View<int> states, View<int> keys, int cells) : IBody
{
    // Each body draws from a block of its own, so that none repeats another's numbers with the same key.
    private const uint Block = 0;

    /// <inheritdoc/>
    public void Invoke(int index) => new SnakeBoard(states, index, cells).Start(new EnvironmentDraw(keys, index, Block));
}

/// <summary>Begins an episode of <see cref="Snake"/> where one has ended; leaves the others. One index is one environment.</summary>
public readonly struct SnakeRestartBody(View<int> states, View<int> ended, View<int> keys, int cells) : IBody
{
    private const uint Block = 1;

    /// <inheritdoc/>
    public void Invoke(int index)
    {
        if (ended[index] != 0)
            new SnakeBoard(states, index, cells).Start(new EnvironmentDraw(keys, index, Block));
    }
}

/// <summary>Moves the snakes of <see cref="Snake"/>. One index is one environment.</summary>
public readonly struct SnakeMoveBody(
    View<int> states, View<int> actions, View<int> keys, int rows, int columns, int stepLimit) : IBody
{
    private const uint Block = 2;

    /// <inheritdoc/>
    public void Invoke(int index)
    {
        int cells = rows * columns;
        var board = new SnakeBoard(states, index, cells);
        board.Reward = 0;
        board.Terminated = 0;
        board.Truncated = 0;
        int head = board.Head, row = head / columns, column = head - (row * columns), action = actions[index], next = cells;
        if (action == Snake.Up && row > 0)
            next = head - columns;
        else if (action == Snake.Right && column + 1 < columns)
            next = head + 1;
        else if (action == Snake.Down && row + 1 < rows)
            next = head + columns;
        else if (action == Snake.Left && column > 0)
            next = head - 1;

        // The tail has left its cell by the time the head arrives, unless a fruit is eaten. So what fills a cell then came to it after
        // the moment clock + 1 - length. A fruit's cell is free.
        int clock = board.Clock + 1, length = board.Length;
        if (next == cells || board.Stamp(next) + length > clock)
        {
            board.Terminated = 1;
            return;
        }

        board.Clock = clock;
        board.Enter(next);
        if (next == board.Fruit)
        {
            board.Reward = 1;
            board.Length = ++length;
            if (length < cells)
            {
                board.PlaceFruit(new EnvironmentDraw(keys, index, Block).First(cells - length));
            }
            else
            {
                board.Fruit = cells;
                board.Terminated = 1;
                return;
            }
        }

        if (clock > stepLimit)
            board.Truncated = 1;
    }
}

/// <summary>Draws the planes of <see cref="Snake"/> on zeros, which most of them are. One index is one environment.</summary>
public readonly struct SnakeObservationBody(View<float> planes, View<int> states, int cells) : IBody
{
    /// <inheritdoc/>
    public void Invoke(int index)
    {
        var board = new SnakeBoard(states, index, cells);
        int head = board.Head, fruit = board.Fruit, length = board.Length, lastFree = board.Clock - length;
        int at = index * cells * Snake.Planes;
        for (int cell = 0; cell < cells; cell++)
        {
            int stamp = board.Stamp(cell);
            if (stamp <= lastFree)
                continue;
            int corner = at + (cell * Snake.Planes);
            planes[corner] = 1;
            if (stamp == lastFree + 1)
                planes[corner + 2] = 1;
            planes[corner + 4] = (stamp - lastFree) / (float)length;
        }

        planes[at + (head * Snake.Planes) + 1] = 1;
        if (fruit < cells)
            planes[at + (fruit * Snake.Planes) + 3] = 1;
    }
}
