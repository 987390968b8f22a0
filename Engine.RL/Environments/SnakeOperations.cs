using Engine.Core;
using Engine.Kernels;
using Engine.Kernels.Functions;

namespace Engine.RL.Environments;

/// <summary>
/// What the operations of <see cref="Snake"/> share. They are for one board, or as many as there are along axes in front. Nothing in a game
/// of whole steps has a derivative.
/// </summary>
/// <param name="Rows">Rows of a board.</param>
/// <param name="Columns">Columns of a board.</param>
public abstract record SnakeOperation(int Rows, int Columns) : Primitive
{
    // Boards worth another thread.
    private protected const int Grain = 32;

    private protected int Cells => Rows * Columns;

    /// <inheritdoc/>
    public sealed override Tensor?[] VjpAll(Tensor?[] g, Tensor[] y, Tensor[] x, bool[] wanted) => new Tensor?[x.Length];

    /// <inheritdoc/>
    protected sealed override Tensor[] BatchedAll(BatchedInputs x) => ApplyAll([.. Enumerable.Range(0, x.Count).Select(x.Whole)]);

    // The axes of the boards.
    private protected Shape RequireStates(Tensor states)
        => states.Type == ElementType.Int32 && states.Rank > 0 && states.Shape[-1] == SnakeBoard.Size(Cells)
            ? states.Shape.Sizes[..^1].ToArray()
            : throw Error($"a state of {Cells} cells is Int32 [{SnakeBoard.Size(Cells)}], got {states.Type} {states.Shape}");

    private protected Shape RequireKeys(Tensor words, Shape? boards = null)
    {
        boards ??= words.Rank > 0 ? words.Shape.Sizes[..^1].ToArray() : [];
        Shape wanted = [.. boards, RandomKey.Words];
        return words.Type == ElementType.Int32 && words.Shape == wanted
            ? boards
            : throw Error($"a key is Int32 {wanted}, got {words.Type} {words.Shape}");
    }

    private protected (ElementType Type, Shape Shape) ObservationOf(Shape boards)
        => (ElementType.Float32, [.. boards, Rows, Columns, Snake.Planes]);
}

/// <summary>The state of new episodes, from keys.</summary>
/// <inheritdoc/>
public sealed record SnakeStart(int Rows, int Columns) : SnakeOperation(Rows, Columns)
{
    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape)[] InferAll(Tensor[] x)
        => [(ElementType.Int32, [.. RequireKeys(x[0]), SnakeBoard.Size(Cells)])];

    /// <inheritdoc/>
    protected override void ComputeAll(Tensor[] y, Tensor[] x)
    {
        var body = new SnakeStartBody(y[0].Buffer.Write<int>(), x[0].Buffer.Read<int>(), Cells);
        y[0].Device.ForRows(x[0].Count / RandomKey.Words, Cells, body, Grain, independent: true);
    }
}

/// <summary>The observation of a state, Float32 [rows, columns, 5].</summary>
/// <inheritdoc/>
public sealed record SnakeObservation(int Rows, int Columns) : SnakeOperation(Rows, Columns)
{
    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape)[] InferAll(Tensor[] x) => [ObservationOf(RequireStates(x[0]))];

    /// <inheritdoc/>
    protected override void ComputeAll(Tensor[] y, Tensor[] x)
    {
        var body = new SnakeObservationBody(y[0].Buffer.Write<float>(), x[0].Buffer.Read<int>(), Cells);
        y[0].Device.ForRows(x[0].Count / SnakeBoard.Size(Cells), Cells, body, Grain, independent: true);
    }
}

/// <summary>
/// A step, from a state, actions and keys: the state after it, the reward, whether the episode has terminated, whether it is truncated, and
/// the observation of the state after it.
/// </summary>
/// <param name="Rows">Rows of a board.</param>
/// <param name="Columns">Columns of a board.</param>
/// <param name="StepLimit">The step at which an episode is truncated.</param>
/// <param name="Restarts">Whether the state after it is that of a new episode where one has ended; else it is the last.</param>
public sealed record SnakeStep(int Rows, int Columns, int StepLimit, bool Restarts) : SnakeOperation(Rows, Columns)
{
    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape)[] InferAll(Tensor[] x)
    {
        var boards = RequireStates(x[0]);
        if (x[1].Type != ElementType.Int32 || x[1].Shape != boards)
            throw Error($"an action is Int32 {boards}, got {x[1].Type} {x[1].Shape}");
        RequireKeys(x[2], boards);
        var number = (ElementType.Float32, boards);
        return [(ElementType.Int32, x[0].Shape), number, number, number, ObservationOf(boards)];
    }

    /// <inheritdoc/>
    protected override void ComputeAll(Tensor[] y, Tensor[] x)
    {
        var body = new SnakeStepBody(
            y[0].Buffer.Write<int>(),
            y[1].Buffer.Write<float>(),
            y[2].Buffer.Write<float>(),
            y[3].Buffer.Write<float>(),
            y[4].Buffer.Write<float>(),
            x[0].Buffer.Read<int>(),
            x[1].Buffer.Read<int>(),
            x[2].Buffer.Read<int>(),
            Rows,
            Columns,
            StepLimit,
            Restarts ? 1 : 0);
        y[0].Device.ForRows(y[1].Count, Cells, body, Grain, independent: true);
    }
}
