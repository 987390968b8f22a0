using System.Runtime.CompilerServices;

namespace Engine.Kernels.Functions;

/// <summary>y where x is not 0, else z.</summary>
internal readonly struct WhereFunction : ITernary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y, V z)
        where V : struct, ILanes<V>
        => V.Select(V.Equal(x, V.Constant(0)), z, y);
}

/// <summary>x y + z.</summary>
internal readonly struct MultiplyAddFunction : ITernary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y, V z)
        where V : struct, ILanes<V>
        => V.MultiplyAdd(x, y, z);
}
