using Engine.Kernels.Bodies;
using Engine.Kernels.Memory;
using Engine.Kernels.Rows;
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
    // A group more than these would no longer have numbers for its threads.
    private const int MostIndices = int.MaxValue - LargestOfIndices;

    private readonly SharedAccelerator _card;
    private readonly GpuQueue _queue;
    private readonly GpuMemory _memory;

    // Whether large products of float32 may be rounded to tf32.
    private readonly bool _tensorCores;
    private int _isDisposed;

    private IlgpuDevice(string name, string description, string driver, SharedAccelerator card)
    {
        Name = name;
        Description = description;
        Driver = driver;
        _card = card;
        _queue = card.CreateQueue();
        _memory = _queue is CudaQueue queue ? new CudaMemory(name, card, queue) : new SharedGpuMemory(_queue);
        _tensorCores = name.EndsWith(TensorCores, StringComparison.Ordinal);
        Pool = new BufferPool(_memory);
        card.Join(Pool);
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override string Description { get; }

    /// <inheritdoc/>
    public override long MemoryBytes
        => _card.Accelerator.AcceleratorType == AcceleratorType.CPU ? Cpu.MemoryBytes : _card.Accelerator.MemorySize;

    /// <inheritdoc/>
    public override long FreeBytes => _card.Accelerator switch
    {
        CudaAccelerator cuda => Attempt(
            static (_, cuda) =>
            {
                using var binding = cuda.BindScoped();
                return cuda.GetFreeMemory();
            },
            cuda),
        { AcceleratorType: AcceleratorType.CPU } => Cpu.FreeBytes,
        var other => other.MemorySize,
    };

    /// <inheritdoc/>
    public override string Driver { get; }

    /// <inheritdoc/>
    public override int Concurrency => 1;

    /// <inheritdoc/>
    public override bool PrefersWholeBatches => true;

    /// <inheritdoc/>
    public override BufferPool Pool { get; }

    /// <summary>How often something was handed to the driver to be done: a kernel, a copy, or a graph of these.</summary>
    public long Launches => _queue.Launches;

    /// <summary>How often the host has waited for the device.</summary>
    public long Waits => _queue.Waits;

    /// <summary>The kernels asked for so far, see <see cref="KernelCache.MethodOf"/>.</summary>
    public IEnumerable<Type> Kernels => _card.Kernels.Kernels;

    /// <summary>
    /// Whether kernels are only noted, neither compiled nor run: to learn which ones some work needs, whatever its size.
    /// </summary>
    public bool IsDry { get; init; }

    /// <inheritdoc/>
    public override Device Fork(int threads = 0) => new IlgpuDevice(Name, Description, Driver, _card) { IsDry = IsDry };

    /// <inheritdoc/>
    public override void Upload<T>(ReadOnlySpan<T> source, Buffer destination)
    {
        RequireRoom<T>(destination, source.Length);
        Upload(source, destination.Address);
    }

    /// <inheritdoc/>
    public override unsafe void Download<T>(Buffer source, Span<T> destination)
    {
        RequireNotRecording();
        RequireRoom<T>(source, destination.Length);
        fixed (T* to = destination)
        {
            Attempt(
                static (device, copy) =>
                {
                    device._memory.Download(copy.From, (byte*)copy.To, copy.Bytes);
                    return 0;
                },
                (From: source.Address, To: (nint)to, Bytes: (long)destination.Length * sizeof(T)));
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
    private protected override void ForAll<TBody>(int count, TBody body, int grain, int parts, Buffer? shared)
        => Launch(body, count, rows: RowsOf(body, count, parts, shared));

    /// <inheritdoc/>
    public override void Concurrently(int count, Action<int> piece)
    {
        // The device, not the host, works on many things at a time.
        for (int i = 0; i < count; i++)
            piece(i);
    }

    /// <inheritdoc/>
    public override void Synchronize()
        => Attempt(
            static (device, _) =>
            {
                device._queue.Wait();
                return 0;
            },
            0);

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;

        // All of it: a lost device gives nothing back and says so each time, but there is more than the device.
        Action[] steps = [_queue.Wait, base.Dispose, FreeCopyTable, _memory.Dispose, _queue.Dispose, () => _card.Leave(Pool)];
        foreach (var step in steps)
        {
            try
            {
                step();
            }
            catch (Exception e) when (e is AcceleratorException or DeviceException)
            {
                // The next step.
            }
        }
    }

    private static unsafe void RequireRoom<T>(Buffer buffer, int length)
        where T : unmanaged
    {
        if ((long)length * sizeof(T) > buffer.ByteLength)
            throw new ArgumentException($"{length} elements of {sizeof(T)} bytes do not fit a buffer of {buffer.ByteLength} bytes.");
    }

    private unsafe void Upload<T>(ReadOnlySpan<T> source, long destination)
        where T : unmanaged
    {
        fixed (T* from = source)
        {
            Attempt(
                static (device, copy) =>
                {
                    device._memory.Upload((byte*)copy.From, copy.To, copy.Bytes);
                    return 0;
                },
                (From: (nint)from, To: destination, Bytes: (long)source.Length * sizeof(T)));
        }
    }

    private void Fill<T>(View<T> view, T value)
        where T : unmanaged
        => Launch(new FillBody<T>(view, value), view.Length);

    // The two ways by which a kernel gets to run: now, later, or both.
    private void Launch<TBody>(TBody body, int count, double operations = 0, RowWork? rows = null)
        where TBody : struct, IBody
    {
        if (count > MostIndices)
            throw new ArgumentException($"{count:N0} elements are too many for one kernel of a GPU: there can be {MostIndices:N0}.");
        Give(new BodyCommand<TBody>(this, body, count) { Operations = operations, Rows = rows });
    }

    internal void LaunchGroups<TKernel>(TKernel kernel, int groups, int groupSize, double operations = 0, RowWork? rows = null)
        where TKernel : struct, IGroupKernel
        => Give(new GroupCommand<TKernel>(this, kernel, groups, groupSize) { Operations = operations, Rows = rows });

    private static void Give(Command command)
    {
        if (Recording.Current is { } recording)
            recording.Add(command);
        else
            command.Execute();
    }

    // What fails for want of memory is tried once more when all pools have given back what they keep; not within a capture, which
    // allows no such thing and is tried again as a whole.
    private TResult Attempt<TState, TResult>(Func<IlgpuDevice, TState, TResult> act, TState state)
    {
        bool isCapturing = _queue.Gate.IsHeldByCurrentThread;
        try
        {
            return act(this, state);
        }
        catch (Exception e) when (IsOutOfMemory(e) && !isCapturing)
        {
            _card.ReleaseKept();
        }
        catch (AcceleratorException e)
        {
            throw Failure(e);
        }

        try
        {
            return act(this, state);
        }
        catch (AcceleratorException e)
        {
            throw Failure(e);
        }
    }

    private Exception Failure(AcceleratorException cause)
        => IsOutOfMemory(cause)
            ? new OutOfMemoryException(
                $"Device '{Name}' has no memory left for a kernel, a graph or a copy, with {Pool.LiveBytes:N0} bytes in tensors: "
                + "use smaller batches, or return tensors with a TensorScope.", cause)
            : new DeviceException(Name, cause);

    private static bool IsOutOfMemory(Exception e)
        => e is OutOfMemoryException or CudaException { Error: nameof(CudaError.CUDA_ERROR_OUT_OF_MEMORY) };

    /// <summary>A command that is handed to the queue.</summary>
    private abstract class GpuCommand(IlgpuDevice device) : Command
    {
        protected IlgpuDevice Device { get; } = device;

        public sealed override void Execute()
            => Device.Attempt(
                static (device, command) =>
                {
                    if (command.Load())
                    {
                        lock (device._queue.Gate)
                        {
                            device._queue.CountLaunches(1);
                            command.Launch();
                        }
                    }

                    return 0;
                },
                this);

        /// <summary>What takes long, while others may give commands. Returns whether there is something to launch.</summary>
        public virtual bool Load() => true;

        protected abstract void Launch();
    }

    private sealed class BodyCommand<TBody>(IlgpuDevice device, TBody body, int count) : GpuCommand(device)
        where TBody : struct, IBody
    {
        private Action<AcceleratorStream, Index1D, TBody>? _launcher;

        public override bool Load()
        {
            if (count == 0)
                return false;
            if (Device.IsDry)
                Device._card.Kernels.Note<TBody>();
            else
                _launcher ??= Device._card.Kernels.Body<TBody>();
            return !Device.IsDry;
        }

        protected override void Launch() => _launcher!(Device._queue.Stream, count, body);
    }

    private sealed class GroupCommand<TKernel>(IlgpuDevice device, TKernel kernel, int groups, int groupSize) : GpuCommand(device)
        where TKernel : struct, IGroupKernel
    {
        private Action<AcceleratorStream, KernelConfig, TKernel>? _launcher;

        public override bool Load()
        {
            if (groups == 0)
                return false;
            if (Device.IsDry)
                Device._card.Kernels.Note<TKernel>();
            else
                _launcher ??= Device._card.Kernels.Group<TKernel>();
            return !Device.IsDry;
        }

        protected override void Launch() => _launcher!(Device._queue.Stream, new KernelConfig(groups, groupSize), kernel);
    }
}
