using System.Diagnostics;
using System.Runtime.CompilerServices;
using Engine.Kernels.Bodies;
using Engine.Kernels.Cpu;
using Engine.Kernels.Functions;
using Engine.Kernels.Fusion;
using Engine.Kernels.Memory;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels;

/// <summary>
/// A plain kernel: what is done for one index, the same source on every device. Implemented by structs of views and numbers.
/// </summary>
public interface IBody
{
    /// <summary>Does the work of one index. Indices run in any order, and at the same time.</summary>
    void Invoke(int index);
}

/// <summary>
/// A place where tensors live and are computed: memory and some fifteen verbs. Buffers passed to a verb belong to the device.
/// </summary>
/// <remarks>Thread-safe. Commands of one thread take effect in order.</remarks>
public abstract class Device : IDisposable
{
    // Keys worth another thread.
    private protected const int KeyGrain = 1024;

    private static readonly Lazy<CpuDevice> s_cpu = new(() => new CpuDevice(Environment.ProcessorCount) { IsShared = true });

    /// <summary>The processor, with as many threads as it has cores. Everybody shares it, so disposing it does nothing.</summary>
    public static Device Cpu => s_cpu.Value;

    /// <summary>The name that <see cref="Open"/> takes.</summary>
    public abstract string Name { get; }

    /// <summary>What the device is, for people: its model, and what counts of it.</summary>
    public abstract string Description { get; }

    /// <summary>Bytes of memory that the device has.</summary>
    public abstract long MemoryBytes { get; }

    /// <summary>
    /// Bytes of it that nobody uses at the moment, as far as the device tells; what pools keep for later is used. The processor leaves a
    /// tenth out, without which a machine is short of memory.
    /// </summary>
    public abstract long FreeBytes { get; }

    /// <summary>What runs the device, for people: driver or runtime with its version.</summary>
    public abstract string Driver { get; }

    /// <summary>The number of programs that make progress at the same time (threads of a processor).</summary>
    public abstract int Concurrency { get; }

    /// <summary>
    /// Whether a batch is best worked on as a whole, and not in blocks that fit the caches of a processor.
    /// </summary>
    public virtual bool PrefersWholeBatches => false;

    /// <summary>Where the device's memory comes from, with its leak count.</summary>
    public abstract BufferPool Pool { get; }

    /// <summary>Opens the device of that name: a new one each time, for the caller to dispose.</summary>
    /// <param name="name">
    /// "cpu", "cuda:0" and on, "opencl:0" and on, or "emulator", which runs the kernels of a GPU on the processor, very slowly.
    /// "cuda:0+tf32" uses tensor cores for large products and convolutions of Float32: what is multiplied is rounded to 10
    /// explicit bits of mantissa, which puts results off by up to 1e-3 of the sum of their products' sizes.
    /// </param>
    /// <param name="threads">
    /// Threads of the processor to use, where that is the device, up to 1024 or as many as it has cores; 0 for all.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">There can't be so many threads.</exception>
    /// <exception cref="ArgumentException">No such device is to be had; the message says what is.</exception>
    public static Device Open(string name, int threads = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        if (name == "cpu")
            return new CpuDevice(threads == 0 ? Environment.ProcessorCount : threads);
        if (name.Split(':', '+')[0] is not ("cuda" or "opencl" or "emulator"))
            throw new ArgumentException($"Device '{name}' is unknown: there are {string.Join(", ", Names)}.");
        return OpenGpu(name);
    }

    /// <summary>The names of the devices that are here, found one after the other.</summary>
    public static IEnumerable<string> Names => ["cpu", .. FindGpus()];

    /// <summary>
    /// Why there are no CUDA devices, or not all that the driver has, with a remedy; null if there is nothing to say.
    /// </summary>
    public static string? CudaProblem => FindCudaProblem();

    /// <summary>
    /// Opens this device once more, for another thread: with memory and an order of commands of its own. Devices on one GPU share what
    /// is compiled for it, and their kernels may run at the same time, which those of devices opened by name don't.
    /// </summary>
    /// <param name="threads">Threads of the processor to use, where that is the device; 0 for as many as this one.</param>
    /// <returns>A device for the caller to dispose, before or after this one.</returns>
    public abstract Device Fork(int threads = 0);

