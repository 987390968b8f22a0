using System.Runtime.CompilerServices;

namespace Engine.Kernels.Functions;

/// <summary>The rounds of <see cref="Philox"/> in all lanes of registers at once.</summary>
/// <remarks>
/// Even lanes are in a and odd lanes in b, each in the lower half of 64 bits, where the product of the next round wants them. What is in
/// the upper halves never matters.
/// </remarks>
/// <typeparam name="P">What is done with pairs.</typeparam>
/// <typeparam name="U">A register of words.</typeparam>
/// <typeparam name="W">A register of pairs of words.</typeparam>
internal static class PhiloxLanes<P, U, W>
    where P : struct, IPairs<U, W>
    where U : struct
    where W : struct
{
    /// <summary>Replaces counters, one in each lane, by their random words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Block(ref U counter0, ref U counter1, ref U counter2, ref U counter3, U key0, U key1)
    {
        W a0 = P.Pairs(counter0), a1 = P.Pairs(counter1), a2 = P.Pairs(counter2), a3 = P.Pairs(counter3);
        W b0 = P.Upper(a0), b1 = P.Upper(a1), b2 = P.Upper(a2), b3 = P.Upper(a3);
        W keyA0 = P.Pairs(key0), keyA1 = P.Pairs(key1), keyB0 = P.Upper(keyA0), keyB1 = P.Upper(keyA1);
        W weyl0 = P.Splat(Philox.Weyl0), weyl1 = P.Splat(Philox.Weyl1);
        for (int round = 0; round < Philox.Rounds; round++)
        {
            Round(ref a0, ref a1, ref a2, ref a3, keyA0, keyA1);
            Round(ref b0, ref b1, ref b2, ref b3, keyB0, keyB1);
            (keyA0, keyA1, keyB0, keyB1) = (P.Add(keyA0, weyl0), P.Add(keyA1, weyl1), P.Add(keyB0, weyl0), P.Add(keyB1, weyl1));
        }

        counter0 = P.Interleave(a0, b0);
        counter1 = P.Interleave(a1, b1);
        counter2 = P.Interleave(a2, b2);
        counter3 = P.Interleave(a3, b3);
    }

    /// <summary>The random words of counters that share all but <paramref name="counter0"/>, and a key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Block(
        ref U counter0, out U word1, out U word2, out U word3, uint counter1, uint counter2, uint counter3, uint key0, uint key1)
    {
        // The hot one: the rounds are written out, which spares the moves that a loop needs between them.
        W a0 = P.Pairs(counter0), a1 = P.Splat(counter1), a2 = P.Splat(counter2), a3 = P.Splat(counter3);
        W b0 = P.Upper(a0), b1 = a1, b2 = a2, b3 = a3;
        W k0 = P.Splat(key0), k1 = P.Splat(key1);
        Rounds(ref a0, ref a1, ref a2, ref a3, ref b0, ref b1, ref b2, ref b3, ref k0, ref k1);
        Rounds(ref a0, ref a1, ref a2, ref a3, ref b0, ref b1, ref b2, ref b3, ref k0, ref k1);
        Rounds(ref a0, ref a1, ref a2, ref a3, ref b0, ref b1, ref b2, ref b3, ref k0, ref k1);
        Rounds(ref a0, ref a1, ref a2, ref a3, ref b0, ref b1, ref b2, ref b3, ref k0, ref k1);
        Rounds(ref a0, ref a1, ref a2, ref a3, ref b0, ref b1, ref b2, ref b3, ref k0, ref k1);
        Rounds(ref a0, ref a1, ref a2, ref a3, ref b0, ref b1, ref b2, ref b3, ref k0, ref k1);
        Rounds(ref a0, ref a1, ref a2, ref a3, ref b0, ref b1, ref b2, ref b3, ref k0, ref k1);
        Rounds(ref a0, ref a1, ref a2, ref a3, ref b0, ref b1, ref b2, ref b3, ref k0, ref k1);
        Rounds(ref a0, ref a1, ref a2, ref a3, ref b0, ref b1, ref b2, ref b3, ref k0, ref k1);
        Rounds(ref a0, ref a1, ref a2, ref a3, ref b0, ref b1, ref b2, ref b3, ref k0, ref k1);

        counter0 = P.Interleave(a0, b0);
        word1 = P.Interleave(a1, b1);
        word2 = P.Interleave(a2, b2);
        word3 = P.Interleave(a3, b3);
    }

    // One round of both, which have one key, and the key of the next.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Rounds(
        ref W a0, ref W a1, ref W a2, ref W a3, ref W b0, ref W b1, ref W b2, ref W b3, ref W key0, ref W key1)
    {
        Round(ref a0, ref a1, ref a2, ref a3, key0, key1);
        Round(ref b0, ref b1, ref b2, ref b3, key0, key1);
        key0 = P.Add(key0, P.Splat(Philox.Weyl0));
        key1 = P.Add(key1, P.Splat(Philox.Weyl1));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(ref W c0, ref W c1, ref W c2, ref W c3, W key0, W key1)
    {
        W product0 = P.MultiplyLower(c0, P.Splat(Philox.Multiplier0)), product1 = P.MultiplyLower(c2, P.Splat(Philox.Multiplier1));
        c0 = P.Xor(P.Upper(product1), c1, key0);
        c1 = product1;
        c2 = P.Xor(P.Upper(product0), c3, key1);
        c3 = product0;
    }
}
