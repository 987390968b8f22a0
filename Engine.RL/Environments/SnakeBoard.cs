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
    internal const int ClockColumn = 0, HeadColumn = 1, LengthColumn = 2, FruitColumn = 3, RewardColumn = 4, TerminatedColumn = 5,
        TruncatedColumn = 6, CellsColumn = 7;

    private readonly int _at = row * Size(cells);

    /// <summary>What is known beside the cells.</summary>
    public SnakeFacts Facts
    {
        get => new(
            states[_at + ClockColumn],
            states[_at + HeadColumn],
            states[_at + LengthColumn],
            states[_at + FruitColumn],
            states[_at + RewardColumn],
            states[_at + TerminatedColumn],
            states[_at + TruncatedColumn]);

        set
        {
            states[_at + ClockColumn] = value.Clock;
            states[_at + HeadColumn] = value.Head;
            states[_at + LengthColumn] = value.Length;
            states[_at + FruitColumn] = value.Fruit;
            states[_at + RewardColumn] = value.Reward;
            states[_at + TerminatedColumn] = value.Terminated;
            states[_at + TruncatedColumn] = value.Truncated;
        }
    }

    /// <summary>The time at which the head last came to each cell; 0 if never.</summary>
    public View<int> Cells => states.From(_at + CellsColumn);

    /// <summary>All numbers of the board, for the processor.</summary>
    public Span<int> Span => states.Span.Slice(_at, Size(cells));

    /// <summary>Numbers of one board's state.</summary>
    public static int Size(int cells) => CellsColumn + cells;

    /// <summary>The time at which the head last came to a cell; 0 if never.</summary>
    public int this[int cell]
    {
        get => states[_at + CellsColumn + cell];
        set => states[_at + CellsColumn + cell] = value;
    }

    /// <summary>Sets some cells to those of an episode that begins.</summary>
    public void Begin(SnakeFacts facts, int start, int end)
    {
        for (int cell = start; cell < end; cell++)
            this[cell] = cell == facts.Head ? facts.Clock : 0;
    }
}

/// <summary>What is known of a board of <see cref="Snake"/> beside its cells.</summary>
/// <param name="Clock">The time: one more than the moves made.</param>
/// <param name="Head">The cell of the head.</param>
/// <param name="Length">The number of cells that the snake fills.</param>
/// <param name="Fruit">The cell of the fruit; the number of cells where there is none.</param>
/// <param name="Reward">What the last step paid.</param>
/// <param name="Terminated">1 if the episode has come to its end, else 0.</param>
/// <param name="Truncated">1 if the step limit has cut off the episode, else 0.</param>
public readonly record struct SnakeFacts(int Clock, int Head, int Length, int Fruit, int Reward, int Terminated, int Truncated)
{
    /// <summary>Those of an episode that begins: length 1 at a uniform cell, a fruit at a uniform other one.</summary>
    public static SnakeFacts Start(EnvironmentDraw draw, int cells)
    {
        // The free cells are all but the head.
        int head = draw.First(cells), free = draw.Second(cells - 1);
        return new(1, head, 1, free < head ? free : free + 1, 0, 0, 0);
    }
}
