namespace Engine.Kernels.Memory;

/// <summary>The memory that a recorded function takes, beside its inputs, results and constants.</summary>
/// <param name="FirstRun">Bytes of the first run, which keeps all that it makes, but what a part of it is known to be done with.</param>
/// <param name="Replay">Bytes that replays work in.</param>
public readonly record struct MemoryNeed(long FirstRun, long Replay);
