using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Engine.Kernels.Functions;

/// <summary>
/// Philox 4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw (2011): a keyed bijection of 128-bit counters, so
/// that any number of any stream is had directly, in any order.
/// </summary>
public static class Philox
{
    private const int Rounds = 10;
    private const uint Multiplier0 = 0xD2511F53, Multiplier1 = 0xCD9E8D57;
    private const uint Weyl0 = 0x9E3779B9, Weyl1 = 0xBB67AE85;

    /// <summary>Replaces a counter by its four random words.</summary>
    public static void Block(ref uint counter0, ref uint counter1, ref uint counter2, ref uint counter3, uint key0, uint key1)
    {
        uint c0 = counter0, c1 = counter1, c2 = counter2, c3 = counter3;
        for (int round = 0; round < Rounds; round++)
        {
            ulong product0 = (ulong)c0 * Multiplier0, product1 = (ulong)c2 * Multiplier1;
            c0 = (uint)(product1 >> 32) ^ c1 ^ key0;
            c1 = (uint)product1;
            c2 = (uint)(product0 >> 32) ^ c3 ^ key1;
            c3 = (uint)product0;
            key0 += Weyl0;
            key1 += Weyl1;
        }

        (counter0, counter1, counter2, counter3) = (c0, c1, c2, c3);
    }