    /// <summary>Takes memory with undefined contents.</summary>
    public Buffer Allocate(long byteLength)
        => RecordingHere is { } recording ? recording.Allocate(byteLength) : Take(byteLength, -1);

    /// <summary>Takes memory for values that the host uploads: while a program is recorded they become its constants.</summary>
    public Buffer AllocateConstant(long byteLength)
        => RecordingHere is { } recording ? recording.Own(byteLength) : Take(byteLength, -1);

    /// <summary>Returns memory. A second call does nothing, nor does one for memory that belongs to a recording.</summary>
    public void Free(Buffer buffer)
    {
        if (!buffer.IsRecorded)
            buffer.Free();
    }

    /// <summary>Copies from the host at once, also while recording.</summary>
    public abstract void Upload<T>(ReadOnlySpan<T> source, Buffer destination)
        where T : unmanaged;

    /// <summary>Copies to the host and waits for it.</summary>
    /// <exception cref="InvalidOperationException">A recording is under way: a replay could not repeat the read.</exception>
    public abstract void Download<T>(Buffer source, Span<T> destination)
        where T : unmanaged;

    /// <summary>Copies bytes between two buffers of this device.</summary>
    public abstract void Copy(Buffer source, long sourceByte, Buffer destination, long destinationByte, long byteLength);

    /// <summary>See <see cref="For"/>.</summary>
    private protected abstract void ForAll<TBody>(int count, TBody body, int grain, int parts, Buffer? shared)
        where TBody : struct, IBody;

    /// <summary>Copies many pieces of memory, whose destinations don't overlap, at once where the device can.</summary>
    internal virtual void Copy(IReadOnlyList<BufferCopy> copies)
    {
        foreach (var copy in copies)
            Copy(copy.Source, copy.SourceByte, copy.Destination, copy.DestinationByte, copy.ByteLength);
    }

    /// <summary>Sets every element.</summary>
    public abstract void Fill(ElementType type, Buffer destination, double value);

    /// <summary>Runs a body for the indices from 0 to <paramref name="count"/> - 1.</summary>
    /// <param name="count">The number of indices.</param>
    /// <param name="body">The kernel, with views taken just before this call.</param>
    /// <param name="grain">The least number of indices worth a thread.</param>
    /// <param name="parts">
    /// Into how many equal parts indices and all buffers can be cut so that indices of a part touch nothing else of any buffer; 0 if they
    /// can't, or nobody knows. A GPU may run such commands one after the other for some parts before it comes to others.
    /// </param>
    /// <param name="shared">A buffer of which indices of every part may read everything.</param>
    /// <exception cref="ArgumentException">There are not as many indices in each part.</exception>
    public void For<TBody>(int count, TBody body, int grain = 1024, int parts = 0, Buffer? shared = null)
        where TBody : struct, IBody
    {
        if (parts < 0 || (parts > 0 && count % parts != 0))
        {
            throw new ArgumentException(
                $"For: {count} indices can't be cut into {parts} equal parts; 0 says that it is not known.", nameof(parts));
        }

        ForAll(count, body, grain, parts, shared);
    }

    /// <summary>Runs a body for all columns of some rows.</summary>
    /// <param name="rows">The number of rows.</param>
    /// <param name="columns">The number of columns, at least 1.</param>
    /// <param name="body">The kernel, with views taken just before this call.</param>
    /// <param name="grain">The least number of rows worth a thread.</param>
    /// <param name="independent">Whether a row touches nothing but its own part of each buffer, see <see cref="For"/>.</param>
    public virtual void ForRows<TBody>(int rows, int columns, TBody body, int grain = 1, bool independent = false)
        where TBody : struct, IRowBody
        => For(checked(rows * columns), new RowColumns<TBody>(body, columns), parts: independent ? rows : 0);

    /// <summary>destination = function(x), element by element.</summary>
    /// <param name="type">The element type of all operands.</param>
    /// <param name="function">The function.</param>
    /// <param name="loops">Strides of the destination (contiguous) and of x.</param>
    /// <param name="destination">The result.</param>
    /// <param name="x">The operand.</param>
    public void Map<TFunction>(ElementType type, TFunction function, Loops loops, Buffer destination, Buffer x)
        where TFunction : struct, IUnary
    {
        if (RecordingHere is { } recording)
            recording.Add(new MapRequest<OfUnary<TFunction>>(type, new(function), loops, destination, [x]));
        else
            MapOf(type, new OfUnary<TFunction>(function), loops, destination, x, x, x, x);
    }

