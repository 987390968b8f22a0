using System.Runtime.CompilerServices;
using Engine.Kernels.Memory;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Util;

namespace Engine.Kernels.Gpu;

/// <summary>
/// What devices have in common that were forked from one another: an accelerator, and the kernels compiled for it. Kernels of two
/// accelerators would never run at the same time on one card. The last device to leave takes it down.
/// </summary>
internal sealed class SharedAccelerator
{
    private readonly Context _context;
    private readonly List<BufferPool> _pools = [];

    // An OpenCL kernel holds the arguments of its next launch, whichever queue that goes to.
    private readonly Lock? _oneGate;

    // Memory of tensors without a scope comes back from the finalizer's thread, perhaps while the last device goes.
    private readonly Lock _end = new();
    private bool _isGone;

    /// <summary>Takes over an accelerator with its context.</summary>
    /// <param name="context">ILGPU's context.</param>
    /// <param name="accelerator">The accelerator.</param>
    /// <param name="groupSize">Threads of a group that runs a body.</param>
    public SharedAccelerator(Context context, Accelerator accelerator, int groupSize)
    {
        _context = context;
        Accelerator = accelerator;
        Kernels = new KernelCache(accelerator, groupSize);
        bool hasHandles = accelerator.AcceleratorType == AcceleratorType.OpenCL;
        _oneGate = hasHandles ? new Lock() : null;
        Whole = hasHandles ? null : new WholeMemory(accelerator);
    }

    /// <summary>The accelerator.</summary>
    public Accelerator Accelerator { get; }

    /// <summary>Its kernels.</summary>
    public KernelCache Kernels { get; }

    /// <summary>Its memory, where kernels may move aligned quads; null on OpenCL, which has handles in the place of addresses.</summary>
    public WholeMemory? Whole { get; }

    /// <summary>Gives something back to the driver, unless the accelerator has been taken down, and everything with it.</summary>
    public void GiveBack(Action give)
    {
        lock (_end)
        {
            if (_isGone)
                return;
            using var binding = Accelerator.BindScoped();
            give();
        }
    }

    /// <summary>Makes the queue of a device, see <see cref="GpuQueue"/>.</summary>
    public GpuQueue CreateQueue()
    {
        var gate = _oneGate ?? new Lock();
        return Accelerator is CudaAccelerator cuda ? new CudaQueue(cuda, gate) : new GpuQueue(Accelerator.CreateStream(), gate);
    }

    /// <summary>A device has come that has this pool.</summary>
    public void Join(BufferPool pool)
    {
        lock (_pools)
            _pools.Add(pool);
    }

    /// <summary>Gives back the memory that pools keep for later: it may be what is missing now.</summary>
    public void ReleaseKept()
    {
        BufferPool[] pools;
        lock (_pools)
            pools = [.. _pools];
        foreach (var pool in pools)
            pool.ReleaseKept();
    }

    /// <summary>The device that has this pool has gone.</summary>
    public void Leave(BufferPool pool)
    {
        lock (_pools)
        {
            if (!_pools.Remove(pool) || _pools.Count > 0)
                return;
        }

        lock (_end)
        {
            _isGone = true;
            try
            {
                Accelerator.Dispose();
            }
            catch (AcceleratorException)
            {
                // ILGPU stops at the first thing that a lost device does not give back. Its finalizer would go on to the end.
                FinalDispose(Accelerator, false);
            }
            finally
            {
                _context.Dispose();
            }
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "Dispose")]
    private static extern void FinalDispose(DisposeBase accelerator, bool disposing);
}
