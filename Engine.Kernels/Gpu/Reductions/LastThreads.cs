using Engine.Kernels.Functions;
using ILGPU.Algorithms;
using ILGPU.Algorithms.ScanReduceOperations;

namespace Engine.Kernels.Gpu.Reductions;

/// <summary>How the last threads of a result combine theirs. Either way it is by halves, so that results are the same.</summary>
internal interface ILastThreads
{
    /// <summary>The number of these threads; those before them do it through shared memory.</summary>
    static abstract int Threads { get; }

    /// <summary>Combines the numbers of that many threads; the first of them gets the result.</summary>
    static abstract V Combine<TReducer, V, T>(V total)
        where TReducer : struct, IReducer
        where V : unmanaged, ILanes<V, T>
        where T : unmanaged;
}

/// <summary>Through shared memory to the end.</summary>
internal readonly struct OneThread : ILastThreads
{
    /// <inheritdoc/>
    public static int Threads => 1;

    /// <inheritdoc/>
    public static V Combine<TReducer, V, T>(V total)
        where TReducer : struct, IReducer
        where V : unmanaged, ILanes<V, T>
        where T : unmanaged
        => total;
}

/// <summary>
/// A warp's threads read each other's registers, without shared memory and barriers: for results whose threads are whole warps. Not on
/// OpenCL, whose warps are of another kind.
/// </summary>
internal readonly struct OneWarp : ILastThreads
{
    /// <inheritdoc/>
    public static int Threads => 32;

    /// <inheritdoc/>
    public static V Combine<TReducer, V, T>(V total)
        where TReducer : struct, IReducer
        where V : unmanaged, ILanes<V, T>
        where T : unmanaged
        => V.Splat(WarpExtensions.Reduce<T, Combination<TReducer, V, T>>(V.Lane(total, 0)));

    // A reducer as ILGPU.Algorithms wants it, which for a warp's reduction is Apply.
    private readonly struct Combination<TReducer, V, T> : IScanReduceOperation<T>
        where TReducer : struct, IReducer
        where V : unmanaged, ILanes<V, T>
        where T : unmanaged
    {
        public string CLCommand => throw new NotSupportedException();

        public T Identity => V.Lane(default(TReducer).Identity<V>(), 0);

        public T Apply(T first, T second) => V.Lane(default(TReducer).Combine(V.Splat(first), V.Splat(second)), 0);

        public void AtomicApply(ref T target, T value) => throw new NotSupportedException();
    }
}
