using Engine.Core;
using Engine.RL.Environments;

namespace Engine.Bench.Games;

/// <summary>One frame of a game of Snake, on the host.</summary>
/// <param name="Rows">Rows of the board.</param>
/// <param name="Columns">Columns of the board.</param>
/// <param name="Body">The snake's cells from head to tail, numbered along rows.</param>
/// <param name="Fruit">The cell of the fruit; null if there is none.</param>
/// <param name="Step">Steps taken in the episode. The one that ends it by a crash moves nothing, and counts.</param>
/// <param name="Return">The sum of rewards so far.</param>
/// <param name="End">Whether the episode has ended here, and how.</param>
public sealed record SnakeFrame(
    int Rows, int Columns, IReadOnlyList<int> Body, int? Fruit, int Step, double Return, SnakeEnd End = SnakeEnd.None)
{
    /// <summary>Reads one board of a state.</summary>
    /// <param name="snake">The game.</param>
    /// <param name="state">Its packed state.</param>
    /// <param name="board">Which board.</param>
    public static SnakeFrame Read(Snake snake, Tensor state, int board = 0)
        => ReadAll(snake, state)[board];

    /// <summary>Reads all boards of a state, or of several states on top of each other.</summary>
    /// <param name="snake">The game.</param>
    /// <param name="states">Packed states, Int32 [..., <see cref="SnakeBoard.Size"/>].</param>
    /// <exception cref="ArgumentException">These are no states of the game.</exception>
    public static SnakeFrame[] ReadAll(Snake snake, Tensor states)
    {
        int size = SnakeBoard.Size(snake.Rows * snake.Columns);
        if (states.Rank == 0 || states.Shape[-1] != size)
            throw new ArgumentException($"States of this game have {size} numbers each, got {states.Shape}.", nameof(states));
        int[] numbers = states.ToArray<int>();
        var frames = new SnakeFrame[numbers.Length / size];
        for (int i = 0; i < frames.Length; i++)
            frames[i] = Of(snake, SnakePicture.Read(numbers.AsSpan(i * size, size)));
        return frames;
    }

    /// <summary>Says how the episode ended, for people; empty while it goes on.</summary>
    public string Outcome => End switch
    {
        SnakeEnd.Crash => "crashed",
        SnakeEnd.Full => "board full",
        SnakeEnd.StepLimit => "step limit",
        _ => "",
    };

    private static SnakeFrame Of(Snake snake, SnakePicture picture)
    {
        var end = !(picture.Terminated || picture.Truncated) ? SnakeEnd.None
            : picture.Truncated ? SnakeEnd.StepLimit
            : picture.Fruit is null ? SnakeEnd.Full
            : SnakeEnd.Crash;

        // Episodes start with length 1, and each fruit pays 1 and adds 1.
        return new SnakeFrame(
            snake.Rows,
            snake.Columns,
            picture.Body,
            picture.Fruit,
            picture.Moves + (end == SnakeEnd.Crash ? 1 : 0),
            picture.Body.Count - 1,
            end);
    }
}
