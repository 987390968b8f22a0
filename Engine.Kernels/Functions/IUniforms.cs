namespace Engine.Kernels.Functions;

/// <summary>The block and the key of each lane, where lanes belong to different rows.</summary>
internal unsafe struct KeyLanes
{
    /// <summary>The most lanes there are.</summary>
    public const int Capacity = 16;

    public fixed uint Block[Capacity];
    public fixed uint Word0[Capacity];
    public fixed uint Word1[Capacity];
    public fixed uint Word2[Capacity];
    public fixed uint Word3[Capacity];
}

/// <summary>
/// Uniform numbers in the open interval (0, 1) from the words of Philox blocks, one block to a lane: the upper 23 bits and a half in
/// float32, all 32 bits and a half in float64. Or their distances from 1: all 32 bits and a half, rounded in float32 to 1 - 2^-24 at
/// most.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
/// <remarks>
/// They go through memory, and not as lanes, so that neither the generator nor a distribution exceeds what the JIT takes in one method.
/// </remarks>
internal unsafe interface IUniforms<T>
    where T : unmanaged
{
    /// <summary>Consecutive blocks of one key: a register of their first words, one of the second words, and so on.</summary>
    static abstract void Draw(in RandomKey key, uint block, T* to, bool distances);

    /// <summary>A block of its own for every lane.</summary>
    static abstract void DrawEach(KeyLanes* lanes, T* to, bool distances);
}
