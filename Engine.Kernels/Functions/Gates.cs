using System.Runtime.CompilerServices;

namespace Engine.Kernels.Functions;

/// <summary>x where y is positive, else 0: the derivative of a rectified linear unit, applied.</summary>
public readonly struct GateFunction : IBinary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y)
        where V : struct, ILanes<V>
        => (y > V.Constant(0)) & x;
}
