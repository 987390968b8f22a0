using System.Runtime.InteropServices;
using Engine.Kernels.Bodies;
using Engine.Kernels.Memory;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels.Gpu;

/// <summary>
/// A device that ILGPU compiles kernels for: CUDA, OpenCL, or its emulator. Commands go to one stream and take effect in the order in
/// which they were given, whichever thread gives them; the host waits only where it reads.
/// </summary>
internal sealed partial class IlgpuDevice : Device
{
    private readonly Context _context;
    private readonly Accelerator _accelerator;
    private readonly AcceleratorStream _stream;
    private readonly GpuMemory _memory;
    private readonly KernelCache _kernels;

    // Whether large products of float32 may be rounded to tf32.
    private readonly bool _tensorCores;

    // Where kernels may move aligned quads; OpenCL has handles in the place of addresses.
    private readonly WholeMemory? _whole;

    // One thread at a time: a capture must not take up another thread's commands.
    private readonly Lock _gate = new();
    private long _launches;
    private long _waits;

    private IlgpuDevice(string name, string description, string driver, int groupSize, Context context, Accelerator accelerator)
    {
        Name = name;
        Description = description;
        Driver = driver;
        _context = context;
        _accelerator = accelerator;
        _stream = accelerator.CreateStream();
        _memory = accelerator is CudaAccelerator cuda
            ? new CudaMemory(name, cuda, (CudaStream)_stream, _gate)
            : new SharedGpuMemory(_stream);
        _kernels = new KernelCache(accelerator, groupSize);
        _tensorCores = name.EndsWith(TensorCores, StringComparison.Ordinal);
        _whole = accelerator.AcceleratorType == AcceleratorType.OpenCL ? null : new WholeMemory(accelerator);
        Pool = new BufferPool(_memory);
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override string Description { get; }

    /// <inheritdoc/>
    public override long MemoryBytes
        => _accelerator.AcceleratorType == AcceleratorType.CPU ? Cpu.MemoryBytes : _accelerator.MemorySize;

    /// <inheritdoc/>
    public override string Driver { get; }

    /// <inheritdoc/>
    public override int Concurrency => 1;

    /// <inheritdoc/>
    public override bool PrefersWholeBatches => true;

    /// <inheritdoc/>
    public override BufferPool Pool { get; }

    /// <summary>How often something was handed to the driver to be done: a kernel, a copy, or a graph of these.</summary>
    public long Launches => Interlocked.Read(ref _launches);

    /// <summary>How often the host has waited for the device.</summary>
    public long Waits => Interlocked.Read(ref _waits);

    /// <summary>The kernels asked for so far, see <see cref="KernelCache.MethodOf"/>.</summary>
    public IEnumerable<Type> Kernels => _kernels.Kernels;

    /// <summary>
    /// Whether kernels are only noted, neither compiled nor run: to learn which ones some work needs, whatever its size.
    /// </summary>
    public bool IsDry { get; init; }

    /// <inheritdoc/>
    public override void Upload<T>(ReadOnlySpan<T> source, Buffer destination)
    {
        RequireRoom<T>(destination, source.Length);
        long address = destination.Address;
        var bytes = MemoryMarshal.AsBytes(source);
        try
        {
            lock (_gate)
            {
                Interlocked.Increment(ref _launches);
                _memory.Upload(bytes, address);
            }
        }
        catch (AcceleratorException e)
        {
            throw new DeviceException(Name, e);
        }
    }

    /// <inheritdoc/>
    public override void Download<T>(Buffer source, Span<T> destination)
    {
        RequireNotRecording();
        RequireRoom<T>(source, destination.Length);
        long address = source.Address;
        try
        {
            lock (_gate)
            {
                Interlocked.Increment(ref _launches);
                Interlocked.Increment(ref _waits);
                _memory.Download(address, MemoryMarshal.AsBytes(destination));
            }
        }
        catch (AcceleratorException e)
        {
            throw new DeviceException(Name, e);
        }
    }

    /// <inheritdoc/>
    public override void Fill(ElementType type, Buffer destination, double value)
    {
        switch (type)
        {
            case ElementType.Float32: Fill(destination.Write<float>(), (float)value); break;
            case ElementType.Float64: Fill(destination.Write<double>(), value); break;
            default: Fill(destination.Write<int>(), (int)value); break;
        }
    }

    /// <inheritdoc/>
    public override void For<TBody>(int count, TBody body, int grain = 1024) => Launch(body, count);

    /// <inheritdoc/>
    public override void Concurrently(int count, Action<int> piece)
    {
        // The device, not the host, works on many things at a time.
        for (int i = 0; i < count; i++)
            piece(i);
    }

    /// <inheritdoc/>
    public override void Synchronize()
    {
        try
        {
            // Not while another thread captures the stream.
            lock (_gate)
            {
                Interlocked.Increment(ref _waits);
                _stream.Synchronize();
            }
        }
        catch (AcceleratorException e)
        {
            throw new DeviceException(Name, e);
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        Action[] steps = [_stream.Synchronize, base.Dispose, _stream.Dispose, _accelerator.Dispose, _context.Dispose];
        foreach (var step in steps)
        {
            try
            {
                step();
            }
            catch (Exception e) when (e is AcceleratorException or DeviceException)
            {
                // A lost device has nothing left to give back, but its host may have.
            }
        }
    }

    private static unsafe void RequireRoom<T>(Buffer buffer, int length)
        where T : unmanaged
    {
        if ((long)length * sizeof(T) > buffer.ByteLength)
            throw new ArgumentException($"{length} elements of {sizeof(T)} bytes do not fit a buffer of {buffer.ByteLength} bytes.");
    }

    private void Fill<T>(View<T> view, T value)
        where T : unmanaged
        => Launch(new FillBody<T>(view, value), view.Length);

    // The two ways by which a kernel gets to run: now, later, or both.
    private void Launch<TBody>(TBody body, int count)
        where TBody : struct, IBody
        => Give(new BodyCommand<TBody>(this, body, count));

    internal void LaunchGroups<TKernel>(TKernel kernel, int groups, int groupSize)
        where TKernel : struct, IGroupKernel
        => Give(new GroupCommand<TKernel>(this, kernel, groups, groupSize));

    private void Give(Command command)
    {
        if (Recording.Current is not { } recording || recording.Add(command))
            command.Execute();
    }

    private sealed class BodyCommand<TBody>(IlgpuDevice device, TBody body, int count) : Command
        where TBody : struct, IBody
    {
        public override void Execute()
        {
            if (count == 0)
                return;
            if (device.IsDry)
            {
                device._kernels.Note<TBody>();
                return;
            }

            try
            {
                lock (device._gate)
                {
                    Interlocked.Increment(ref device._launches);
                    device._kernels.Body<TBody>()(device._stream, count, body);
                }
            }
            catch (AcceleratorException e)
            {
                throw new DeviceException(device.Name, e);
            }
        }
    }

    private sealed class GroupCommand<TKernel>(IlgpuDevice device, TKernel kernel, int groups, int groupSize) : Command
        where TKernel : struct, IGroupKernel
    {
        public override void Execute()
        {
            if (groups == 0)
                return;
            if (device.IsDry)
            {
                device._kernels.Note<TKernel>();
                return;
            }

            try
            {
                lock (device._gate)
                {
                    Interlocked.Increment(ref device._launches);
                    device._kernels.Group<TKernel>()(device._stream, new KernelConfig(groups, groupSize), kernel);
                }
            }
            catch (AcceleratorException e)
            {
                throw new DeviceException(device.Name, e);
            }
        }
    }
}
