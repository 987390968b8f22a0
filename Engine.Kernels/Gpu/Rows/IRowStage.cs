using ILGPU;

namespace Engine.Kernels.Gpu.Rows;

/// <summary>What a command does for a row, as a part of a <see cref="RowLoopKernel{TStep, T}"/>: a struct of views and numbers.</summary>
internal interface IRowStage
{
    /// <summary>Whether it works in float64, for which shared memory must have room.</summary>
    static abstract bool IsDouble { get; }

    /// <summary>Does a row. All threads of a group call it, and reach the same barriers.</summary>
    /// <param name="row">The row.</param>
    /// <param name="shared">Fast memory of the group, <see cref="RowLoopKernel.SharedBytes"/>, which others have used and will use.</param>
    void Invoke<T>(int row, ArrayView<Quad<T>> shared)
        where T : unmanaged, System.Numerics.INumber<T>;
}

/// <summary>One stage after another.</summary>
/// <remarks>
/// Not readonly, for the rest to be used where it is, in memory: only what the first one needs is loaded before that runs.
/// </remarks>
internal struct Then<TFirst, TRest>(TFirst first, TRest rest) : IRowStage
    where TFirst : struct, IRowStage
    where TRest : struct, IRowStage
{
    private TFirst _first = first;
    private TRest _rest = rest;

    /// <inheritdoc/>
    public static bool IsDouble => TFirst.IsDouble || TRest.IsDouble;

    /// <inheritdoc/>
    public void Invoke<T>(int row, ArrayView<Quad<T>> shared)
        where T : unmanaged, System.Numerics.INumber<T>
    {
        var first = _first;
        first.Invoke(row, shared);
        Group.Barrier();
        _rest.Invoke(row, shared);
    }
}

/// <summary>The last stage of a step.</summary>
internal struct Last<TStage>(TStage stage) : IRowStage
    where TStage : struct, IRowStage
{
    private TStage _stage = stage;

    /// <inheritdoc/>
    public static bool IsDouble => TStage.IsDouble;

    /// <inheritdoc/>
    public void Invoke<T>(int row, ArrayView<Quad<T>> shared)
        where T : unmanaged, System.Numerics.INumber<T>
    {
        var stage = _stage;
        stage.Invoke(row, shared);
    }
}

/// <summary>A body for the indices of a row, by the threads of the group.</summary>
/// <param name="body">The body.</param>
/// <param name="indices">Indices of a row.</param>
internal readonly struct BodyStage<TBody>(TBody body, int indices) : IRowStage
    where TBody : struct, IBody
{
    /// <inheritdoc/>
    public static bool IsDouble => false;

    /// <inheritdoc/>
    public void Invoke<T>(int row, ArrayView<Quad<T>> shared)
        where T : unmanaged, System.Numerics.INumber<T>
    {
        for (int index = Group.IdxX; index < indices; index += Group.DimX)
            body.Invoke((row * indices) + index);
    }
}
