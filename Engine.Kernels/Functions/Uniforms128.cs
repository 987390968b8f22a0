using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Engine.Kernels.Functions;

/// <summary>Uniform numbers in 128-bit registers.</summary>
internal readonly unsafe struct Uniforms128<T> : IUniforms<T>
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
            Vector128<uint> c0 = Vector128.Create(block) + Vector128<uint>.Indices;
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
            Vector128<uint> c0 = Vector128.Load(lanes->Block), c1 = Vector128.Create(RandomKey.Draws);
            Vector128<uint> c2 = Vector128.Load(lanes->Word2), c3 = Vector128.Load(lanes->Word3);
            Philox.Block(ref c0, ref c1, ref c2, ref c3, Vector128.Load(lanes->Word0), Vector128.Load(lanes->Word1));
            Store(to, OfWhole(c0, distances), OfWhole(c1, distances), OfWhole(c2, distances), OfWhole(c3, distances));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(T* to, Lanes128<T> a, Lanes128<T> b, Lanes128<T> c, Lanes128<T> d)
    {
        Lanes128<T>.Store(a, to);
        Lanes128<T>.Store(b, to + Lanes128<T>.Count);
        Lanes128<T>.Store(c, to + (2 * Lanes128<T>.Count));
        Lanes128<T>.Store(d, to + (3 * Lanes128<T>.Count));
    }

    // 23 bits as the mantissa of a float from 1 to 2, less 1 - 2^-24.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Lanes128<T> OfWhole(Vector128<uint> words, bool distances)
    {
        if (distances)
            return Distances(~words);
        Vector128<float> above = ((words >>> 9) | Vector128.Create(0x3F800000u)).AsSingle();
        return new((above - Vector128.Create(1 - 5.9604644775390625e-8f)).As<float, T>());
    }

    // In two halves, which are exact; their sum is rounded once. That of the largest word would be 1.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Lanes128<T> Distances(Vector128<uint> words)
    {
        Vector128<float> upper = Vector128.ConvertToSingle((words >>> 16).AsInt32());
        Vector128<float> lower = Vector128.ConvertToSingle((words & Vector128.Create(0xFFFFu)).AsInt32()) + Vector128.Create(0.5f);
        Vector128<float> distance = (upper * Vector128.Create(1.52587890625e-5f)) + (lower * Vector128.Create(2.3283064365386963e-10f));
        return new(Vector128.MinNative(distance, Vector128.Create(1 - 5.9604644775390625e-8f)).As<float, T>());
    }

    // 32 bits as the mantissa of a double from 2^20 to 2^20 + 1, less 2^20 - 2^-33.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Lanes128<T> OfHalf(Vector128<uint> words, bool distances)
    {
        words ^= Vector128.Create(distances ? uint.MaxValue : 0);
        Vector128<ulong> wide = Vector128.WidenLower(words);
        Vector128<double> above = (wide | Vector128.Create(0x4130000000000000UL)).AsDouble();
        return new((above - Vector128.Create(1048576 - 1.1641532182693481e-10)).As<double, T>());
    }
}
