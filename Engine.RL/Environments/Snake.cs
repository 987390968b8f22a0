using Engine.Core;

namespace Engine.RL.Environments;

/// <summary>
/// The game of Snake (section 4 of the paper): a snake that grows by each fruit it eats, which pays 1, must neither leave the board nor
/// bite itself. At the step limit an episode is truncated.
/// </summary>
/// <remarks>
/// An episode starts with length 1 at a uniform cell and a fruit uniform over the free ones. The tail leaves its cell before the head
/// arrives, unless a fruit is eaten: the head may follow the tail, and a snake of length 2 may turn back. The episode ends on leaving the
/// board, on biting the body, and when the snake fills the board (its last fruit still pays). A step that leads
/// off the board or into the body moves nothing: its observation shows the snake before it. The state is one tensor, Int32
/// [<see cref="SnakeBoard.Size"/>], see <see cref="SnakeBoard"/>; the last step's reward and end are part of it.
/// </remarks>
public sealed class Snake : IEnvironment<Tensor>
{
    /// <summary>The action that moves one row up.</summary>
    public const int Up = 0;

    /// <summary>The action that moves one column to the right.</summary>
    public const int Right = 1;

    /// <summary>The action that moves one row down.</summary>
    public const int Down = 2;

    /// <summary>The action that moves one column to the left.</summary>
    public const int Left = 3;

    /// <summary>Planes of an observation: body (with the head), head, tail, fruit, order.</summary>
    public const int Planes = 5;

    /// <summary>A game on boards of one size.</summary>
    /// <param name="rows">Rows of the board, at least 2.</param>
    /// <param name="columns">Columns of the board, at least 2.</param>
    /// <param name="stepLimit">The step at which an episode is truncated, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The board is too small or has over 2^20 cells, or the limit is too low.</exception>
    public Snake(int rows = 12, int columns = 12, int stepLimit = 5000)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)rows * columns, 1 << 20, $"{nameof(rows)} * {nameof(columns)}");
        ArgumentOutOfRangeException.ThrowIfLessThan(stepLimit, 1);

        // The clock and a length are added, and must not overflow.
        ArgumentOutOfRangeException.ThrowIfGreaterThan(stepLimit, 1 << 30);
        Rows = rows;
        Columns = columns;
        StepLimit = stepLimit;
    }

    /// <summary>Rows of the board.</summary>
    public int Rows { get; }

    /// <summary>Columns of the board.</summary>
    public int Columns { get; }

    /// <summary>The step at which an episode is truncated.</summary>
    public int StepLimit { get; }

    /// <summary>The largest sum of rewards of an episode.</summary>
    public int MaximumReturn => (Rows * Columns) - 1;

    /// <summary>[rows, columns, 5]: body (head included), head, tail, fruit (empty if no cell is free), order.</summary>
    /// <remarks>The order falls evenly along the snake, from 1 at the head to 1 / length at the tail.</remarks>
    public Shape ObservationShape => [Rows, Columns, Planes];

    /// <summary>Four: up, right, down, left.</summary>
    public int ActionCount => 4;

    /// <inheritdoc/>
    public Tensor Reset(Key key) => new SnakeStart(Rows, Columns).ApplyAll(key.Words)[0];

    /// <inheritdoc/>
    /// <remarks>An action that is none of the four ends the episode, as leaving the board does.</remarks>
    public EnvironmentStep<Tensor> Step(Tensor state, Tensor action, Key key)
    {
        var y = new SnakeStep(Rows, Columns, StepLimit, Restarts: false).ApplyAll(state, action, key.Words);
        return new(y[0], y[1], y[2], y[3]);
    }

    /// <inheritdoc/>
    public Tensor Observe(Tensor state) => new SnakeObservation(Rows, Columns).ApplyAll(state)[0];

    /// <inheritdoc/>
    /// <remarks>One command does all of it; the last state, where an episode has ended, is another's, if anybody wants it.</remarks>
    public AutoResetStep<Tensor> StepAndReset(Tensor state, Tensor action, Key key)
    {
        var y = new SnakeStep(Rows, Columns, StepLimit, Restarts: true).ApplyAll(state, action, key.Words);
        return new(new(Step(state, action, key).State, y[1], y[2], y[3]), y[0], y[4]);
    }
}
