using Engine.Kernels;
using Engine.Kernels.Functions;

namespace Engine.RL.Environments;

/// <summary>Two uniform integers for one environment, drawn inside a kernel from one Philox block.</summary>
public readonly struct EnvironmentDraw
{
    private readonly ulong _first;
    private readonly ulong _second;

    /// <summary>Draws the bits.</summary>
    /// <param name="keys">Int32 [n, 4].</param>
    /// <param name="row">The environment, from 0 to n - 1.</param>
    /// <param name="block">Which block of its key.</param>
    public EnvironmentDraw(View<int> keys, int row, uint block)
    {
        new RandomKey(keys, row).Block(block, RandomKey.Draws, out uint word0, out uint word1, out uint word2, out uint word3);
        _first = ((ulong)word0 << 32) | word1;
        _second = ((ulong)word2 << 32) | word3;
    }

    /// <summary>The first integer, from 0 to <paramref name="count"/> - 1.</summary>
    public int First(int count) => Below(_first, count);

    /// <summary>The second integer, from 0 to <paramref name="count"/> - 1, independent of the first.</summary>
    public int Second(int count) => Below(_second, count);

    // The upper part of bits * count: 64 bits make the bias of any one value less than count / 2^64.
    private static int Below(ulong bits, int count)
    {
        ulong upper = (bits >> 32) * (ulong)count, lower = (bits & 0xFFFFFFFF) * (ulong)count;
        return (int)((upper + (lower >> 32)) >> 32);
    }
}
