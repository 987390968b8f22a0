using Engine.Core;
using Engine.Kernels;
using Engine.Kernels.Functions;

namespace Engine.RL.Environments;

/// <summary>Two uniform integers for one environment, drawn inside a kernel from one Philox block.</summary>
/// <remarks>The bits are keyed by (seed, <see cref="Purpose.Environment"/>) and counted by (block, step, iteration, replicate).</remarks>
public readonly struct EnvironmentDraw
{
    private readonly ulong _first;
    private readonly ulong _second;

    /// <summary>Draws the bits.</summary>
    /// <param name="streams">Int32 [n, 3]: seed, iteration, replicate.</param>
    /// <param name="row">The environment, from 0 to n - 1.</param>
    /// <param name="step">A number within the iteration.</param>
    /// <param name="block">Which block of this step, so that its draws differ.</param>
    public EnvironmentDraw(View<int> streams, int row, int step, uint block)
    {
        uint word0 = block, word1 = (uint)step, word2 = (uint)streams[(3 * row) + 1], word3 = (uint)streams[(3 * row) + 2];
        Philox.Block(ref word0, ref word1, ref word2, ref word3, (uint)streams[3 * row], Purpose.Environment);
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
