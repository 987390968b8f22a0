namespace Engine.Kernels.Gpu;

/// <summary>
/// A kernel of groups of threads that share fast memory and wait for each other. Implemented by structs of views and numbers; which
/// group and thread it is tell <see cref="ILGPU.Grid"/> and <see cref="ILGPU.Group"/>.
/// </summary>
internal interface IGroupKernel
{
    /// <summary>Threads that a group has at most, for each to have its share of registers; null for those of few.</summary>
    static virtual int? MostThreads => null;

    /// <summary>Does the work of one thread. All threads of a group reach the same barriers.</summary>
    void Invoke();
}