    /// <summary>Replaces 16 counters, one in each lane, by their random words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Block(
        ref Vector512<uint> counter0, ref Vector512<uint> counter1, ref Vector512<uint> counter2, ref Vector512<uint> counter3,
        Vector512<uint> key0, Vector512<uint> key1)
    {
        // Even lanes in a and odd lanes in b, each in the lower half of 64 bits, where the product of the next round wants them. What is
        // in the upper halves never matters.
        Vector512<ulong> a0 = counter0.AsUInt64(), a1 = counter1.AsUInt64(), a2 = counter2.AsUInt64(), a3 = counter3.AsUInt64();
        Vector512<ulong> b0 = a0 >>> 32, b1 = a1 >>> 32, b2 = a2 >>> 32, b3 = a3 >>> 32;
        Vector512<uint> keyB0 = (key0.AsUInt64() >>> 32).AsUInt32(), keyB1 = (key1.AsUInt64() >>> 32).AsUInt32();
        for (int round = 0; round < Rounds; round++)
        {
            Vector512<ulong> productA0 = MultiplyLow(a0, Vector512.Create((ulong)Multiplier0));
            Vector512<ulong> productB0 = MultiplyLow(b0, Vector512.Create((ulong)Multiplier0));
            Vector512<ulong> productA1 = MultiplyLow(a2, Vector512.Create((ulong)Multiplier1));
            Vector512<ulong> productB1 = MultiplyLow(b2, Vector512.Create((ulong)Multiplier1));
            a0 = (productA1 >>> 32) ^ a1 ^ key0.AsUInt64();
            b0 = (productB1 >>> 32) ^ b1 ^ keyB0.AsUInt64();
            a2 = (productA0 >>> 32) ^ a3 ^ key1.AsUInt64();
            b2 = (productB0 >>> 32) ^ b3 ^ keyB1.AsUInt64();
            a1 = productA1;
            b1 = productB1;
            a3 = productA0;
            b3 = productB0;
            key0 += Vector512.Create(Weyl0);
            key1 += Vector512.Create(Weyl1);
            keyB0 += Vector512.Create(Weyl0);
            keyB1 += Vector512.Create(Weyl1);
        }

        counter0 = Interleave(a0, b0);
        counter1 = Interleave(a1, b1);
        counter2 = Interleave(a2, b2);
        counter3 = Interleave(a3, b3);
    }

    /// <summary>Replaces 8 counters, one in each lane, by their random words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Block(
        ref Vector256<uint> counter0, ref Vector256<uint> counter1, ref Vector256<uint> counter2, ref Vector256<uint> counter3,
        Vector256<uint> key0, Vector256<uint> key1)
    {
        Vector256<ulong> a0 = counter0.AsUInt64(), a1 = counter1.AsUInt64(), a2 = counter2.AsUInt64(), a3 = counter3.AsUInt64();
        Vector256<ulong> b0 = a0 >>> 32, b1 = a1 >>> 32, b2 = a2 >>> 32, b3 = a3 >>> 32;
        Vector256<uint> keyB0 = (key0.AsUInt64() >>> 32).AsUInt32(), keyB1 = (key1.AsUInt64() >>> 32).AsUInt32();
        for (int round = 0; round < Rounds; round++)
        {
            Vector256<ulong> productA0 = MultiplyLow(a0, Vector256.Create((ulong)Multiplier0));
            Vector256<ulong> productB0 = MultiplyLow(b0, Vector256.Create((ulong)Multiplier0));
            Vector256<ulong> productA1 = MultiplyLow(a2, Vector256.Create((ulong)Multiplier1));
            Vector256<ulong> productB1 = MultiplyLow(b2, Vector256.Create((ulong)Multiplier1));
            a0 = (productA1 >>> 32) ^ a1 ^ key0.AsUInt64();
            b0 = (productB1 >>> 32) ^ b1 ^ keyB0.AsUInt64();
            a2 = (productA0 >>> 32) ^ a3 ^ key1.AsUInt64();
            b2 = (productB0 >>> 32) ^ b3 ^ keyB1.AsUInt64();
            a1 = productA1;
            b1 = productB1;
            a3 = productA0;
            b3 = productB0;
            key0 += Vector256.Create(Weyl0);
            key1 += Vector256.Create(Weyl1);
            keyB0 += Vector256.Create(Weyl0);
            keyB1 += Vector256.Create(Weyl1);
        }

        counter0 = Interleave(a0, b0);
        counter1 = Interleave(a1, b1);
        counter2 = Interleave(a2, b2);
        counter3 = Interleave(a3, b3);
    }

    /// <summary>Replaces 4 counters, one in each lane, by their random words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Block(
        ref Vector128<uint> counter0, ref Vector128<uint> counter1, ref Vector128<uint> counter2, ref Vector128<uint> counter3,
        Vector128<uint> key0, Vector128<uint> key1)
    {
        Vector128<ulong> a0 = counter0.AsUInt64(), a1 = counter1.AsUInt64(), a2 = counter2.AsUInt64(), a3 = counter3.AsUInt64();
        Vector128<ulong> b0 = a0 >>> 32, b1 = a1 >>> 32, b2 = a2 >>> 32, b3 = a3 >>> 32;
        Vector128<uint> keyB0 = (key0.AsUInt64() >>> 32).AsUInt32(), keyB1 = (key1.AsUInt64() >>> 32).AsUInt32();
        for (int round = 0; round < Rounds; round++)
        {
            Vector128<ulong> productA0 = MultiplyLow(a0, Vector128.Create((ulong)Multiplier0));
            Vector128<ulong> productB0 = MultiplyLow(b0, Vector128.Create((ulong)Multiplier0));
            Vector128<ulong> productA1 = MultiplyLow(a2, Vector128.Create((ulong)Multiplier1));
            Vector128<ulong> productB1 = MultiplyLow(b2, Vector128.Create((ulong)Multiplier1));
            a0 = (productA1 >>> 32) ^ a1 ^ key0.AsUInt64();
            b0 = (productB1 >>> 32) ^ b1 ^ keyB0.AsUInt64();
            a2 = (productA0 >>> 32) ^ a3 ^ key1.AsUInt64();
            b2 = (productB0 >>> 32) ^ b3 ^ keyB1.AsUInt64();
            a1 = productA1;
            b1 = productB1;
            a3 = productA0;
            b3 = productB0;
            key0 += Vector128.Create(Weyl0);
            key1 += Vector128.Create(Weyl1);
            keyB0 += Vector128.Create(Weyl0);
            keyB1 += Vector128.Create(Weyl1);
        }

        counter0 = Interleave(a0, b0);
        counter1 = Interleave(a1, b1);
        counter2 = Interleave(a2, b2);
        counter3 = Interleave(a3, b3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> MultiplyLow(Vector512<ulong> x, Vector512<ulong> multiplier)
        => Avx512F.IsSupported
            ? Avx512F.Multiply(x.AsUInt32(), multiplier.AsUInt32())
            : (x & Vector512.Create((ulong)uint.MaxValue)) * multiplier;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Interleave(Vector512<ulong> even, Vector512<ulong> odd)
        => Vector512.ConditionalSelect(Vector512.Create((ulong)uint.MaxValue), even, odd << 32).AsUInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> MultiplyLow(Vector256<ulong> x, Vector256<ulong> multiplier)
        => Avx2.IsSupported
            ? Avx2.Multiply(x.AsUInt32(), multiplier.AsUInt32())
            : (x & Vector256.Create((ulong)uint.MaxValue)) * multiplier;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Interleave(Vector256<ulong> even, Vector256<ulong> odd)
        => Vector256.ConditionalSelect(Vector256.Create((ulong)uint.MaxValue), even, odd << 32).AsUInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> MultiplyLow(Vector128<ulong> x, Vector128<ulong> multiplier)
        => Sse2.IsSupported
            ? Sse2.Multiply(x.AsUInt32(), multiplier.AsUInt32())
            : (x & Vector128.Create((ulong)uint.MaxValue)) * multiplier;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Interleave(Vector128<ulong> even, Vector128<ulong> odd)
        => Vector128.ConditionalSelect(Vector128.Create((ulong)uint.MaxValue), even, odd << 32).AsUInt32();
}