    /// <summary>destination = function(x, y), element by element.</summary>
    public void Map<TFunction>(ElementType type, TFunction function, Loops loops, Buffer destination, Buffer x, Buffer y)
        where TFunction : struct, IBinary
    {
        if (RecordingHere is { } recording)
            recording.Add(new MapRequest<OfBinary<TFunction>>(type, new(function), loops, destination, [x, y]));
        else
            MapOf(type, new OfBinary<TFunction>(function), loops, destination, x, y, x, x);
    }

    /// <summary>destination = function(x, y, z), element by element.</summary>
    public void Map<TFunction>(ElementType type, TFunction function, Loops loops, Buffer destination, Buffer x, Buffer y, Buffer z)
        where TFunction : struct, ITernary
    {
        if (RecordingHere is { } recording)
            recording.Add(new MapRequest<OfTernary<TFunction>>(type, new(function), loops, destination, [x, y, z]));
        else
            MapOf(type, new OfTernary<TFunction>(function), loops, destination, x, y, z, x);
    }

    /// <summary>results = function(operands, s, t), four of each, element by element.</summary>
    /// <param name="type">Float32 or Float64.</param>
    /// <param name="function">The function.</param>
    /// <param name="loops">Strides of each of the results (contiguous), of the operands, of s and of t.</param>
    /// <param name="results">The results, which share no memory with each other or with the operands.</param>
    /// <param name="operands">The first four operands.</param>
    /// <param name="s">The fifth operand.</param>
    /// <param name="t">The sixth operand.</param>
    public abstract void Update<TFunction>(
        ElementType type,
        TFunction function,
        Loops loops,
        (Buffer A, Buffer B, Buffer C, Buffer D) results,
        (Buffer A, Buffer B, Buffer C, Buffer D) operands,
        Buffer s,
        Buffer t)
        where TFunction : struct, IUpdate;

    /// <summary>Combines elements along some loops.</summary>
    /// <param name="type">The element type.</param>
    /// <param name="reducer">The combination.</param>
    /// <param name="kept">Loops over the result: strides of the destination (contiguous) and of x.</param>
    /// <param name="reduced">Loops over what is combined: strides of x.</param>
    /// <param name="destination">The result.</param>
    /// <param name="x">The operand.</param>
    public void Reduce<TReducer>(ElementType type, TReducer reducer, Loops kept, Loops reduced, Buffer destination, Buffer x)
        where TReducer : struct, IReducer
    {
        // The elements are the operand.
        (kept, reduced) = (kept.Over(0, 1, 1), reduced.Over(0, 0));
        OfUnary<IdentityFunction> same = default;
        if (RecordingHere is { } recording)
            recording.Add(new ReduceRequest<TReducer, OfUnary<IdentityFunction>>(type, reducer, same, kept, reduced, destination, [x]));
        else
            ReduceOf(type, reducer, same, kept, reduced, Ending.None, destination, x, x, x, x);
    }

    /// <summary>Batched matrix product, see <see cref="MatMulShape"/>.</summary>
    /// <param name="type">Float32 or Float64.</param>
    /// <param name="shape">Sizes, transposes and batch strides.</param>
    /// <param name="destination">The products, [batch, rows, columns].</param>
    /// <param name="a">The left matrices.</param>
    /// <param name="b">The right matrices.</param>
    /// <param name="bias">A row of <c>columns</c> numbers that is added to every row of the product, or null.</param>
    public abstract void MatMul(ElementType type, MatMulShape shape, Buffer destination, Buffer a, Buffer b, Buffer? bias);

    /// <summary>A convolution, or one of its two adjoints, see <see cref="ConvolutionShape"/>.</summary>
    /// <param name="type">Float32 or Float64.</param>
    /// <param name="form">What is computed from what.</param>
    /// <param name="shape">Sizes and padding.</param>
    /// <param name="destination">Results; cotangents of images; or cotangents of weights.</param>
    /// <param name="a">Images; cotangents of results; or images.</param>
    /// <param name="b">Weights; weights; or cotangents of results.</param>
    /// <param name="positions">
    /// Null; or Int32 [batch, output height / 2, output width / 2, output channels]: results, or their cotangents, are then of this
    /// shape. They are those at these positions in an image's part of the whole ones, each within its window of 2 x 2 pixels; zero
    /// where a position is negative.
    /// </param>
    public abstract void Convolve(
        ElementType type, ConvolutionForm form, ConvolutionShape shape, Buffer destination, Buffer a, Buffer b, Buffer? positions = null);

