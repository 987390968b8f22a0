using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Engine.Kernels.Functions;

namespace Engine.Kernels.Cpu;

/// <summary>Moves the lanes of a vector.</summary>
internal static unsafe class LaneShift<V, T>
    where V : struct, ILanes<V, T>
    where T : unmanaged, INumber<T>
{
    /// <summary>The lanes from one on; anything where there are no more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V From(V lanes, int first)
    {
        bool isWord = sizeof(T) == sizeof(int);
        if (typeof(V) == typeof(Lanes512<T>))
        {
            return isWord
                ? Of(Vector512.ShuffleNative(As<Vector512<int>>(lanes), Vector512<int>.Indices + Vector512.Create(first)))
                : Of(Vector512.ShuffleNative(As<Vector512<long>>(lanes), Vector512<long>.Indices + Vector512.Create((long)first)));
        }

        if (typeof(V) == typeof(Lanes256<T>))
        {
            return isWord
                ? Of(Vector256.ShuffleNative(As<Vector256<int>>(lanes), Vector256<int>.Indices + Vector256.Create(first)))
                : Of(Vector256.ShuffleNative(As<Vector256<long>>(lanes), Vector256<long>.Indices + Vector256.Create((long)first)));
        }

        return isWord
            ? Of(Vector128.ShuffleNative(As<Vector128<int>>(lanes), Vector128<int>.Indices + Vector128.Create(first)))
            : Of(Vector128.ShuffleNative(As<Vector128<long>>(lanes), Vector128<long>.Indices + Vector128.Create((long)first)));
    }

    private static TVector As<TVector>(V lanes)
        where TVector : struct
        => Unsafe.BitCast<V, TVector>(lanes);

    private static V Of<TVector>(TVector vector)
        where TVector : struct
        => Unsafe.BitCast<TVector, V>(vector);
}
