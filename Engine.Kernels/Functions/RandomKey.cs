namespace Engine.Kernels.Functions;

/// <summary>
/// Four words that random numbers follow from. A Philox block is had from each pair of a kind and a number: the first two words are its
/// key; number, kind and the last two words its counter. Philox permutes counters, so that no two blocks of a key are the same, nor any
/// two keys derived from it.
/// </summary>
public readonly record struct RandomKey(uint Word0, uint Word1, uint Word2, uint Word3)
{
    /// <summary>Words of a key.</summary>
    public const int Words = 4;

    /// <summary>The kind of blocks that numbers are drawn from.</summary>
    public const uint Draws = 0;

    /// <summary>The kind of blocks that are the keys made by folding a number in.</summary>
    public const uint Folds = 1;

    /// <summary>The kind of blocks that are the keys which a split gives.</summary>
    public const uint Splits = 2;

    /// <summary>Reads a key.</summary>
    /// <param name="keys">Int32 [n, 4].</param>
    /// <param name="row">Which one.</param>
    public RandomKey(View<int> keys, int row)
        : this(
            (uint)keys[Words * row], (uint)keys[(Words * row) + 1], (uint)keys[(Words * row) + 2], (uint)keys[(Words * row) + 3])
    {
    }

    /// <summary>The four words of a block.</summary>
    public void Block(uint number, uint kind, out uint a, out uint b, out uint c, out uint d)
    {
        (a, b, c, d) = (number, kind, Word2, Word3);
        Philox.Block(ref a, ref b, ref c, ref d, Word0, Word1);
    }
}
