using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Engine.Kernels.Functions;

namespace Engine.Kernels.Cpu;

/// <summary>Lanes of a vector in another order. An order is a vector of whole numbers, which say where each lane comes from.</summary>
internal static class LaneOrder<V, T>
    where V : struct, ILanes<V, T>
    where T : unmanaged
{
    /// <summary>The lanes in an order; anything where a number is not that of a lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Take(V lanes, V order)
    {
        if (typeof(V) == typeof(Lanes512<float>))
            return To(Vector512.ShuffleNative(From<Vector512<float>>(lanes), Vector512.ConvertToInt32Native(From<Vector512<float>>(order))));
        if (typeof(V) == typeof(Lanes512<double>))
            return To(Vector512.ShuffleNative(From<Vector512<double>>(lanes), Vector512.ConvertToInt64Native(From<Vector512<double>>(order))));
        if (typeof(V) == typeof(Lanes512<int>))
            return To(Vector512.ShuffleNative(From<Vector512<int>>(lanes), From<Vector512<int>>(order)));
        if (typeof(V) == typeof(Lanes256<float>))
            return To(Vector256.ShuffleNative(From<Vector256<float>>(lanes), Vector256.ConvertToInt32Native(From<Vector256<float>>(order))));
        if (typeof(V) == typeof(Lanes256<double>))
            return To(Vector256.ShuffleNative(From<Vector256<double>>(lanes), Vector256.ConvertToInt64Native(From<Vector256<double>>(order))));
        if (typeof(V) == typeof(Lanes256<int>))
            return To(Vector256.ShuffleNative(From<Vector256<int>>(lanes), From<Vector256<int>>(order)));
        if (typeof(V) == typeof(Lanes128<float>))
            return To(Vector128.ShuffleNative(From<Vector128<float>>(lanes), Vector128.ConvertToInt32Native(From<Vector128<float>>(order))));
        if (typeof(V) == typeof(Lanes128<double>))
            return To(Vector128.ShuffleNative(From<Vector128<double>>(lanes), Vector128.ConvertToInt64Native(From<Vector128<double>>(order))));
        return To(Vector128.ShuffleNative(From<Vector128<int>>(lanes), From<Vector128<int>>(order)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector From<TVector>(V lanes)
        where TVector : struct
        => Unsafe.BitCast<V, TVector>(lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V To<TVector>(TVector vector)
        where TVector : struct
        => Unsafe.BitCast<TVector, V>(vector);
}
