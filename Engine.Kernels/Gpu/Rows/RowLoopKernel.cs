using System.Numerics;
using System.Runtime.CompilerServices;
using Engine.Kernels.Gpu.Convolutions;
using ILGPU;

namespace Engine.Kernels.Gpu.Rows;

/// <summary>
/// A loop over independent rows: a group has one row, and does all steps of it. What a stage has written, the threads of the group may read
/// after the next barrier, so nobody waits for another group.
/// </summary>
/// <typeparam name="TStep">The stages of a step.</typeparam>
/// <typeparam name="T">The type that shared memory is made for: double if a stage works in it.</typeparam>
/// <param name="steps">What each step reads and writes: a TStep each, one after the other.</param>
/// <param name="count">The number of steps.</param>
internal readonly struct RowLoopKernel<TStep, T>(View<long> steps, int count) : IGroupKernel
    where TStep : struct, IRowStage
    where T : unmanaged, INumber<T>
{
    private readonly int _length = RowLoopKernel.LengthOf<TStep>();

    /// <inheritdoc/>
    public static int? MostThreads => RowLoopKernel.MostThreads;

    /// <inheritdoc/>
    public void Invoke()
    {
        var shared = SharedMemory.Allocate<Quad<T>>(RowLoopKernel.SharedBytes / Interop.SizeOf<Quad<T>>());
        for (int step = 0; step < count; step++)
        {
            Unsafe.As<long, TStep>(ref steps[step * _length]).Invoke(Grid.IdxX, shared);
            Group.Barrier();
        }
    }
}

/// <summary>What all of them have in common.</summary>
internal static class RowLoopKernel
{
    /// <summary>Threads of a group at most.</summary>
    public const int MostThreads = 512;

    // About as many as a large GPU has multiprocessors.
    private const int FewRows = 128;

    /// <summary>Shared memory of a group: all that a kernel may have without asking for more.</summary>
    public const int SharedBytes = 48 << 10;

    /// <summary>
    /// Threads of a group: many, for a row to be done soon, where each has a multiprocessor to itself; else fewer, for two to share one.
    /// </summary>
    public static int ThreadsOf(int rows) => rows > FewRows ? MostThreads / 2 : MostThreads;

    /// <summary>Numbers of weights that a convolution finds room for, beside its pixels.</summary>
    public static int WeightRoom<T>()
        where T : unmanaged
        => (SharedBytes / Interop.SizeOf<T>()) - ConvolutionPlan.TileRoom;

    /// <summary>Numbers of 8 bytes that a step takes.</summary>
    public static int LengthOf<TStep>() => (Unsafe.SizeOf<TStep>() + sizeof(long) - 1) / sizeof(long);
}
