using Engine.Kernels.Functions;

namespace Engine.Kernels.Bodies;

/// <summary>
/// The numbers of one Philox block: up to four of a row, which are <paramref name="blocks"/> columns apart. One index is one block; those
/// of a row are neighbours.
/// </summary>
/// <typeparam name="TDistribution">Turns random bits into numbers.</typeparam>
/// <typeparam name="TUniform">Turns random words into uniform numbers.</typeparam>
/// <typeparam name="V">One number as lanes.</typeparam>
/// <typeparam name="T">The element type.</typeparam>
internal readonly struct RandomBody<TDistribution, TUniform, V, T>(
    TDistribution distribution, int columns, int blocks, View<T> y, View<int> keys) : IBody
    where TDistribution : struct, IDistribution
    where TUniform : struct, IUniform<V>
    where V : struct, ILanes<V, T>
    where T : unmanaged
{
    /// <inheritdoc/>
    public void Invoke(int index)
    {
        int row = index / blocks, block = index - (row * blocks);
        new RandomKey(keys, row).Block((uint)block, RandomKey.Draws, out uint word0, out uint word1, out uint word2, out uint word3);
        V a = Of(word0), b = Of(word1), c = Of(word2), d = Of(word3);
        distribution.Invoke(ref a, ref b, ref c, ref d);
        int at = (row * columns) + block, end = (row + 1) * columns;
        y[at] = V.Lane(a, 0);
        if (at + blocks < end)
            y[at + blocks] = V.Lane(b, 0);
        if (at + (2 * blocks) < end)
            y[at + (2 * blocks)] = V.Lane(c, 0);
        if (at + (3 * blocks) < end)
            y[at + (3 * blocks)] = V.Lane(d, 0);
    }

    private static V Of(uint word) => TDistribution.TakesDistances ? TUniform.Distance(~word) : TUniform.Of(word);
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

    /// <summary>The distance from 1 of the number of a word, from the word's complement: 32 bits and a half.</summary>
    static abstract V Distance(uint complement);
}

/// <summary>The upper 23 bits and a half, as the mantissa of a float from 1 to 2, less 1 - 2^-24.</summary>
internal readonly struct Uniform32 : IUniform<Scalar<Float32, float>>
{
    public static Scalar<Float32, float> Of(uint word)
        => new(BitConverter.Int32BitsToSingle((int)(word >> 9) | 0x3F800000) + -(1 - 5.9604644775390625e-8f));

    // In two halves, which are exact; their sum is rounded once. That of the largest word would be 1.
    public static Scalar<Float32, float> Distance(uint complement)
    {
        float upper = (int)(complement >> 16), lower = (int)(complement & 0xFFFF) + 0.5f;
        float distance = (upper * 1.52587890625e-5f) + (lower * 2.3283064365386963e-10f);
        return new(distance < 1 ? distance : 1 - 5.9604644775390625e-8f);
    }
}

/// <summary>All 32 bits and a half, as the mantissa of a double from 2^20 to 2^20 + 1, less 2^20 - 2^-33.</summary>
internal readonly struct Uniform64 : IUniform<Scalar<Float64, double>>
{
    public static Scalar<Float64, double> Of(uint word)
        => new(BitConverter.Int64BitsToDouble((long)word | 0x4130000000000000L) + -(1048576 - 1.1641532182693481e-10));

    public static Scalar<Float64, double> Distance(uint complement) => Of(complement);
}
