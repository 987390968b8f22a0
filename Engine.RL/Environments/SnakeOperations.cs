using Engine.Core;
using Engine.Kernels;
using Engine.Kernels.Functions;

namespace Engine.RL.Environments;

/// <summary>
/// What the operations of <see cref="Snake"/> share. They are for one board, or as many as there are along axes in front. Nothing in a game
/// of whole steps has a derivative.
/// </summary>
/// <param name="Cells">The number of cells of a board.</param>
public abstract record SnakeOperation(int Cells) : Operation
{
    // Boards worth another thread.
    private protected const int Grain = 64;

    /// <inheritdoc/>
    public sealed override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => new Tensor?[x.Length];

    /// <inheritdoc/>
    protected sealed override Tensor Batched(BatchedInputs x) => Apply([.. Enumerable.Range(0, x.Count).Select(x.Whole)]);

    // The axes of the boards.
    private protected Shape RequireStates(Tensor states)
        => states.Type == ElementType.Int32 && states.Rank > 0 && states.Shape[-1] == SnakeBoard.Size(Cells)
            ? states.Shape.Sizes[..^1].ToArray()
            : throw Error($"a state of {Cells} cells is Int32 [{SnakeBoard.Size(Cells)}], got {states.Type} {states.Shape}");

    private protected void RequireActions(Tensor actions, Shape boards)
    {
        if (actions.Type != ElementType.Int32 || actions.Shape != boards)
            throw Error($"an action is Int32 {boards}, got {actions.Type} {actions.Shape}");
    }

    private protected Shape RequireKeys(Tensor words, Shape? boards = null)
    {
        boards ??= words.Rank > 0 ? words.Shape.Sizes[..^1].ToArray() : [];
        Shape wanted = [.. boards, RandomKey.Words];
        return words.Type == ElementType.Int32 && words.Shape == wanted
            ? boards
            : throw Error($"a key is Int32 {wanted}, got {words.Type} {words.Shape}");
    }

    private protected static View<int> Copied(Tensor y, Tensor states)
    {
        y.Device.Copy(states.Buffer, 0, y.Buffer, 0, (long)y.Count * sizeof(int));
        return y.Buffer.Update<int>();
    }

    private protected void ForEachBoard<TBody>(Tensor states, TBody body)
        where TBody : unmanaged, IBody
        => states.Device.For(states.Count / states.Shape[-1], body, Grain);
}

/// <summary>The state of new episodes, from keys.</summary>
/// <param name="Cells">The number of cells of a board.</param>
public sealed record SnakeStart(int Cells) : SnakeOperation(Cells)
{
    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
        => (ElementType.Int32, [.. RequireKeys(x[0]), SnakeBoard.Size(Cells)]);

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
        => ForEachBoard(y, new SnakeStartBody(y.Buffer.Write<int>(), x[0].Buffer.Read<int>(), Cells));
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
        var boards = RequireStates(x[0]);
        RequireActions(x[1], boards);
        RequireKeys(x[2], boards);
        return (ElementType.Int32, x[0].Shape);
    }

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
        => ForEachBoard(
            y, new SnakeMoveBody(Copied(y, x[0]), x[1].Buffer.Read<int>(), x[2].Buffer.Read<int>(), Rows, Columns, StepLimit));
}

/// <summary>The state with new episodes where one has ended, from a state, 1 or 0 for whether, and keys.</summary>
/// <param name="Cells">The number of cells of a board.</param>
public sealed record SnakeRestart(int Cells) : SnakeOperation(Cells)
{
    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
    {
        var boards = RequireStates(x[0]);
        if (x[1].Type != ElementType.Int32 || x[1].Shape != boards)
            throw Error($"whether an episode has ended is Int32 {boards}, got {x[1].Type} {x[1].Shape}");
        RequireKeys(x[2], boards);
        return (ElementType.Int32, x[0].Shape);
    }

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
        => ForEachBoard(y, new SnakeRestartBody(Copied(y, x[0]), x[1].Buffer.Read<int>(), x[2].Buffer.Read<int>(), Cells));
}

/// <summary>The observation of a state, Float32 [rows, columns, 5].</summary>
/// <param name="Rows">Rows of a board.</param>
/// <param name="Columns">Columns of a board.</param>
public sealed record SnakeObservation(int Rows, int Columns) : SnakeOperation(Rows * Columns)
{
    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
        => (ElementType.Float32, [.. RequireStates(x[0]), Rows, Columns, Snake.Planes]);

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
    {
        y.Device.Fill(y.Type, y.Buffer, 0);
        ForEachBoard(x[0], new SnakeObservationBody(y.Buffer.Update<float>(), x[0].Buffer.Read<int>(), Cells));
    }
}
