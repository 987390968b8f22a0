using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace Engine.Kernels.Gpu;

/// <summary>
/// The one queue of a device, whose commands take effect in order: a stream, and the lock that is held to hand it a command and while
/// its commands are captured, but never during a wait.
/// </summary>
internal class GpuQueue(AcceleratorStream stream, Lock gate) : IDisposable
{
    private long _launches;
    private long _waits;

    /// <summary>The stream.</summary>
    public AcceleratorStream Stream { get; } = stream;

    /// <summary>One thread at a time: a capture must not take up another thread's commands.</summary>
    public Lock Gate { get; } = gate;

    /// <summary>How often something was handed to the driver to be done: a kernel, a copy, or a graph of these.</summary>
    public long Launches => Interlocked.Read(ref _launches);

    /// <summary>How often the host has waited for the device.</summary>
    public long Waits => Interlocked.Read(ref _waits);

    /// <summary>Counts commands; those that were captured count as none.</summary>
    public void CountLaunches(long more) => Interlocked.Add(ref _launches, more);

    /// <summary>Counts a wait.</summary>
    public void CountWait() => Interlocked.Increment(ref _waits);

    /// <summary>Waits until the commands given so far have taken effect.</summary>
    public virtual void Wait()
    {
        CountWait();
        Stream.Synchronize();
    }

    /// <inheritdoc/>
    public virtual void Dispose() => Stream.Dispose();
}

/// <summary>
/// The queue of a CUDA device. What is waited for is a mark left among the commands: to wait for the stream itself would break a capture
/// that another thread has begun in the meantime.
/// </summary>
internal sealed class CudaQueue(CudaAccelerator accelerator, Lock gate) : GpuQueue(accelerator.CreateStream(), gate)
{
    private readonly Stack<nint> _events = [];

    /// <summary>The stream's handle.</summary>
    public nint Handle => ((CudaStream)Stream).StreamPtr;

    /// <summary>Leaves a mark behind the commands given so far, for <see cref="Await"/>.</summary>
    public nint Mark()
    {
        using var binding = accelerator.BindScoped();
        lock (Gate)
        {
            if (!_events.TryPop(out nint mark))
                CudaException.ThrowIfFailed(CudaAPI.CurrentAPI.CreateEvent(out mark, CudaEventFlags.CU_EVENT_DISABLE_TIMING));
            var error = CudaAPI.CurrentAPI.RecordEvent(mark, Handle);
            if (error == CudaError.CUDA_SUCCESS)
                return mark;
            _events.Push(mark);
            throw new CudaException(error);
        }
    }

    /// <summary>Waits until the commands before a mark have taken effect. The mark is used up.</summary>
    public void Await(nint mark)
    {
        using var binding = accelerator.BindScoped();
        CudaException.ThrowIfFailed(CudaAPI.CurrentAPI.SynchronizeEvent(mark));
        lock (Gate)
            _events.Push(mark);
    }

    public override void Wait()
    {
        CountWait();
        Await(Mark());
    }

    public override void Dispose()
    {
        using (accelerator.BindScoped())
        {
            while (_events.TryPop(out nint mark))
                CudaAPI.CurrentAPI.DestroyEvent(mark);
        }

        base.Dispose();
    }
}
