using Engine.Kernels.Functions;

namespace Engine.Kernels.Bodies;

/// <summary>
/// The numbers of one Philox block: up to four of a row, which are <paramref name="blocks"/> columns apart. One index is one block; those
/// of a row are neighbours.
/// </summary>
/// <typeparam name="TDistribution">Turns random bits into numbers.</typeparam>
/// <typeparam name="TUniform">Turns random words into uniform numbers.</typeparam>
/// <typeparam name="V">One number as lanes.</typeparam>
/// <typeparam name="TStorage">Stores them.</typeparam>
/// <typeparam name="TStored">The element type in memory.</typeparam>
internal readonly struct RandomBody<TDistribution, TUniform, V, TStorage, TStored>(
    TDistribution distribution, int columns, int blocks, int purpose, int step, View<TStored> y, View<int> streams) : IBody
    where TDistribution : struct, IDistribution
    where TUniform : struct, IUniform<V>
    where V : struct, ILanes<V>
    where TStorage : struct, IStorage<V, TStored>
    where TStored : unmanaged
{
    /// <inheritdoc/>
    public void Invoke(int index)
    {
        int row = index / blocks, block = index - (row * blocks);
        uint word0 = (uint)block, word1 = (uint)step, word2 = (uint)streams[(3 * row) + 1], word3 = (uint)streams[(3 * row) + 2];
        Philox.Block(ref word0, ref word1, ref word2, ref word3, (uint)streams[3 * row], (uint)purpose);
        V a = TUniform.Of(word0), b = TUniform.Of(word1), c = TUniform.Of(word2), d = TUniform.Of(word3);
        distribution.Invoke(ref a, ref b, ref c, ref d);
        int at = (row * columns) + block, end = (row + 1) * columns;
        y[at] = TStorage.Of(a);
        if (at + blocks < end)
            y[at + blocks] = TStorage.Of(b);
        if (at + (2 * blocks) < end)
            y[at + (2 * blocks)] = TStorage.Of(c);
        if (at + (3 * blocks) < end)
            y[at + (3 * blocks)] = TStorage.Of(d);
    }
}

/// <summary>Turns a random word into a uniform number in the open interval (0, 1).</summary>
/// <remarks>
/// By adding a negative constant: ILGPU makes one subtraction of two constants in a row, such as this one and a distribution's, and
/// rounds their sum.
/// </remarks>
internal interface IUniform<V>
    where V : struct, ILanes<V>
{
    /// <summary>The number of a word.</summary>
    static abstract V Of(uint word);
}

/// <summary>The upper 23 bits and a half, as the mantissa of a float from 1 to 2, less 1 - 2^-24.</summary>
internal readonly struct Uniform32 : IUniform<ScalarFloat32>
{
    public static ScalarFloat32 Of(uint word)
        => new(BitConverter.Int32BitsToSingle((int)(word >> 9) | 0x3F800000) + -(1 - 5.9604644775390625e-8f));
}

/// <summary>All 32 bits and a half, as the mantissa of a double from 2^20 to 2^20 + 1, less 2^20 - 2^-33.</summary>
internal readonly struct Uniform64 : IUniform<ScalarFloat64>
{
    public static ScalarFloat64 Of(uint word)
        => new(BitConverter.Int64BitsToDouble((long)word | 0x4130000000000000L) + -(1048576 - 1.1641532182693481e-10));
}

/// <summary>How a number goes to memory.</summary>
internal interface IStorage<V, T>
    where V : struct, ILanes<V>
    where T : unmanaged
{
    /// <summary>The number as it is stored.</summary>
    static abstract T Of(V value);
}

/// <summary>As it is.</summary>
internal readonly struct AsItself<V, T> : IStorage<V, T>
    where V : struct, ILanes<V, T>
    where T : unmanaged
{
    public static T Of(V value) => V.Lane(value, 0);
}

/// <summary>A whole number as Int32.</summary>
internal readonly struct AsInt32 : IStorage<ScalarFloat64, int>
{
    public static int Of(ScalarFloat64 value) => (int)value.Value;
}
