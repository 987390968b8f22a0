using Engine.Core;

namespace Engine.RL.Environments;

/// <summary>
/// The game of Catch (Mnih et al., 2014; as in bsuite): a ball falls one row a step from a uniform column of the top row, and a paddle
/// in the bottom row moves to meet it.
/// </summary>
/// <remarks>
/// The paddle starts in the middle (for an even number of columns, right of it) and stops at the walls. It moves before it is seen whether
/// the ball falls on it. An episode has rows - 1 steps; the last pays 1 if the ball falls on the paddle, else -1, the others nothing.
/// </remarks>
public sealed class Catch : IEnvironment<Catch.State>
{
    /// <summary>The action that moves the paddle one column to the left; lower numbers do too.</summary>
    public const int Left = 0;

    /// <summary>The action that leaves the paddle where it is.</summary>
    public const int Stay = 1;

    /// <summary>The action that moves the paddle one column to the right; higher numbers do too.</summary>
    public const int Right = 2;

    /// <summary>A game on a board of some size.</summary>
    /// <param name="rows">Rows of the board, at least 2.</param>
    /// <param name="columns">Columns of the board, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The board is too small.</exception>
    public Catch(int rows = 10, int columns = 5)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        Rows = rows;
        Columns = columns;
    }

    /// <summary>Rows of the board.</summary>
    public int Rows { get; }

    /// <summary>Columns of the board.</summary>
    public int Columns { get; }

    /// <summary>[rows, columns, 1]: 1 at the ball and at the paddle, else 0.</summary>
    public Shape ObservationShape => [Rows, Columns, 1];

    /// <summary>Three: left, stay, right.</summary>
    public int ActionCount => 3;

    /// <inheritdoc/>
    public State Reset(Key key)
    {
        var column = Tensor.Integers(key, 0, Columns, []);
        return new State(Tensor.ZerosLike(column), column, Tensor.Full(Columns / 2, [], column.Type, column.Device));
    }

    /// <inheritdoc/>
    public EnvironmentStep<State> Step(State state, Tensor action, Key key)
    {
        action.RequireScalarAction(nameof(Catch));
        var (row, column) = (state.Row + 1, state.Column);
        var paddle = (state.Paddle + (action.Clamp(Left, Right) - Stay)).Clamp(0, Columns - 1);
        Tensor ended = row >= Rows - 1, reward = ended * (((column == paddle) * 2) - 1);
        return new(new State(row, column, paddle), reward, ended, Tensor.ZerosLike(ended));
    }

    /// <inheritdoc/>
    public Tensor Observe(State state)
    {
        Tensor ball = (state.Row * Columns) + state.Column, paddle = state.Paddle + ((Rows - 1) * Columns);
        return Tensor.Maximum(ball.OneHot(Rows * Columns), paddle.OneHot(Rows * Columns)).ReshapeTo(ObservationShape);
    }

    /// <summary>Where things are, Int32 scalars.</summary>
    /// <param name="Row">The ball's row.</param>
    /// <param name="Column">The ball's column.</param>
    /// <param name="Paddle">The paddle's column.</param>
    public sealed record State(Tensor Row, Tensor Column, Tensor Paddle);
}
