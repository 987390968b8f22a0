using Engine.Core;
using Engine.Kernels;

namespace Engine.RL.Environments;

/// <summary>
/// The game of Catch (Mnih et al., 2014; as in bsuite): a ball falls one row a step from a uniform column of the top row, and a paddle
/// in the bottom row moves to meet it.
/// </summary>
/// <remarks>
/// The paddle starts in the middle (for an even number of columns, right of it) and stops at the walls. It moves before the ball is
/// judged. An episode has rows - 1 steps; the last pays 1 if the ball falls on the paddle, else -1, the others nothing. It never times
/// out. The state is three tensors, Int32 [n] each: the ball's row, its column, and the paddle's column.
/// </remarks>
public sealed class Catch : IEnvironment
{
    /// <summary>The action that moves the paddle one column to the left; lower numbers do too.</summary>
    public const int Left = 0;

    /// <summary>The action that leaves the paddle where it is.</summary>
    public const int Stay = 1;

    /// <summary>The action that moves the paddle one column to the right; higher numbers do too.</summary>
    public const int Right = 2;

    /// <summary>A game on boards of one size.</summary>
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
    public Tensor[] Reset(Key key) => Start(key, draw: 0);

    /// <inheritdoc/>
    public EnvironmentStep Step(Tensor[] state, Tensor actions, Key key)
    {
        Require(state);
        if (actions.Type != ElementType.Int32 || actions.Shape != state[0].Shape)
            throw new ArgumentException($"Catch: actions are Int32 {state[0].Shape}, got {actions.Type} {actions.Shape}.", nameof(actions));
        if (key.Shape != state[0].Shape)
            throw new ArgumentException($"Catch: {state[0].Count} environments need keys {state[0].Shape}, got {key.Shape}.", nameof(key));

        Tensor row = state[0] + 1, column = state[1], paddle = (state[2] + (actions.Clamp(Left, Right) - Stay)).Clamp(0, Columns - 1);
        Tensor ended = row >= Rows - 1, caught = Tensor.Equal(column, paddle);
        Tensor[] moved = [row, column, paddle];
        Tensor[] next = [.. moved.Zip(Start(key, draw: 1), (old, fresh) => Tensor.Where(ended, fresh, old))];
        var reward = ended * ((caught * 2) - 1);
        return new EnvironmentStep(
            next,
            reward.Cast(ElementType.Float32),
            ended.Cast(ElementType.Float32),
            Tensor.Zeros(ended.Shape, ElementType.Float32, ended.Device),
            Observe(next),
            Observe(moved));
    }

    /// <inheritdoc/>
    public Tensor Observe(Tensor[] state)
    {
        Require(state);
        Tensor ball = (state[0] * Columns) + state[1], paddle = state[2] + ((Rows - 1) * Columns);
        int cells = Rows * Columns;
        return Tensor.Maximum(ball.OneHot(cells), paddle.OneHot(cells)).ReshapeTo([ball.Count, .. ObservationShape]);
    }

    // Resets and steps take two numbers of one draw, so that neither repeats the other's with the same key.
    private Tensor[] Start(Key key, int draw)
    {
        if (key.Shape.Rank != 1)
            throw new ArgumentException($"Catch: environments need a key each, [n], got {key.Shape}: see Key.Split.", nameof(key));
        var column = Tensor.Integers(key, 0, Columns, [2])[.., draw];
        return [Everywhere(0), column, Everywhere(Columns / 2)];

        Tensor Everywhere(int value) => Tensor.Full(value, column.Shape, ElementType.Int32, key.Device);
    }

    // Tensors of other shapes could broadcast.
    private static void Require(Tensor[] state)
    {
        if (state.Length != 3 || state.Any(part => part is not { Type: ElementType.Int32, Rank: 1 } || part.Count != state[0].Count))
        {
            string got = string.Join(", ", state.Select(part => $"{part.Type} {part.Shape}"));
            throw new ArgumentException($"Catch: a state is three tensors Int32 [n], got {got}.", nameof(state));
        }
    }
}
