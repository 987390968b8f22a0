using Engine.Kernels.Functions;

namespace Engine.Kernels.Bodies;

/// <summary>
/// Draws choices with probabilities softmax(logits): the largest of logits plus Gumbel numbers, which are those that
/// <see cref="RandomBody{TDistribution, TUniform, V, T}"/> draws for all rows of a key. One index is one row.
/// </summary>
/// <typeparam name="TUniform">Turns random words into uniform numbers.</typeparam>
/// <typeparam name="V">One number as lanes.</typeparam>
/// <typeparam name="T">The element type.</typeparam>
/// <param name="y">The choices, [keys, rows].</param>
/// <param name="logits">[keys, rows, choices].</param>
/// <param name="keys">Int32 [keys, 4].</param>
/// <param name="rows">Rows of each key.</param>
/// <param name="choices">Choices of a row.</param>
internal readonly struct SampleBody<TUniform, V, T>(View<int> y, View<T> logits, View<int> keys, int rows, int choices) : IBody
    where TUniform : struct, IUniform<V>
    where V : struct, ILanes<V, T>
    where T : unmanaged, System.Numerics.INumber<T>
{
    /// <inheritdoc/>
    public void Invoke(int index)
    {
        int row = index / rows, first = (index - (row * rows)) * choices, blocks = ((rows * choices) + 3) / 4;
        var key = new RandomKey(keys, row);
        int best = 0;
        T largest = T.Zero;
        for (int k = 0; k < choices; k++)
        {
            T next = logits[(index * choices) + k] + Gumbel(key, first + k, blocks);
            if (k == 0 || ((next > largest || T.IsNaN(next)) && !T.IsNaN(largest)))
                (best, largest) = (k, next);
        }

        y[index] = best;
    }

    // Words of a block are as many columns apart as there are blocks.
    private static T Gumbel(RandomKey key, int column, int blocks)
    {
        int word = column / blocks;
        key.Block((uint)(column - (word * blocks)), RandomKey.Draws, out uint a, out uint b, out uint c, out uint d);
        uint bits = word == 0 ? a : word == 1 ? b : word == 2 ? c : d;
        return V.Lane(GumbelDistribution.Of(TUniform.Distance(~bits)), 0);
    }
}
