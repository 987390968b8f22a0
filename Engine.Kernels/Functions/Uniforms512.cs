using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Engine.Kernels.Functions;

/// <summary>Uniform numbers in 512-bit registers.</summary>
internal readonly unsafe struct Uniforms512<T> : IUniforms<Lanes512<T>>
    where T : unmanaged, INumber<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Draw(
        StreamKey key, uint block, out Lanes512<T> a, out Lanes512<T> b, out Lanes512<T> c, out Lanes512<T> d)
    {
        if (typeof(T) == typeof(double))
        {
            Vector256<uint> c0 = Vector256.Create(block) + Vector256<uint>.Indices;
            Vector256<uint> c1 = Vector256.Create(key.Step), c2 = Vector256.Create(key.Iteration), c3 = Vector256.Create(key.Replicate);
            Philox.Block(ref c0, ref c1, ref c2, ref c3, Vector256.Create(key.Seed), Vector256.Create(key.Purpose));
            (a, b, c, d) = (OfHalf(c0), OfHalf(c1), OfHalf(c2), OfHalf(c3));
        }
        else
        {
            Vector512<uint> c0 = Vector512.Create(block) + Vector512<uint>.Indices;
            Vector512<uint> c1 = Vector512.Create(key.Step), c2 = Vector512.Create(key.Iteration), c3 = Vector512.Create(key.Replicate);
            Philox.Block(ref c0, ref c1, ref c2, ref c3, Vector512.Create(key.Seed), Vector512.Create(key.Purpose));
            (a, b, c, d) = (OfWhole(c0), OfWhole(c1), OfWhole(c2), OfWhole(c3));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void DrawEach(
        StreamLanes* lanes, uint purpose, uint step, out Lanes512<T> a, out Lanes512<T> b, out Lanes512<T> c, out Lanes512<T> d)
    {
        if (typeof(T) == typeof(double))
        {
            Vector256<uint> c0 = Vector256.Load(lanes->Block), c1 = Vector256.Create(step);
            Vector256<uint> c2 = Vector256.Load(lanes->Iteration), c3 = Vector256.Load(lanes->Replicate);
            Philox.Block(ref c0, ref c1, ref c2, ref c3, Vector256.Load(lanes->Seed), Vector256.Create(purpose));
            (a, b, c, d) = (OfHalf(c0), OfHalf(c1), OfHalf(c2), OfHalf(c3));
        }
        else
        {
            Vector512<uint> c0 = Vector512.Load(lanes->Block), c1 = Vector512.Create(step);
            Vector512<uint> c2 = Vector512.Load(lanes->Iteration), c3 = Vector512.Load(lanes->Replicate);
            Philox.Block(ref c0, ref c1, ref c2, ref c3, Vector512.Load(lanes->Seed), Vector512.Create(purpose));
            (a, b, c, d) = (OfWhole(c0), OfWhole(c1), OfWhole(c2), OfWhole(c3));
        }
    }

    // 23 bits as the mantissa of a float from 1 to 2, less 1 - 2^-24.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Lanes512<T> OfWhole(Vector512<uint> words)
    {
        Vector512<float> above = ((words >>> 9) | Vector512.Create(0x3F800000u)).AsSingle();
        return new((above - Vector512.Create(1 - 5.9604644775390625e-8f)).As<float, T>());
    }

    // 32 bits as the mantissa of a double from 2^20 to 2^20 + 1, less 2^20 - 2^-33.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Lanes512<T> OfHalf(Vector256<uint> words)
    {
        Vector512<ulong> wide = Vector512.WidenLower(words.ToVector512());
        Vector512<double> above = (wide | Vector512.Create(0x4130000000000000UL)).AsDouble();
        return new((above - Vector512.Create(1048576 - 1.1641532182693481e-10)).As<double, T>());
    }
}
