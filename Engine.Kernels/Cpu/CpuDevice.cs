using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Engine.Kernels.Memory;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels.Cpu;

/// <summary>
/// The processor: SIMD kernels over native memory, shared by a fixed team of threads. Results don't depend on their number.
/// </summary>
internal sealed partial class CpuDevice : Device
{
    // Elements of a cheap kernel that are worth another thread.
    private const int ElementGrain = 32768;

    private readonly ThreadTeam _team;

    /// <summary>Opens the processor with a number of threads.</summary>
    /// <param name="threads">At least 1, at most <see cref="MostThreads"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer or more.</exception>
    public CpuDevice(int threads)
        : this(threads, new BufferPool())
    {
    }

    /// <summary>Opens the processor with memory from a pool.</summary>
    internal CpuDevice(int threads, BufferPool pool)
    {
        if (threads < 1 || threads > MostThreads)
        {
            throw new ArgumentOutOfRangeException(
                nameof(threads), threads, $"The processor takes 1 to {MostThreads} threads; it has {Environment.ProcessorCount} cores.");
        }

        _team = new ThreadTeam(threads);
        Pool = pool;
    }

    /// <summary>The most threads that can be asked for. Far more would not start, and the process would end.</summary>
    public static int MostThreads => Math.Max(1024, Environment.ProcessorCount);

    /// <summary>Bits of the SIMD registers in use: 512, 256 or 128.</summary>
    public static int VectorBits => Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128;

    /// <inheritdoc/>
    public override string Name => "cpu";

    /// <inheritdoc/>
    public override string Description => $"{RuntimeInformation.ProcessArchitecture}, {Concurrency} threads, {VectorBits}-bit vectors";

    /// <inheritdoc/>
    public override long MemoryBytes => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <inheritdoc/>
    public override long FreeBytes
    {
        get
        {
            // What is used was looked up in the last collection.
            GC.Collect(0);
            var info = GC.GetGCMemoryInfo();
            return Math.Clamp(info.HighMemoryLoadThresholdBytes - info.MemoryLoadBytes, 0, info.TotalAvailableMemoryBytes);
        }
    }

    /// <inheritdoc/>
    public override string Driver => RuntimeInformation.FrameworkDescription;

    /// <inheritdoc/>
    public override int Concurrency => _team.Threads;

    /// <inheritdoc/>
    public override BufferPool Pool { get; }

    /// <inheritdoc/>
    public override Device Fork(int threads = 0) => new CpuDevice(threads == 0 ? Concurrency : threads);

    /// <inheritdoc/>
    public override void Upload<T>(ReadOnlySpan<T> source, Buffer destination)
    {
        // Not a command: while recording, the buffer is one that the recording owns.
        source.CopyTo(SpanOf<T>(destination, source.Length));
    }

    /// <inheritdoc/>
    public override void Download<T>(Buffer source, Span<T> destination)
    {
        RequireNotRecording();
        SpanOf<T>(source, destination.Length).CopyTo(destination);
    }

    /// <inheritdoc/>
    public override unsafe void Copy(Buffer source, long sourceByte, Buffer destination, long destinationByte, long byteLength)
    {
        // As views of long: the bytes of a large buffer are more than a view counts.
        byte* from = (byte*)source.Read<long>().Pointer, to = (byte*)destination.Write<long>().Pointer;
        Launch(new CopyBytes(from + sourceByte, to + destinationByte, byteLength), 1, 1);
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
        => Launch(new BodyRange<TBody>(body), count, grain);

    /// <inheritdoc/>
    public override void ForRows<TBody>(int rows, int columns, TBody body, int grain = 1, bool independent = false)
        => Launch(new WholeRows<TBody>(body, columns), rows, grain);

    /// <inheritdoc/>
    public override void Concurrently(int count, Action<int> piece) => _team.Run(new Pieces(count, Math.Min(count, Concurrency), piece));

    /// <inheritdoc/>
    public override void Synchronize()
    {
        // Commands have taken effect when their call returns.
    }

    /// <summary>Whether this is everybody's: disposing it then does nothing.</summary>
    internal bool IsShared { get; init; }

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (IsShared)
            return;
        _team.Dispose();
        base.Dispose();
    }

    private static unsafe Span<T> SpanOf<T>(Buffer buffer, int length)
        where T : unmanaged
    {
        if ((long)length * sizeof(T) > buffer.ByteLength)
            throw new ArgumentException($"{length} elements of {sizeof(T)} bytes do not fit a buffer of {buffer.ByteLength} bytes.");
        return new Span<T>((void*)buffer.Address, length);
    }

    private void Fill<T>(View<T> view, T value)
        where T : unmanaged
        => Launch(new FillRange<T>(view, value), view.Length, ElementGrain);

    // The one way by which a kernel gets to run: now, later, or both.
    private void Launch<TKernel>(TKernel kernel, int count, int grain, double operations = 0)
        where TKernel : struct, IKernel
    {
        if (Recording.Current is null && count < 2 * grain)
        {
            // Nothing to keep and nothing to share: no command is needed.
            kernel.Run(0, count);
            return;
        }

        var command = new KernelCommand<TKernel>(kernel, count, grain, _team) { Operations = operations };
        if (Recording.Current is { } recording)
            recording.Add(command);
        else
            command.Execute();
    }

    private readonly unsafe struct CopyBytes(byte* source, byte* destination, long length) : IKernel
    {
        public void Run(int start, int end) => System.Buffer.MemoryCopy(source, destination, length, length);
    }

    private readonly struct FillRange<T>(View<T> view, T value) : IKernel
        where T : unmanaged
    {
        public unsafe void Run(int start, int end) => new Span<T>(view.Pointer + start, end - start).Fill(value);
    }

    private readonly struct BodyRange<TBody>(TBody body) : IKernel
        where TBody : struct, IBody
    {
        public void Run(int start, int end)
        {
            for (int i = start; i < end; i++)
                body.Invoke(i);
        }
    }

    private readonly struct WholeRows<TBody>(TBody body, int columns) : IKernel
        where TBody : struct, IRowBody
    {
        public void Run(int start, int end)
        {
            for (int row = start; row < end; row++)
            {
                body.Prepare(row);
                body.Invoke(row, 0, columns);
            }
        }
    }

    // Threads take the next piece as they get free: pieces may differ in length.
    private sealed class Pieces(int count, int tasks, Action<int> piece) : SharedCommand(tasks, 1)
    {
        private int _next = -1;

        public override void Execute() => throw new NotSupportedException();

        public override void Run(int start, int end)
        {
            for (int i = Interlocked.Increment(ref _next); i < count; i = Interlocked.Increment(ref _next))
                piece(i);
        }
    }
}
