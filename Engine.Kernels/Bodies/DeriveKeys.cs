using Engine.Kernels.Functions;

namespace Engine.Kernels.Bodies;

/// <summary>Derives keys, <paramref name="each"/> from one, by consecutive numbers. One index is one new key.</summary>
internal readonly struct DeriveKeysBody(View<int> y, View<int> keys, uint kind, int first, int each) : IBody
{
    /// <inheritdoc/>
    public void Invoke(int index)
    {
        int row = index / each;
        DerivedKey.Write(y, index, new RandomKey(keys, row), kind, (uint)(first + index - (row * each)));
    }
}

/// <summary>Folds a number of its own into each key. One index is one key.</summary>
internal readonly struct FoldNumbersBody(View<int> y, View<int> keys, View<int> numbers) : IBody
{
    /// <inheritdoc/>
    public void Invoke(int index)
        => DerivedKey.Write(y, index, new RandomKey(keys, index), RandomKey.Folds, (uint)numbers[index]);
}

internal static class DerivedKey
{
    public static void Write(View<int> y, int row, RandomKey key, uint kind, uint number)
    {
        key.Block(number, kind, out uint a, out uint b, out uint c, out uint d);
        int at = RandomKey.Words * row;
        y[at] = (int)a;
        y[at + 1] = (int)b;
        y[at + 2] = (int)c;
        y[at + 3] = (int)d;
    }
}
