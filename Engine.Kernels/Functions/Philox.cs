using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Engine.Kernels.Functions;

/// <summary>
/// Philox 4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw (2011): a keyed bijection of 128-bit counters, so
/// that any number of any key is had directly, in any order.
/// </summary>
public static class Philox
{
    internal const int Rounds = 10;
    internal const uint Multiplier0 = 0xD2511F53, Multiplier1 = 0xCD9E8D57;
    internal const uint Weyl0 = 0x9E3779B9, Weyl1 = 0xBB67AE85;

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
        => PhiloxLanes<Pairs512, Vector512<uint>, Vector512<ulong>>.Block(
            ref counter0, ref counter1, ref counter2, ref counter3, key0, key1);

    /// <summary>The random words of 16 counters that share all but <paramref name="counter0"/>, and a key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Block(
        ref Vector512<uint> counter0, out Vector512<uint> word1, out Vector512<uint> word2, out Vector512<uint> word3,
        uint counter1, uint counter2, uint counter3, uint key0, uint key1)
        => PhiloxLanes<Pairs512, Vector512<uint>, Vector512<ulong>>.Block(
            ref counter0, out word1, out word2, out word3, counter1, counter2, counter3, key0, key1);

    /// <summary>Replaces 8 counters, one in each lane, by their random words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Block(
        ref Vector256<uint> counter0, ref Vector256<uint> counter1, ref Vector256<uint> counter2, ref Vector256<uint> counter3,
        Vector256<uint> key0, Vector256<uint> key1)
        => PhiloxLanes<Pairs256, Vector256<uint>, Vector256<ulong>>.Block(
            ref counter0, ref counter1, ref counter2, ref counter3, key0, key1);

    /// <summary>The random words of 8 counters that share all but <paramref name="counter0"/>, and a key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Block(
        ref Vector256<uint> counter0, out Vector256<uint> word1, out Vector256<uint> word2, out Vector256<uint> word3,
        uint counter1, uint counter2, uint counter3, uint key0, uint key1)
        => PhiloxLanes<Pairs256, Vector256<uint>, Vector256<ulong>>.Block(
            ref counter0, out word1, out word2, out word3, counter1, counter2, counter3, key0, key1);

    /// <summary>Replaces 4 counters, one in each lane, by their random words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Block(
        ref Vector128<uint> counter0, ref Vector128<uint> counter1, ref Vector128<uint> counter2, ref Vector128<uint> counter3,
        Vector128<uint> key0, Vector128<uint> key1)
        => PhiloxLanes<Pairs128, Vector128<uint>, Vector128<ulong>>.Block(
            ref counter0, ref counter1, ref counter2, ref counter3, key0, key1);

    /// <summary>The random words of 4 counters that share all but <paramref name="counter0"/>, and a key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Block(
        ref Vector128<uint> counter0, out Vector128<uint> word1, out Vector128<uint> word2, out Vector128<uint> word3,
        uint counter1, uint counter2, uint counter3, uint key0, uint key1)
        => PhiloxLanes<Pairs128, Vector128<uint>, Vector128<ulong>>.Block(
            ref counter0, out word1, out word2, out word3, counter1, counter2, counter3, key0, key1);
}
