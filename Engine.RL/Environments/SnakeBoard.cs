using Engine.Kernels;

namespace Engine.RL.Environments;

/// <summary>One board of <see cref="Snake"/> within the packed states: where its numbers are, and what they mean.</summary>
/// <remarks>
/// The clock counts up by one with each move, and a cell keeps the time at which the head last came to it. A snake of length L so
/// fills the cells of the last L moments: the tail leaves by the clock's running on, and nothing is searched or shifted.
/// </remarks>
/// <param name="states">Int32 [n, Size(cells)].</param>
/// <param name="row">Which board.</param>
/// <param name="cells">The number of cells.</param>
public readonly struct SnakeBoard(View<int> states, int row, int cells)
{
    /// <summary>The column of the reward that the last step paid.</summary>
    public const int RewardColumn = 4;

    /// <summary>The column that is 1 if the episode has come to its end.</summary>
    public const int TerminatedColumn = 5;

    /// <summary>The column that is 1 if the step limit has cut off the episode.</summary>
    public const int TruncatedColumn = 6;

    internal const int ClockColumn = 0, HeadColumn = 1, LengthColumn = 2, FruitColumn = 3, CellsColumn = 7;

    private readonly int _at = row * Size(cells);

    /// <summary>The time: one more than the moves made.</summary>
    public int Clock
    {
        get => states[_at + ClockColumn];
        set => states[_at + ClockColumn] = value;
    }

    /// <summary>The cell of the head.</summary>
    public int Head
    {
        get => states[_at + HeadColumn];
        set => states[_at + HeadColumn] = value;
    }

    /// <summary>The number of cells that the snake fills.</summary>
    public int Length
    {
        get => states[_at + LengthColumn];
        set => states[_at + LengthColumn] = value;
    }

    /// <summary>The cell of the fruit; the number of cells where there is none.</summary>
    public int Fruit
    {
        get => states[_at + FruitColumn];
        set => states[_at + FruitColumn] = value;
    }

    /// <summary>What the last step paid.</summary>
    public int Reward
    {
        set => states[_at + RewardColumn] = value;
    }

    /// <summary>1 if the episode has come to its end, else 0.</summary>
    public int Terminated
    {
        get => states[_at + TerminatedColumn];
        set => states[_at + TerminatedColumn] = value;
    }

    /// <summary>1 if the step limit has cut off the episode, else 0.</summary>
    public int Truncated
    {
        get => states[_at + TruncatedColumn];
        set => states[_at + TruncatedColumn] = value;
    }

    /// <summary>Numbers of one board's state.</summary>
    public static int Size(int cells) => CellsColumn + cells;

    /// <summary>The time at which the head last came to a cell; 0 if never.</summary>
    public int Stamp(int cell) => states[_at + CellsColumn + cell];

    /// <summary>Notes that the head is on a cell now.</summary>
    public void Enter(int cell)
    {
        Head = cell;
        states[_at + CellsColumn + cell] = Clock;
    }

    /// <summary>Begins an episode: length 1 at a uniform cell, a fruit at a uniform other one.</summary>
    public void Start(EnvironmentDraw draw)
    {
        for (int cell = 0; cell < cells; cell++)
            states[_at + CellsColumn + cell] = 0;
        Clock = 1;
        Length = 1;
        Reward = 0;
        Terminated = 0;
        Truncated = 0;
        Enter(draw.First(cells));

        // The free cells are all but the head.
        int free = draw.Second(cells - 1);
        Fruit = free < Head ? free : free + 1;
    }

    /// <summary>Places a fruit on the free cell that has <paramref name="index"/> free ones before it.</summary>
    public void PlaceFruit(int index)
    {
        int lastFree = Clock - Length, cell = 0;
        for (int left = index; ; cell++)
        {
            if (Stamp(cell) > lastFree)
                continue;
            if (left == 0)
                break;
            left--;
        }

        Fruit = cell;
    }
}
