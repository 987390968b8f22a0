using System.Runtime.CompilerServices;

namespace Engine.Kernels.Functions;

/// <summary>x + y.</summary>
internal readonly struct SumReducer : IReducer
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Identity<V>()
        where V : struct, ILanes<V>
        => V.Constant(0);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Combine<V>(V x, V y)
        where V : struct, ILanes<V>
        => x + y;
}

/// <summary>x y.</summary>
internal readonly struct ProdReducer : IReducer
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Identity<V>()
        where V : struct, ILanes<V>
        => V.Constant(1);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Combine<V>(V x, V y)
        where V : struct, ILanes<V>
        => x * y;
}

/// <summary>The smaller of x and y; NaN if either is.</summary>
internal readonly struct MinReducer : IReducer
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Identity<V>()
        where V : struct, ILanes<V>
        => V.Constant(V.ElementType == ElementType.Int32 ? int.MaxValue : double.PositiveInfinity);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Combine<V>(V x, V y)
        where V : struct, ILanes<V>
        => V.Min(x, y);
}

/// <summary>The larger of x and y; NaN if either is.</summary>
internal readonly struct MaxReducer : IReducer
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Identity<V>()
        where V : struct, ILanes<V>
        => V.Constant(V.ElementType == ElementType.Int32 ? int.MinValue : double.NegativeInfinity);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Combine<V>(V x, V y)
        where V : struct, ILanes<V>
        => V.Max(x, y);
}
