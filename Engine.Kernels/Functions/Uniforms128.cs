using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Engine.Kernels.Functions;

/// <summary>Uniform numbers in 128-bit registers.</summary>
internal readonly unsafe struct Uniforms128<T> : IUniforms<Lanes128<T>>
    where T : unmanaged, INumber<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Draw(
        StreamKey key, uint block, out Lanes128<T> a, out Lanes128<T> b, out Lanes128<T> c, out Lanes128<T> d)
    {
        if (typeof(T) == typeof(double))
        {
            Vector128<uint> c0 = Vector128.Create(block) + Vector128<uint>.Indices;
            Vector128<uint> c1 = Vector128.Create(key.Step), c2 = Vector128.Create(key.Iteration), c3 = Vector128.Create(key.Replicate);
            Philox.Block(ref c0, ref c1, ref c2, ref c3, Vector128.Create(key.Seed), Vector128.Create(key.Purpose));
            (a, b, c, d) = (OfHalf(c0), OfHalf(c1), OfHalf(c2), OfHalf(c3));
        }
        else
        {
            Vector128<uint> c0 = Vector128.Create(block) + Vector128<uint>.Indices;
            Vector128<uint> c1 = Vector128.Create(key.Step), c2 = Vector128.Create(key.Iteration), c3 = Vector128.Create(key.Replicate);
            Philox.Block(ref c0, ref c1, ref c2, ref c3, Vector128.Create(key.Seed), Vector128.Create(key.Purpose));
            (a, b, c, d) = (OfWhole(c0), OfWhole(c1), OfWhole(c2), OfWhole(c3));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void DrawEach(
        StreamLanes* lanes, uint purpose, uint step, out Lanes128<T> a, out Lanes128<T> b, out Lanes128<T> c, out Lanes128<T> d)
    {
        if (typeof(T) == typeof(double))
        {
            Vector128<uint> c0 = Vector128.Load(lanes->Block), c1 = Vector128.Create(step);
            Vector128<uint> c2 = Vector128.Load(lanes->Iteration), c3 = Vector128.Load(lanes->Replicate);
            Philox.Block(ref c0, ref c1, ref c2, ref c3, Vector128.Load(lanes->Seed), Vector128.Create(purpose));
            (a, b, c, d) = (OfHalf(c0), OfHalf(c1), OfHalf(c2), OfHalf(c3));
        }
        else
        {
            Vector128<uint> c0 = Vector128.Load(lanes->Block), c1 = Vector128.Create(step);
            Vector128<uint> c2 = Vector128.Load(lanes->Iteration), c3 = Vector128.Load(lanes->Replicate);
            Philox.Block(ref c0, ref c1, ref c2, ref c3, Vector128.Load(lanes->Seed), Vector128.Create(purpose));
            (a, b, c, d) = (OfWhole(c0), OfWhole(c1), OfWhole(c2), OfWhole(c3));
        }
    }

    // 23 bits as the mantissa of a float from 1 to 2, less 1 - 2^-24.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Lanes128<T> OfWhole(Vector128<uint> words)
    {
        Vector128<float> above = ((words >>> 9) | Vector128.Create(0x3F800000u)).AsSingle();
        return new((above - Vector128.Create(1 - 5.9604644775390625e-8f)).As<float, T>());
    }

    // 32 bits as the mantissa of a double from 2^20 to 2^20 + 1, less 2^20 - 2^-33.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Lanes128<T> OfHalf(Vector128<uint> words)
    {
        Vector128<ulong> wide = Vector128.WidenLower(words);
        Vector128<double> above = (wide | Vector128.Create(0x4130000000000000UL)).AsDouble();
        return new((above - Vector128.Create(1048576 - 1.1641532182693481e-10)).As<double, T>());
    }
}
