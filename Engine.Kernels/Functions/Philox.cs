using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Engine.Kernels.Functions;

/// <summary>
/// Philox 4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw (2011): a keyed bijection of 128-bit counters, so
/// that any number of any key is had directly, in any order.
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
        Vector512<uint> weyl0 = Vector512.Create(Weyl0), weyl1 = Vector512.Create(Weyl1);
        Vector512<uint> keyA0 = key0, keyA1 = key1;
        Vector512<uint> keyB0 = (key0.AsUInt64() >>> 32).AsUInt32(), keyB1 = (key1.AsUInt64() >>> 32).AsUInt32();
        for (int round = 0; round < Rounds; round++)
        {
            Round(ref a0, ref a1, ref a2, ref a3, keyA0, keyA1);
            Round(ref b0, ref b1, ref b2, ref b3, keyB0, keyB1);
            (keyA0, keyA1, keyB0, keyB1) = (keyA0 + weyl0, keyA1 + weyl1, keyB0 + weyl0, keyB1 + weyl1);
        }

        counter0 = Interleave(a0, b0);
        counter1 = Interleave(a1, b1);
        counter2 = Interleave(a2, b2);
        counter3 = Interleave(a3, b3);
    }

    /// <summary>The random words of 16 counters that share all but <paramref name="counter0"/>, and a key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Block(
        ref Vector512<uint> counter0, out Vector512<uint> word1, out Vector512<uint> word2, out Vector512<uint> word3,
        uint counter1, uint counter2, uint counter3, uint key0, uint key1)
    {
        // The hot one: the rounds are written out, which spares the moves that a loop needs between them.
        Vector512<ulong> a0 = counter0.AsUInt64(), a1 = Vector512.Create((ulong)counter1);
        Vector512<ulong> a2 = Vector512.Create((ulong)counter2), a3 = Vector512.Create((ulong)counter3);
        Vector512<ulong> b0 = a0 >>> 32, b1 = a1, b2 = a2, b3 = a3;
        Vector512<uint> k0 = Vector512.Create(key0), k1 = Vector512.Create(key1);
        Vector512<uint> weyl0 = Vector512.Create(Weyl0), weyl1 = Vector512.Create(Weyl1);
        Round(ref a0, ref a1, ref a2, ref a3, k0, k1);
        Round(ref b0, ref b1, ref b2, ref b3, k0, k1);
        (k0, k1) = (k0 + weyl0, k1 + weyl1);
        Round(ref a0, ref a1, ref a2, ref a3, k0, k1);
        Round(ref b0, ref b1, ref b2, ref b3, k0, k1);
        (k0, k1) = (k0 + weyl0, k1 + weyl1);
        Round(ref a0, ref a1, ref a2, ref a3, k0, k1);
        Round(ref b0, ref b1, ref b2, ref b3, k0, k1);
        (k0, k1) = (k0 + weyl0, k1 + weyl1);
        Round(ref a0, ref a1, ref a2, ref a3, k0, k1);
        Round(ref b0, ref b1, ref b2, ref b3, k0, k1);
        (k0, k1) = (k0 + weyl0, k1 + weyl1);
        Round(ref a0, ref a1, ref a2, ref a3, k0, k1);
        Round(ref b0, ref b1, ref b2, ref b3, k0, k1);
        (k0, k1) = (k0 + weyl0, k1 + weyl1);
        Round(ref a0, ref a1, ref a2, ref a3, k0, k1);
        Round(ref b0, ref b1, ref b2, ref b3, k0, k1);
        (k0, k1) = (k0 + weyl0, k1 + weyl1);
        Round(ref a0, ref a1, ref a2, ref a3, k0, k1);
        Round(ref b0, ref b1, ref b2, ref b3, k0, k1);
        (k0, k1) = (k0 + weyl0, k1 + weyl1);
        Round(ref a0, ref a1, ref a2, ref a3, k0, k1);
        Round(ref b0, ref b1, ref b2, ref b3, k0, k1);
        (k0, k1) = (k0 + weyl0, k1 + weyl1);
        Round(ref a0, ref a1, ref a2, ref a3, k0, k1);
        Round(ref b0, ref b1, ref b2, ref b3, k0, k1);
        (k0, k1) = (k0 + weyl0, k1 + weyl1);
        Round(ref a0, ref a1, ref a2, ref a3, k0, k1);
        Round(ref b0, ref b1, ref b2, ref b3, k0, k1);

        counter0 = Interleave(a0, b0);
        word1 = Interleave(a1, b1);
        word2 = Interleave(a2, b2);
        word3 = Interleave(a3, b3);
    }

    /// <summary>Replaces 8 counters, one in each lane, by their random words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Block(
        ref Vector256<uint> counter0, ref Vector256<uint> counter1, ref Vector256<uint> counter2, ref Vector256<uint> counter3,
        Vector256<uint> key0, Vector256<uint> key1)
    {
        Vector256<ulong> a0 = counter0.AsUInt64(), a1 = counter1.AsUInt64(), a2 = counter2.AsUInt64(), a3 = counter3.AsUInt64();
        Vector256<ulong> b0 = a0 >>> 32, b1 = a1 >>> 32, b2 = a2 >>> 32, b3 = a3 >>> 32;
        Vector256<uint> weyl0 = Vector256.Create(Weyl0), weyl1 = Vector256.Create(Weyl1);
        Vector256<uint> keyA0 = key0, keyA1 = key1;
        Vector256<uint> keyB0 = (key0.AsUInt64() >>> 32).AsUInt32(), keyB1 = (key1.AsUInt64() >>> 32).AsUInt32();
        for (int round = 0; round < Rounds; round++)
        {
            Round(ref a0, ref a1, ref a2, ref a3, keyA0, keyA1);
            Round(ref b0, ref b1, ref b2, ref b3, keyB0, keyB1);
            (keyA0, keyA1, keyB0, keyB1) = (keyA0 + weyl0, keyA1 + weyl1, keyB0 + weyl0, keyB1 + weyl1);
        }

        counter0 = Interleave(a0, b0);
        counter1 = Interleave(a1, b1);
        counter2 = Interleave(a2, b2);
        counter3 = Interleave(a3, b3);
    }

    /// <summary>The random words of 8 counters that share all but <paramref name="counter0"/>, and a key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Block(
        ref Vector256<uint> counter0, out Vector256<uint> word1, out Vector256<uint> word2, out Vector256<uint> word3,
        uint counter1, uint counter2, uint counter3, uint key0, uint key1)
    {
        Vector256<ulong> a0 = counter0.AsUInt64(), a1 = Vector256.Create((ulong)counter1);
        Vector256<ulong> a2 = Vector256.Create((ulong)counter2), a3 = Vector256.Create((ulong)counter3);
        Vector256<ulong> b0 = a0 >>> 32, b1 = a1, b2 = a2, b3 = a3;
        Vector256<uint> k0 = Vector256.Create(key0), k1 = Vector256.Create(key1);
        Vector256<uint> weyl0 = Vector256.Create(Weyl0), weyl1 = Vector256.Create(Weyl1);
        Round(ref a0, ref a1, ref a2, ref a3, k0, k1);
        Round(ref b0, ref b1, ref b2, ref b3, k0, k1);
        (k0, k1) = (k0 + weyl0, k1 + weyl1);
        Round(ref a0, ref a1, ref a2, ref a3, k0, k1);
        Round(ref b0, ref b1, ref b2, ref b3, k0, k1);
        (k0, k1) = (k0 + weyl0, k1 + weyl1);
        Round(ref a0, ref a1, ref a2, ref a3, k0, k1);
        Round(ref b0, ref b1, ref b2, ref b3, k0, k1);
        (k0, k1) = (k0 + weyl0, k1 + weyl1);
        Round(ref a0, ref a1, ref a2, ref a3, k0, k1);
        Round(ref b0, ref b1, ref b2, ref b3, k0, k1);
        (k0, k1) = (k0 + weyl0, k1 + weyl1);
        Round(ref a0, ref a1, ref a2, ref a3, k0, k1);
        Round(ref b0, ref b1, ref b2, ref b3, k0, k1);
        (k0, k1) = (k0 + weyl0, k1 + weyl1);
        Round(ref a0, ref a1, ref a2, ref a3, k0, k1);
        Round(ref b0, ref b1, ref b2, ref b3, k0, k1);
        (k0, k1) = (k0 + weyl0, k1 + weyl1);
        Round(ref a0, ref a1, ref a2, ref a3, k0, k1);
        Round(ref b0, ref b1, ref b2, ref b3, k0, k1);
        (k0, k1) = (k0 + weyl0, k1 + weyl1);
        Round(ref a0, ref a1, ref a2, ref a3, k0, k1);
        Round(ref b0, ref b1, ref b2, ref b3, k0, k1);
        (k0, k1) = (k0 + weyl0, k1 + weyl1);
        Round(ref a0, ref a1, ref a2, ref a3, k0, k1);
        Round(ref b0, ref b1, ref b2, ref b3, k0, k1);
        (k0, k1) = (k0 + weyl0, k1 + weyl1);
        Round(ref a0, ref a1, ref a2, ref a3, k0, k1);
        Round(ref b0, ref b1, ref b2, ref b3, k0, k1);

        counter0 = Interleave(a0, b0);
        word1 = Interleave(a1, b1);
        word2 = Interleave(a2, b2);
        word3 = Interleave(a3, b3);
    }

    /// <summary>Replaces 4 counters, one in each lane, by their random words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Block(
        ref Vector128<uint> counter0, ref Vector128<uint> counter1, ref Vector128<uint> counter2, ref Vector128<uint> counter3,
        Vector128<uint> key0, Vector128<uint> key1)
    {
        Vector128<ulong> a0 = counter0.AsUInt64(), a1 = counter1.AsUInt64(), a2 = counter2.AsUInt64(), a3 = counter3.AsUInt64();
        Vector128<ulong> b0 = a0 >>> 32, b1 = a1 >>> 32, b2 = a2 >>> 32, b3 = a3 >>> 32;
        Vector128<uint> weyl0 = Vector128.Create(Weyl0), weyl1 = Vector128.Create(Weyl1);
        Vector128<uint> keyA0 = key0, keyA1 = key1;
        Vector128<uint> keyB0 = (key0.AsUInt64() >>> 32).AsUInt32(), keyB1 = (key1.AsUInt64() >>> 32).AsUInt32();
        for (int round = 0; round < Rounds; round++)
        {
            Round(ref a0, ref a1, ref a2, ref a3, keyA0, keyA1);
            Round(ref b0, ref b1, ref b2, ref b3, keyB0, keyB1);
            (keyA0, keyA1, keyB0, keyB1) = (keyA0 + weyl0, keyA1 + weyl1, keyB0 + weyl0, keyB1 + weyl1);
        }

        counter0 = Interleave(a0, b0);
        counter1 = Interleave(a1, b1);
        counter2 = Interleave(a2, b2);
        counter3 = Interleave(a3, b3);
    }

    /// <summary>The random words of 4 counters that share all but <paramref name="counter0"/>, and a key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Block(
        ref Vector128<uint> counter0, out Vector128<uint> word1, out Vector128<uint> word2, out Vector128<uint> word3,
        uint counter1, uint counter2, uint counter3, uint key0, uint key1)
    {
        Vector128<ulong> a0 = counter0.AsUInt64(), a1 = Vector128.Create((ulong)counter1);
        Vector128<ulong> a2 = Vector128.Create((ulong)counter2), a3 = Vector128.Create((ulong)counter3);
        Vector128<ulong> b0 = a0 >>> 32, b1 = a1, b2 = a2, b3 = a3;
        Vector128<uint> k0 = Vector128.Create(key0), k1 = Vector128.Create(key1);
        Vector128<uint> weyl0 = Vector128.Create(Weyl0), weyl1 = Vector128.Create(Weyl1);
        Round(ref a0, ref a1, ref a2, ref a3, k0, k1);
        Round(ref b0, ref b1, ref b2, ref b3, k0, k1);
        (k0, k1) = (k0 + weyl0, k1 + weyl1);
        Round(ref a0, ref a1, ref a2, ref a3, k0, k1);
        Round(ref b0, ref b1, ref b2, ref b3, k0, k1);
        (k0, k1) = (k0 + weyl0, k1 + weyl1);
        Round(ref a0, ref a1, ref a2, ref a3, k0, k1);
        Round(ref b0, ref b1, ref b2, ref b3, k0, k1);
        (k0, k1) = (k0 + weyl0, k1 + weyl1);
        Round(ref a0, ref a1, ref a2, ref a3, k0, k1);
        Round(ref b0, ref b1, ref b2, ref b3, k0, k1);
        (k0, k1) = (k0 + weyl0, k1 + weyl1);
        Round(ref a0, ref a1, ref a2, ref a3, k0, k1);
        Round(ref b0, ref b1, ref b2, ref b3, k0, k1);
        (k0, k1) = (k0 + weyl0, k1 + weyl1);
        Round(ref a0, ref a1, ref a2, ref a3, k0, k1);
        Round(ref b0, ref b1, ref b2, ref b3, k0, k1);
        (k0, k1) = (k0 + weyl0, k1 + weyl1);
        Round(ref a0, ref a1, ref a2, ref a3, k0, k1);
        Round(ref b0, ref b1, ref b2, ref b3, k0, k1);
        (k0, k1) = (k0 + weyl0, k1 + weyl1);
        Round(ref a0, ref a1, ref a2, ref a3, k0, k1);
        Round(ref b0, ref b1, ref b2, ref b3, k0, k1);
        (k0, k1) = (k0 + weyl0, k1 + weyl1);
        Round(ref a0, ref a1, ref a2, ref a3, k0, k1);
        Round(ref b0, ref b1, ref b2, ref b3, k0, k1);
        (k0, k1) = (k0 + weyl0, k1 + weyl1);
        Round(ref a0, ref a1, ref a2, ref a3, k0, k1);
        Round(ref b0, ref b1, ref b2, ref b3, k0, k1);

        counter0 = Interleave(a0, b0);
        word1 = Interleave(a1, b1);
        word2 = Interleave(a2, b2);
        word3 = Interleave(a3, b3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(
        ref Vector512<ulong> c0, ref Vector512<ulong> c1, ref Vector512<ulong> c2, ref Vector512<ulong> c3,
        Vector512<uint> key0, Vector512<uint> key1)
    {
        Vector512<ulong> product0 = MultiplyLow(c0, Vector512.Create((ulong)Multiplier0));
        Vector512<ulong> product1 = MultiplyLow(c2, Vector512.Create((ulong)Multiplier1));
        c0 = (product1 >>> 32) ^ c1 ^ key0.AsUInt64();
        c1 = product1;
        c2 = (product0 >>> 32) ^ c3 ^ key1.AsUInt64();
        c3 = product0;
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
    private static void Round(
        ref Vector256<ulong> c0, ref Vector256<ulong> c1, ref Vector256<ulong> c2, ref Vector256<ulong> c3,
        Vector256<uint> key0, Vector256<uint> key1)
    {
        Vector256<ulong> product0 = MultiplyLow(c0, Vector256.Create((ulong)Multiplier0));
        Vector256<ulong> product1 = MultiplyLow(c2, Vector256.Create((ulong)Multiplier1));
        c0 = (product1 >>> 32) ^ c1 ^ key0.AsUInt64();
        c1 = product1;
        c2 = (product0 >>> 32) ^ c3 ^ key1.AsUInt64();
        c3 = product0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> MultiplyLow(Vector256<ulong> x, Vector256<ulong> multiplier)
        => Avx2.IsSupported
            ? Avx2.Multiply(x.AsUInt32(), multiplier.AsUInt32())
            : (x & Vector256.Create((ulong)uint.MaxValue)) * multiplier;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Interleave(Vector256<ulong> even, Vector256<ulong> odd)
        => Vector256.ConditionalSelect(Vector256.Create((ulong)uint.MaxValue), even, odd << 32).AsUInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(
        ref Vector128<ulong> c0, ref Vector128<ulong> c1, ref Vector128<ulong> c2, ref Vector128<ulong> c3,
        Vector128<uint> key0, Vector128<uint> key1)
    {
        Vector128<ulong> product0 = MultiplyLow(c0, Vector128.Create((ulong)Multiplier0));
        Vector128<ulong> product1 = MultiplyLow(c2, Vector128.Create((ulong)Multiplier1));
        c0 = (product1 >>> 32) ^ c1 ^ key0.AsUInt64();
        c1 = product1;
        c2 = (product0 >>> 32) ^ c3 ^ key1.AsUInt64();
        c3 = product0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> MultiplyLow(Vector128<ulong> x, Vector128<ulong> multiplier)
        => Sse2.IsSupported
            ? Sse2.Multiply(x.AsUInt32(), multiplier.AsUInt32())
            : (x & Vector128.Create((ulong)uint.MaxValue)) * multiplier;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Interleave(Vector128<ulong> even, Vector128<ulong> odd)
        => Vector128.ConditionalSelect(Vector128.Create((ulong)uint.MaxValue), even, odd << 32).AsUInt32();
}