    /// <summary>A convolution, a bias for each channel, max(x, 0) and a 2 x 2 max-pool (windows side by side), in one pass.</summary>
    /// <param name="type">Float32 or Float64.</param>
    /// <param name="shape">Sizes and padding of the convolution, whose results have fewer than 2^24 numbers for each image.</param>
    /// <param name="destination">[batch, output height / 2, output width / 2, output channels].</param>
    /// <param name="positions">
    /// Int32 of the same shape: where in its image's part of the convolution's result the first largest number is; -1 where that is
    /// not positive, or NaN.
    /// </param>
    /// <param name="images">The images.</param>
    /// <param name="weights">The weights.</param>
    /// <param name="bias">[output channels], of each member.</param>
    public abstract void ConvolveReluPool(
        ElementType type, ConvolutionShape shape, Buffer destination, Buffer positions, Buffer images, Buffer weights, Buffer bias);

    /// <summary>Copies elements between two strided layouts with offsets: permutes, slices, pads, concatenates, broadcasts.</summary>
    /// <param name="type">The element type.</param>
    /// <param name="loops">Strides of the destination and of the source.</param>
    /// <param name="destination">Where to copy to.</param>
    /// <param name="destinationOffset">The element to start at.</param>
    /// <param name="source">Where to copy from.</param>
    /// <param name="sourceOffset">The element to start at.</param>
    public void CopyStrided(
        ElementType type, Loops loops, Buffer destination, int destinationOffset, Buffer source, int sourceOffset)
    {
        // One that makes the whole of a tensor may become a part of what reads it.
        bool isWhole = (long)loops.Count * type.Size() == destination.ByteLength && FusedLoops.IsContiguous(loops.Sizes, loops.Strides[0]);
        if (RecordingHere is { } recording && isWhole && loops.Count > 0 && loops.InnerStride(1) is 0 or 1)
        {
            long start = (long)sourceOffset * type.Size();
            var part = start == 0 ? source : source.Part(start, source.ByteLength - start);
            recording.Add(new CopyRequest(type, loops, destination, part));
        }
        else
        {
            CopyOf(type, loops, destination, destinationOffset, source, sourceOffset);
        }
    }

    /// <summary>Rows side by side: each row of the destination is a row of each part, one after the other.</summary>
    /// <param name="type">The element type.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="destination">The rows, with no gap between them.</param>
    /// <param name="parts">Each part, rows with no gap between them, and the number of elements in one of its rows.</param>
    public abstract void Concatenate(
        ElementType type, int rows, Buffer destination, IReadOnlyList<(Buffer Source, int Width)> parts);

    /// <summary>Takes rows apart: each row of a part is some consecutive elements of a row of the source.</summary>
    /// <param name="type">The element type.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="width">Elements of a row of the source.</param>
    /// <param name="source">The rows, with no gap between them.</param>
    /// <param name="parts">Where each part goes, the element of a row that it starts at, and how many elements of a row it has.</param>
    public abstract void Split(
        ElementType type, int rows, int width, Buffer source, IReadOnlyList<(Buffer Destination, int Start, int Width)> parts);

    /// <summary>Draws random numbers: a key gives the same ones on every device, and however rows are split over calls.</summary>
    /// <param name="type">Float32 or Float64.</param>
    /// <param name="distribution">Turns random bits into numbers.</param>
    /// <param name="rows">The number of rows, each with a key of its own.</param>
    /// <param name="columns">Numbers drawn for each row.</param>
    /// <param name="destination">The numbers, [rows, columns].</param>
    /// <param name="keys">Int32 [rows, 4], see <see cref="RandomKey"/>.</param>
    public abstract void Random<TDistribution>(
        ElementType type, TDistribution distribution, int rows, int columns, Buffer destination, Buffer keys)
        where TDistribution : struct, IDistribution;

