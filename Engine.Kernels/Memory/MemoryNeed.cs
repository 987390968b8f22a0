namespace Engine.Kernels.Memory;

/// <summary>The memory that a recorded function takes, beside its inputs, results and constants.</summary>
/// <param name="FirstRun">Bytes of the first run, which keeps all that it makes, but what a part of it is known to be done with.</param>
/// <param name="Replay">Bytes that replays work in.</param>
public readonly record struct MemoryNeed(long FirstRun, long Replay)
{
    /// <summary>Bytes that a device must have free: the blocks of its pool are up to a quarter larger than what is asked for.</summary>
    public long Most => Math.Max(FirstRun, Replay) / 4 * 5;

    /// <summary>What two functions take at the same time.</summary>
    public static MemoryNeed operator +(MemoryNeed left, MemoryNeed right)
        => new(left.FirstRun + right.FirstRun, left.Replay + right.Replay);

    /// <summary>What a function takes that runs several times at once.</summary>
    public static MemoryNeed operator *(MemoryNeed need, int times) => new(need.FirstRun * times, need.Replay * times);
}
