using System.Collections.Concurrent;
using System.Reflection;
using ILGPU;
using ILGPU.Runtime;

namespace Engine.Kernels.Gpu;

/// <summary>The kernels of an accelerator, each compiled when it is first asked for. A kernel is told by the type of its struct.</summary>
/// <param name="accelerator">The accelerator.</param>
/// <param name="groupSize">Threads of a group that runs a body.</param>
internal sealed class KernelCache(Accelerator accelerator, int groupSize)
{
    private readonly ConcurrentDictionary<Type, Delegate> _launchers = [];

    /// <summary>The kernels asked for so far.</summary>
    public IEnumerable<Type> Kernels => _launchers.Keys;

    /// <summary>The method that ILGPU compiles for a kernel.</summary>
    public static MethodInfo MethodOf(Type kernel)
        => typeof(KernelCache).GetMethod(
            kernel.IsAssignableTo(typeof(IBody)) ? nameof(RunBody) : nameof(RunGroup), BindingFlags.Static | BindingFlags.NonPublic)!
            .MakeGenericMethod(kernel);

    /// <summary>What launches a body.</summary>
    public Action<AcceleratorStream, Index1D, TBody> Body<TBody>()
        where TBody : struct, IBody
        => (Action<AcceleratorStream, Index1D, TBody>)_launchers.GetOrAdd(
            typeof(TBody), _ => accelerator.LoadImplicitlyGroupedKernel<Index1D, TBody>(RunBody, groupSize));

    /// <summary>What launches a kernel of groups.</summary>
    public Action<AcceleratorStream, KernelConfig, TKernel> Group<TKernel>()
        where TKernel : struct, IGroupKernel
        => (Action<AcceleratorStream, KernelConfig, TKernel>)_launchers.GetOrAdd(
            typeof(TKernel), _ => accelerator.LoadKernel<TKernel>(RunGroup, SpecializationOf(TKernel.MostThreads)));

    /// <summary>Takes note of a kernel without compiling it.</summary>
    public void Note<TKernel>() => _launchers.TryAdd(typeof(TKernel), Nothing);

    /// <summary>
    /// What the driver is told of a kernel whose groups have so many threads at most: that one group is enough for a multiprocessor, too,
    /// or it spills registers for the sake of a second one.
    /// </summary>
    public static KernelSpecialization SpecializationOf(int? mostThreads)
        => mostThreads is null ? KernelSpecialization.Empty : new(mostThreads, 1);

    private static void Nothing()
    {
        // A kernel that is only noted is never launched.
    }

    private static void RunBody<TBody>(Index1D index, TBody body)
        where TBody : struct, IBody
        => body.Invoke(index);

    private static void RunGroup<TKernel>(TKernel kernel)
        where TKernel : struct, IGroupKernel
        => kernel.Invoke();
}