    /// <summary>
    /// destination = function(x, y, z, w), element by element; a function that takes fewer gets any buffers for the others.
    /// </summary>
    internal abstract void MapOf<TArity>(
        ElementType type, TArity function, Loops loops, Buffer destination, Buffer x, Buffer y, Buffer z, Buffer w)
        where TArity : struct, IArity;

    /// <summary>Combines function(x, y, z, w) along some loops; a function that takes fewer gets any buffers for the others.</summary>
    /// <param name="type">The element type.</param>
    /// <param name="reducer">The combination.</param>
    /// <param name="function">The function, whose results are the elements.</param>
    /// <param name="kept">
    /// Loops over the results: strides of these (contiguous), of the elements as they would lie in memory, and of the operands.
    /// </param>
    /// <param name="reduced">Loops over what is combined: strides of the elements, and of the operands.</param>
    /// <param name="ending">What becomes of the results.</param>
    /// <param name="destination">That.</param>
    /// <param name="x">The first operand.</param>
    /// <param name="y">The second operand.</param>
    /// <param name="z">The third operand.</param>
    /// <param name="w">The fourth operand.</param>
    internal abstract void ReduceOf<TReducer, TArity, TEnd>(
        ElementType type, TReducer reducer, TArity function, Loops kept, Loops reduced, Ending<TEnd> ending, Buffer destination, Buffer x,
        Buffer y, Buffer z, Buffer w)
        where TReducer : struct, IReducer
        where TArity : struct, IArity
        where TEnd : struct, IArity;

    /// <summary>What <see cref="CopyStrided"/> does, as a command of its own.</summary>
    internal abstract void CopyOf(
        ElementType type, Loops loops, Buffer destination, int destinationOffset, Buffer source, int sourceOffset);

    /// <summary>Derives keys of random numbers.</summary>
    internal virtual void DeriveKeys(int count, DeriveKeysBody body) => For(count, body, KeyGrain, count / Math.Max(1, body.Each));

    /// <summary>
    /// Runs independent pieces of host code, several at a time if the device allows it; each may give commands and run programs.
    /// </summary>
    public abstract void Concurrently(int count, Action<int> piece);

    /// <summary>Waits until all commands have taken effect.</summary>
    public abstract void Synchronize();

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        Pool.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>One command of those of a loop over independent rows, of a device whose commands say what their rows are.</summary>
    /// <param name="commands">Its commands, step by step.</param>
    /// <param name="stages">Commands of a step.</param>
    /// <param name="rows">The number of rows.</param>
    internal virtual Command Loop(IReadOnlyList<Command> commands, int stages, int rows)
        => throw new NotSupportedException($"Device '{Name}' has no loops over rows.");

    /// <summary>Makes recorded commands ready for being given again and again.</summary>
    internal virtual Command[] Prepare(Command[] commands) => commands;

    /// <summary>Runs commands, and says how many milliseconds each took.</summary>
    internal virtual double[] Time(IReadOnlyList<Command> commands)
    {
        double[] times = new double[commands.Count];
        Synchronize();
        for (int i = 0; i < times.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            commands[i].Execute();
            Synchronize();
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        return times;
    }

    private Recording? RecordingHere
        => Recording.Current is { } recording && recording.Device != this
            ? throw new InvalidOperationException(
                $"A program for device '{recording.Device.Name}' can't make tensors on another one, '{Name}': give them the inputs' "
                + "device, as in Tensor.Scalar(1, device: x.Device).")
            : Recording.Current;

    internal Buffer Take(long byteLength, int slot, bool recorded = false)
        => new(this, Pool.Rent(byteLength), byteLength) { Slot = slot, IsRecorded = recorded };

    // Out of line, so that ILGPU is loaded by those alone who ask for a GPU.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Device OpenGpu(string name) => Gpu.IlgpuDevice.Open(name);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static IEnumerable<string> FindGpus() => Gpu.IlgpuDevice.Found;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string? FindCudaProblem() => Gpu.IlgpuDevice.WhyNoCuda;

    /// <summary>Fails if the host may not read now.</summary>
    private protected static void RequireNotRecording([CallerMemberName] string verb = "")
    {
        if (Recording.IsActive)
        {
            throw new InvalidOperationException(
                $"{verb}: a value can't be read by the host while a program is recorded, because a replay would not read it again. "
                + "Return the tensor from the program and read it there.");
        }
    }
}
