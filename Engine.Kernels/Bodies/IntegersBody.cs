using Engine.Kernels.Functions;

namespace Engine.Kernels.Bodies;

/// <summary>
/// Up to four integers of a row, which are <paramref name="blocks"/> columns apart, from low to below low + range. One index is one
/// block; those of a row are neighbours.
/// </summary>
/// <remarks>
/// An integer is the upper part of range times a random fraction of 64 bits, so that the probabilities of any two differ by a factor of
/// 1 + 2^-32 at most. The fraction's lower half comes from a block of its own, which matters only where it makes a carry: seldom, if the
/// range is small.
/// </remarks>
internal readonly struct IntegersBody(
    int low, int range, int columns, int blocks, View<int> y, View<int> keys) : IBody
{
    // No other draw counts blocks this far.
    private const uint LowerHalves = 0x80000000;

    /// <inheritdoc/>
    public void Invoke(int index)
    {
        int row = index / blocks, block = index - (row * blocks);
        var key = new RandomKey(keys, row);
        key.Block((uint)block, RandomKey.Draws, out uint a, out uint b, out uint c, out uint d);
        uint lowerA = 0, lowerB = 0, lowerC = 0, lowerD = 0;
        if (MayCarry(a) || MayCarry(b) || MayCarry(c) || MayCarry(d))
            key.Block((uint)block | LowerHalves, RandomKey.Draws, out lowerA, out lowerB, out lowerC, out lowerD);
        int at = (row * columns) + block, end = (row + 1) * columns;
        y[at] = Of(a, lowerA);
        if (at + blocks < end)
            y[at + blocks] = Of(b, lowerB);
        if (at + (2 * blocks) < end)
            y[at + (2 * blocks)] = Of(c, lowerC);
        if (at + (3 * blocks) < end)
            y[at + (3 * blocks)] = Of(d, lowerD);
    }

    private bool MayCarry(uint upper) => (uint)(upper * (uint)range) > (uint)-range;

    private int Of(uint upper, uint lower)
    {
        ulong carry = ((ulong)lower * (uint)range) >> 32;
        return low + (int)((((ulong)upper * (uint)range) + carry) >> 32);
    }
}
