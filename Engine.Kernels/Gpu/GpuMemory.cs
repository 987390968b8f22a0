using Engine.Kernels.Memory;
using ILGPU.Runtime.Cuda;

namespace Engine.Kernels.Gpu;

/// <summary>The memory of an accelerator, and the way to it from the host's.</summary>
/// <param name="queue">The queue whose commands use the memory.</param>
internal abstract unsafe class GpuMemory(GpuQueue queue) : IMemorySource, IDisposable
{
    /// <summary>The queue whose commands use the memory.</summary>
    protected GpuQueue Queue { get; } = queue;

    /// <inheritdoc/>
    public abstract long Allocate(long byteLength);

    /// <inheritdoc/>
    public abstract void Free(long address);

    /// <inheritdoc/>
    public abstract void Fill(long address, long byteLength, byte value);

    /// <summary>Copies from the host after the commands given so far; the source may be changed afterwards.</summary>
    public abstract void Upload(byte* source, long destination, long byteLength);

    /// <summary>Copies to the host after the commands given so far, and waits for it.</summary>
    public abstract void Download(long source, byte* destination, long byteLength);

    /// <summary>Gives back what is needed for copies. Blocks handed out stay valid.</summary>
    public virtual void Dispose()
    {
    }
}

/// <summary>Memory that an accelerator shares with the host: kernels get the host's addresses.</summary>
internal sealed unsafe class SharedGpuMemory(GpuQueue queue) : GpuMemory(queue)
{
    private readonly NativeMemorySource _source = new();

    public override long Allocate(long byteLength) => _source.Allocate(byteLength);

    public override void Free(long address)
    {
        // A queue that is gone has done all its commands.
        if (!Queue.Stream.IsDisposed)
            Queue.Stream.Synchronize();
        _source.Free(address);
    }

    public override void Fill(long address, long byteLength, byte value)
    {
        Queue.Stream.Synchronize();
        _source.Fill(address, byteLength, value);
    }

    public override void Upload(byte* source, long destination, long byteLength)
    {
        Queue.CountLaunches(1);
        Queue.Stream.Synchronize();
        System.Buffer.MemoryCopy(source, (void*)destination, byteLength, byteLength);
    }

    public override void Download(long source, byte* destination, long byteLength)
    {
        Queue.CountLaunches(1);
        Queue.Wait();
        System.Buffer.MemoryCopy((void*)source, destination, byteLength, byteLength);
    }
}

/// <summary>Memory of a CUDA device.</summary>
internal sealed unsafe class CudaMemory : GpuMemory
{
    private readonly string _device;
    private readonly SharedAccelerator _card;
    private readonly Staging _uploads;
    private readonly Staging _downloads;

    /// <summary>The memory of a device.</summary>
    /// <param name="device">The name of the device, for failures.</param>
    /// <param name="card">The device's accelerator.</param>
    /// <param name="queue">The device's queue.</param>
    public CudaMemory(string device, SharedAccelerator card, CudaQueue queue)
        : base(queue)
    {
        _device = device;
        _card = card;
        _uploads = new Staging(card.Accelerator, queue, 4);
        _downloads = new Staging(card.Accelerator, queue, 2);
    }

    public override long Allocate(long byteLength)
    {
        using var binding = _card.Accelerator.BindScoped();
        var error = CudaAPI.CurrentAPI.AllocateMemory(out nint address, (nint)byteLength);
        if (error == CudaError.CUDA_ERROR_OUT_OF_MEMORY)
        {
            // Other devices on the card may keep for later what is missing now.
            _card.ReleaseKept();
            error = CudaAPI.CurrentAPI.AllocateMemory(out address, (nint)byteLength);
        }

        return error switch
        {
            CudaError.CUDA_SUCCESS => address,
            CudaError.CUDA_ERROR_OUT_OF_MEMORY => throw new OutOfMemoryException(),
            _ => throw new DeviceException(_device, new CudaException(error)),
        };
    }

    // A device that is lost has taken its memory with it, as has an accelerator that is gone: only a wrong address is an error.
    public override void Free(long address)
    {
        var error = CudaError.CUDA_SUCCESS;
        _card.GiveBack(() => error = CudaAPI.CurrentAPI.FreeMemory((nint)address));
        if (error == CudaError.CUDA_ERROR_INVALID_VALUE)
            throw new DeviceException(_device, new CudaException(error));
    }

    public override void Fill(long address, long byteLength, byte value)
    {
        using var binding = _card.Accelerator.BindScoped();
        lock (Queue.Gate)
        {
            var error = CudaAPI.CurrentAPI.Memset((nint)address, value, (nint)byteLength, Queue.Stream);
            if (error != CudaError.CUDA_SUCCESS)
                throw new DeviceException(_device, new CudaException(error));
        }
    }

    public override void Upload(byte* source, long destination, long byteLength) => _uploads.Upload(source, destination, byteLength);

    public override void Download(long source, byte* destination, long byteLength) => _downloads.Download(source, destination, byteLength);

    public override void Dispose()
    {
        _uploads.Dispose();
        _downloads.Dispose();
    }
}
