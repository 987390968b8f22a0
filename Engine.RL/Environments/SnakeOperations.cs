using Engine.Core;
using Engine.Kernels;
using Engine.Kernels.Functions;

namespace Engine.RL.Environments;

/// <summary>What the operations of <see cref="Snake"/> share. Nothing in a game of whole steps has a derivative.</summary>
/// <param name="Cells">The number of cells of a board.</param>
public abstract record SnakeOperation(int Cells) : Operation
{
    // Boards worth another thread.
    private protected const int Grain = 64;

    /// <inheritdoc/>
    public sealed override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => new Tensor?[x.Length];

    /// <inheritdoc/>
    protected sealed override Tensor Batched(BatchedInputs x)
        => x.Unfold(Apply([.. Enumerable.Range(0, x.Count).Select(x.Folded)]));

    private protected int RequireStates(Tensor states)
        => states is { Type: ElementType.Int32, Rank: 2 } && states.Shape[1] == SnakeBoard.Size(Cells)
            ? states.Shape[0]
            : throw Error($"a state of {Cells} cells is Int32 [n, {SnakeBoard.Size(Cells)}], got {states.Type} {states.Shape}");

    private protected void RequireActions(Tensor actions, int count)
    {
        if (actions is not { Type: ElementType.Int32, Rank: 1 } || actions.Count != count)
            throw Error($"actions of {count} environments are Int32 [{count}], got {actions.Type} {actions.Shape}");
    }

    private protected int RequireKeys(Tensor words, int? count = null)
        => words is { Type: ElementType.Int32, Rank: 2 } && words.Shape[1] == RandomKey.Words && (count is null || words.Shape[0] == count)
            ? words.Shape[0]
            : throw Error(
                $"a key for each environment is Int32 [{(count is null ? "n" : count)}, {RandomKey.Words}], "
                + $"got {words.Type} {words.Shape}: see Key.Split");

    private protected static View<int> Copied(Tensor y, Tensor states)
    {
        y.Device.Copy(states.Buffer, 0, y.Buffer, 0, (long)y.Count * sizeof(int));
        return y.Buffer.Update<int>();
    }
}

/// <summary>The state of new episodes, from keys.</summary>
/// <param name="Cells">The number of cells of a board.</param>
public sealed record SnakeStart(int Cells) : SnakeOperation(Cells)
{
    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
        => (ElementType.Int32, [RequireKeys(x[0]), SnakeBoard.Size(Cells)]);

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
        => y.Device.For(y.Shape[0], new SnakeStartBody(y.Buffer.Write<int>(), x[0].Buffer.Read<int>(), Cells), Grain);
}

/// <summary>The state after a move, from a state, actions and keys; ended episodes stay as they ended.</summary>
/// <param name="Rows">Rows of a board.</param>
/// <param name="Columns">Columns of a board.</param>
/// <param name="StepLimit">The step at which an episode ends.</param>
public sealed record SnakeMove(int Rows, int Columns, int StepLimit) : SnakeOperation(Rows * Columns)
{
    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
    {
        int count = RequireStates(x[0]);
        RequireActions(x[1], count);
        RequireKeys(x[2], count);
        return (ElementType.Int32, x[0].Shape);
    }

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
    {
        var body = new SnakeMoveBody(Copied(y, x[0]), x[1].Buffer.Read<int>(), x[2].Buffer.Read<int>(), Rows, Columns, StepLimit);
        y.Device.For(y.Shape[0], body, Grain);
    }
}

/// <summary>The state with new episodes where one has ended, from a state and keys.</summary>
/// <param name="Cells">The number of cells of a board.</param>
public sealed record SnakeRestart(int Cells) : SnakeOperation(Cells)
{
    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
    {
        RequireKeys(x[1], RequireStates(x[0]));
        return (ElementType.Int32, x[0].Shape);
    }

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
        => y.Device.For(y.Shape[0], new SnakeRestartBody(Copied(y, x[0]), x[1].Buffer.Read<int>(), Cells), Grain);
}

/// <summary>The observation of a state, Float32 [n, rows, columns, 5].</summary>
/// <param name="Rows">Rows of a board.</param>
/// <param name="Columns">Columns of a board.</param>
public sealed record SnakeObservation(int Rows, int Columns) : SnakeOperation(Rows * Columns)
{
    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
        => (ElementType.Float32, [RequireStates(x[0]), Rows, Columns, Snake.Planes]);

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
    {
        y.Device.Fill(y.Type, y.Buffer, 0);
        y.Device.For(y.Shape[0], new SnakeObservationBody(y.Buffer.Update<float>(), x[0].Buffer.Read<int>(), Cells), Grain);
    }
}
