using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Engine.Kernels.Functions;

/// <summary>Uniform numbers in 256-bit registers.</summary>
internal readonly unsafe struct Uniforms256<T> : IUniforms<T>
    where T : unmanaged, INumber<T>
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Draw(in RandomKey key, uint block, T* to, bool distances)
    {
        if (typeof(T) == typeof(double))
        {
            Vector128<uint> c0 = Vector128.Create(block) + Vector128<uint>.Indices;
            Philox.Block(ref c0, out var c1, out var c2, out var c3, RandomKey.Draws, key.Word2, key.Word3, key.Word0, key.Word1);
            Store(to, OfHalf(c0, distances), OfHalf(c1, distances), OfHalf(c2, distances), OfHalf(c3, distances));
        }
        else
        {
            Vector256<uint> c0 = Vector256.Create(block) + Vector256<uint>.Indices;
            Philox.Block(ref c0, out var c1, out var c2, out var c3, RandomKey.Draws, key.Word2, key.Word3, key.Word0, key.Word1);
            Store(to, OfWhole(c0, distances), OfWhole(c1, distances), OfWhole(c2, distances), OfWhole(c3, distances));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void DrawEach(KeyLanes* lanes, T* to, bool distances)
    {
        if (typeof(T) == typeof(double))
        {
            Vector128<uint> c0 = Vector128.Load(lanes->Block), c1 = Vector128.Create(RandomKey.Draws);
            Vector128<uint> c2 = Vector128.Load(lanes->Word2), c3 = Vector128.Load(lanes->Word3);
            Philox.Block(ref c0, ref c1, ref c2, ref c3, Vector128.Load(lanes->Word0), Vector128.Load(lanes->Word1));
            Store(to, OfHalf(c0, distances), OfHalf(c1, distances), OfHalf(c2, distances), OfHalf(c3, distances));
        }
        else
        {
            Vector256<uint> c0 = Vector256.Load(lanes->Block), c1 = Vector256.Create(RandomKey.Draws);
            Vector256<uint> c2 = Vector256.Load(lanes->Word2), c3 = Vector256.Load(lanes->Word3);
            Philox.Block(ref c0, ref c1, ref c2, ref c3, Vector256.Load(lanes->Word0), Vector256.Load(lanes->Word1));
            Store(to, OfWhole(c0, distances), OfWhole(c1, distances), OfWhole(c2, distances), OfWhole(c3, distances));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(T* to, Lanes256<T> a, Lanes256<T> b, Lanes256<T> c, Lanes256<T> d)
    {
        Lanes256<T>.Store(a, to);
        Lanes256<T>.Store(b, to + Lanes256<T>.Count);
        Lanes256<T>.Store(c, to + (2 * Lanes256<T>.Count));
        Lanes256<T>.Store(d, to + (3 * Lanes256<T>.Count));
    }

    // 23 bits as the mantissa of a float from 1 to 2, less 1 - 2^-24.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Lanes256<T> OfWhole(Vector256<uint> words, bool distances)
    {
        if (distances)
            return Distances(~words);
        Vector256<float> above = ((words >>> 9) | Vector256.Create(0x3F800000u)).AsSingle();
        return new((above - Vector256.Create(1 - 5.9604644775390625e-8f)).As<float, T>());
    }

    // In two halves, which are exact; their sum is rounded once. That of the largest word would be 1.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Lanes256<T> Distances(Vector256<uint> words)
    {
        Vector256<float> upper = Vector256.ConvertToSingle((words >>> 16).AsInt32());
        Vector256<float> lower = Vector256.ConvertToSingle((words & Vector256.Create(0xFFFFu)).AsInt32()) + Vector256.Create(0.5f);
        Vector256<float> distance = (upper * Vector256.Create(1.52587890625e-5f)) + (lower * Vector256.Create(2.3283064365386963e-10f));
        return new(Vector256.MinNative(distance, Vector256.Create(1 - 5.9604644775390625e-8f)).As<float, T>());
    }

    // 32 bits as the mantissa of a double from 2^20 to 2^20 + 1, less 2^20 - 2^-33.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Lanes256<T> OfHalf(Vector128<uint> words, bool distances)
    {
        words ^= Vector128.Create(distances ? uint.MaxValue : 0);
        Vector256<ulong> wide = Vector256.WidenLower(words.ToVector256());
        Vector256<double> above = (wide | Vector256.Create(0x4130000000000000UL)).AsDouble();
        return new((above - Vector256.Create(1048576 - 1.1641532182693481e-10)).As<double, T>());
    }
}
