namespace Engine.RL.Environments;

/// <summary>One board of <see cref="Snake"/> as the host sees it, read from a packed state; see <see cref="SnakeBoard"/>.</summary>
/// <param name="Body">The cells that the snake fills, from head to tail, numbered along rows.</param>
/// <param name="Fruit">The cell of the fruit; null if there is none.</param>
/// <param name="Moves">Moves made in the episode.</param>
/// <param name="Terminated">Whether the episode has come to its end.</param>
/// <param name="Truncated">Whether the step limit has cut it off.</param>
public sealed record SnakePicture(IReadOnlyList<int> Body, int? Fruit, int Moves, bool Terminated, bool Truncated)
{
    /// <summary>Reads a board.</summary>
    /// <param name="state">The row of the board in a packed state.</param>
    /// <exception cref="ArgumentException">This is no state of a board.</exception>
    public static SnakePicture Read(ReadOnlySpan<int> state)
    {
        int cells = state.Length - SnakeBoard.Size(0);
        if (cells < 1)
            throw new ArgumentException($"SnakePicture: a state of {state.Length} numbers has no cells.", nameof(state));
        int clock = state[SnakeBoard.ClockColumn], length = state[SnakeBoard.LengthColumn], fruit = state[SnakeBoard.FruitColumn];
        if (length < 1 || length > cells)
            throw new ArgumentException($"SnakePicture: a snake of length {length} on {cells} cells.", nameof(state));

        // The snake fills the cells of the last moments, the head that of the latest.
        int[] body = new int[length];
        Array.Fill(body, -1);
        var stamps = state[SnakeBoard.CellsColumn..];
        for (int cell = 0; cell < cells; cell++)
        {
            int age = clock - stamps[cell];
            if (age >= 0 && age < length)
                body[age] = cell;
        }

        if (body.Contains(-1) || body[0] != state[SnakeBoard.HeadColumn])
            throw new ArgumentException("SnakePicture: the snake is not whole.", nameof(state));
        bool terminated = state[SnakeBoard.TerminatedColumn] != 0, truncated = state[SnakeBoard.TruncatedColumn] != 0;
        return new SnakePicture(body, fruit < cells ? fruit : null, clock - 1, terminated, truncated);
    }
}
