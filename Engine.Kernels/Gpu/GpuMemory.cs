using Engine.Kernels.Memory;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace Engine.Kernels.Gpu;

/// <summary>The memory of an accelerator, and the way to it from the host's.</summary>
internal abstract class GpuMemory(AcceleratorStream stream) : IMemorySource
{
    /// <summary>The stream whose commands use the memory.</summary>
    protected AcceleratorStream Stream { get; } = stream;

    /// <inheritdoc/>
    public abstract long Allocate(long byteLength);

    /// <inheritdoc/>
    public abstract void Free(long address);

    /// <inheritdoc/>
    public abstract void Fill(long address, long byteLength, byte value);

    /// <summary>Copies from the host after the commands given so far; the source may be changed afterwards.</summary>
    public abstract void Upload(ReadOnlySpan<byte> source, long destination);

    /// <summary>Copies to the host after the commands given so far, and waits for it.</summary>
    public abstract void Download(long source, Span<byte> destination);
}

/// <summary>Memory that an accelerator shares with the host: kernels get the host's addresses.</summary>
internal sealed unsafe class SharedGpuMemory(AcceleratorStream stream) : GpuMemory(stream)
{
    private readonly NativeMemorySource _source = new();

    public override long Allocate(long byteLength) => _source.Allocate(byteLength);

    public override void Free(long address)
    {
        Stream.Synchronize();
        _source.Free(address);
    }

    public override void Fill(long address, long byteLength, byte value)
    {
        Stream.Synchronize();
        _source.Fill(address, byteLength, value);
    }

    public override void Upload(ReadOnlySpan<byte> source, long destination)
    {
        Stream.Synchronize();
        source.CopyTo(new Span<byte>((void*)destination, source.Length));
    }

    public override void Download(long source, Span<byte> destination)
    {
        Stream.Synchronize();
        new Span<byte>((void*)source, destination.Length).CopyTo(destination);
    }
}

/// <summary>Memory of a CUDA device.</summary>
/// <param name="device">The device's name.</param>
/// <param name="accelerator">The device.</param>
/// <param name="stream">The stream whose commands use the memory.</param>
/// <param name="gate">Held while the stream is captured.</param>
internal sealed unsafe class CudaMemory(string device, CudaAccelerator accelerator, CudaStream stream, Lock gate) : GpuMemory(stream)
{
    public override long Allocate(long byteLength)
    {
        try
        {
            using var binding = accelerator.BindScoped();
            var error = CudaAPI.CurrentAPI.AllocateMemory(out nint address, (nint)byteLength);
            if (error == CudaError.CUDA_ERROR_OUT_OF_MEMORY)
                throw new OutOfMemoryException();
            CudaException.ThrowIfFailed(error);
            return address;
        }
        catch (AcceleratorException e)
        {
            throw new DeviceException(device, e);
        }
    }

    public override void Free(long address)
    {
        // An accelerator that is gone has taken its memory with it.
        if (accelerator.IsDisposed)
            return;
        try
        {
            using var binding = accelerator.BindScoped();
            CudaException.ThrowIfFailed(CudaAPI.CurrentAPI.FreeMemory((nint)address));
        }
        catch (AcceleratorException e)
        {
            throw new DeviceException(device, e);
        }
    }

    public override void Fill(long address, long byteLength, byte value)
    {
        try
        {
            lock (gate)
            {
                using var binding = accelerator.BindScoped();
                CudaException.ThrowIfFailed(CudaAPI.CurrentAPI.Memset((nint)address, value, (nint)byteLength, Stream));
            }
        }
        catch (AcceleratorException e)
        {
            throw new DeviceException(device, e);
        }
    }

    // From memory that the driver does not know it copies to a place of its own before it returns.
    public override void Upload(ReadOnlySpan<byte> source, long destination)
    {
        using var binding = accelerator.BindScoped();
        fixed (byte* from = source)
            CudaException.ThrowIfFailed(CudaAPI.CurrentAPI.MemcpyAsync((nint)destination, (nint)from, source.Length, Stream));
    }

    public override void Download(long source, Span<byte> destination)
    {
        using var binding = accelerator.BindScoped();
        fixed (byte* to = destination)
            CudaException.ThrowIfFailed(CudaAPI.CurrentAPI.MemcpyAsync((nint)to, (nint)source, destination.Length, Stream));
        Stream.Synchronize();
    }
}
