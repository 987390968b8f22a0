using Engine.Kernels.Functions;

namespace Engine.Kernels.Bodies;

/// <summary>
/// Derives keys, <paramref name="each"/> from one: by consecutive numbers, or by numbers of their own. One index is one new key.
/// </summary>
/// <param name="y">Int32 [n, 4].</param>
/// <param name="keys">Int32 [n / each, 4].</param>
/// <param name="kind">What they are, see <see cref="RandomKey"/>.</param>
/// <param name="first">The number of the first of a key.</param>
/// <param name="each">How many are made of a key.</param>
/// <param name="numbers">[n], or empty.</param>
internal readonly struct DeriveKeysBody(View<int> y, View<int> keys, uint kind, int first, int each, View<int> numbers) : IBody
{
    /// <summary>The kind of blocks.</summary>
    public uint Kind => kind;

    /// <summary>How many are made of a key.</summary>
    public int Each => each;

    /// <summary>The key that a new one is derived from.</summary>
    public RandomKey KeyOf(int index) => new(keys, RowOf(index));

    /// <summary>The number by which it is derived.</summary>
    public uint NumberOf(int index) => (uint)(numbers.Length > 0 ? numbers[index] : first + index - (RowOf(index) * each));

    /// <inheritdoc/>
    public void Invoke(int index)
    {
        KeyOf(index).Block(NumberOf(index), kind, out uint a, out uint b, out uint c, out uint d);
        Write(index, a, b, c, d);
    }

    /// <summary>Writes a new key.</summary>
    public void Write(int index, uint a, uint b, uint c, uint d)
    {
        int at = RandomKey.Words * index;
        y[at] = (int)a;
        y[at + 1] = (int)b;
        y[at + 2] = (int)c;
        y[at + 3] = (int)d;
    }

    // Divisions are slow.
    private int RowOf(int index) => each == 1 ? index : index / each;
}
