namespace Engine.Kernels.Functions;

/// <summary>What the numbers of one row are keyed by.</summary>
internal readonly record struct StreamKey(uint Seed, uint Purpose, uint Step, uint Iteration, uint Replicate);

/// <summary>What each lane is keyed by, where lanes belong to different rows.</summary>
internal unsafe struct StreamLanes
{
    /// <summary>The most lanes there are.</summary>
    public const int Capacity = 16;

    public fixed uint Block[Capacity];
    public fixed uint Seed[Capacity];
    public fixed uint Iteration[Capacity];
    public fixed uint Replicate[Capacity];
}

/// <summary>
/// Uniform numbers in the open interval (0, 1) from the words of Philox blocks, one block to a lane: the upper 23 bits and a half in
/// float32, all 32 bits and a half in float64.
/// </summary>
/// <typeparam name="V">The lanes.</typeparam>
internal unsafe interface IUniforms<V>
    where V : struct, ILanes<V>
{
    /// <summary>Consecutive blocks of one stream, from <paramref name="block"/>.</summary>
    static abstract void Draw(StreamKey key, uint block, out V a, out V b, out V c, out V d);

    /// <summary>A block of its own for every lane.</summary>
    static abstract void DrawEach(StreamLanes* lanes, uint purpose, uint step, out V a, out V b, out V c, out V d);
}
