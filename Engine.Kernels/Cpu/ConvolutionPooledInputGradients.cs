using System.Numerics;
using System.Runtime.CompilerServices;
using Engine.Kernels.Bodies;
using Engine.Kernels.Functions;
using Engine.Kernels.Memory;

namespace Engine.Kernels.Cpu;

/// <summary>Pooled cotangents of some images at their positions in whole results, zeros elsewhere.</summary>
internal readonly unsafe ref struct ScatteredCotangents<T>
    where T : unmanaged
{
    private readonly BufferPool _pool;

    /// <summary>Puts the cotangents of as many images as the shape has, from one on, to their places.</summary>
    public ScatteredCotangents(ConvolutionShape shape, BufferPool pool, T* cotangents, int* positions, int first)
    {
        int whole = shape.OutputHeight * shape.OutputWidth * shape.OutputChannels;
        int pooled = shape.OutputHeight / 2 * (shape.OutputWidth / 2) * shape.OutputChannels;
        _pool = pool;
        View = new View<T>(pool.Rent((long)shape.Batch * whole * sizeof(T)), shape.Batch * whole);
        new Span<T>(View.Pointer, View.Length).Clear();
        nint start = (nint)first * pooled;
        int count = shape.Batch * pooled;
        var scatter = new PoolScatterBody<T>(
            View, new((long)(cotangents + start), count), new((long)(positions + start), count), whole, pooled, 1);
        for (int i = 0; i < count; i++)
            scatter.Invoke(i);
    }

    public View<T> View { get; }

    public void Dispose() => _pool.Return(View.Address, (long)View.Length * sizeof(T));
}

/// <summary>
/// Cotangents of images from pooled cotangents of results and their positions. A cotangent adds its products with a channel's weights
/// to the window of the image at its position; products with the zeros around it are made only where something is not finite. A unit is
/// an image.
/// </summary>
internal readonly unsafe struct PooledInputGradients<L, V, R, T>(
    ConvolutionShape shape, BufferPool pool, T* dx, T* packed, T* weights, T* g, int* positions)
    : IMemberKernel<PooledInputGradients<L, V, R, T>>
    where L : struct, ILanes<L, T>
    where V : struct, IRegister<R, T>
    where R : struct
    where T : unmanaged, INumber<T>
{
    public PooledInputGradients<L, V, R, T> Of(int member)
        => new(
            shape, pool, dx + (member * shape.ImageCount), packed + (member * (nint)PackWindows<V, R, T>.Length(shape)),
            weights + (member * shape.WeightCount), g + (member * shape.PooledCount),
            positions + (member * shape.PooledCount));

    public void Run(int start, int end)
    {
        int pixels = shape.OutputHeight / 2 * (shape.OutputWidth / 2);
        nint imageLength = (nint)shape.Height * shape.Width * shape.InputChannels, pooled = (nint)pixels * shape.OutputChannels;
        using var windows = new PooledWindows<L, T>(shape, pool, end - start);
        nint* vectors = stackalloc nint[WindowVectors<V, R, T>.Count(shape)];
        for (int i = 0; i < WindowVectors<V, R, T>.Count(shape); i++)
            vectors[i] = WindowVectors<V, R, T>.Offset(shape, windows.RowStride, i);
        bool finite = Finite<V, R, T>.Are(weights, (nint)shape.Taps * shape.OutputChannels);
        for (int count; start < end; start += count)
        {
            // What vectors of a window hold beside weights, zeros, would make infinite cotangents NaN around it.
            count = Math.Min(windows.Most, end - start);
            if (!finite || !Finite<V, R, T>.Are(g + (start * pooled), count * pooled))
            {
                Whole(start, count);
                continue;
            }

            windows.Clear();
            windows.Aim(g + (start * pooled), positions + (start * pooled), count);
            Add(windows, count * pixels, vectors);
            windows.Save(dx + (start * imageLength), count);
        }
    }

    // With all zeros, the plain way.
    private void Whole(int image, int count)
    {
        var whole = shape with { Batch = count };
        int imageLength = shape.Height * shape.Width * shape.InputChannels;
        using var cotangents = new ScatteredCotangents<T>(whole, pool, g, positions, image);
        var body = new ConvolutionInputGradientBody<T>(
            new(whole), new((long)(dx + ((nint)image * imageLength)), count * imageLength), cotangents.View,
            new((long)weights, shape.Taps * shape.OutputChannels));
        for (int i = 0; i < count * imageLength; i++)
            body.Invoke(i);
    }

    private void Add(in PooledWindows<L, T> windows, int count, nint* vectors)
    {
        const int tile = WindowVectors<V, R, T>.Tile;
        int total = WindowVectors<V, R, T>.Count(shape);
        T* channelWeights = packed;
        for (int channel = 0; channel < shape.OutputChannels; channel++)
        {
            int live = windows.Live(channel, count), vector = 0;
            for (; total - vector >= 2 * tile; vector += 2 * tile, channelWeights += 2 * tile * V.Count)
                Six(windows.Images, windows.LiveNumbers, windows.LiveOffsets, live, vectors + vector, channelWeights);
            if (vector == total)
                continue;
            Three(windows.Images, windows.LiveNumbers, windows.LiveOffsets, live, vectors + vector, channelWeights);
            channelWeights += tile * V.Count;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Six(T* images, T* numbers, int* offsets, int count, nint* vectors, T* weights)
    {
        nint v0 = vectors[0], v1 = vectors[1], v2 = vectors[2];
        nint v3 = vectors[3], v4 = vectors[4], v5 = vectors[5];
        R w0 = V.Load(weights), w1 = V.Load(weights + V.Count), w2 = V.Load(weights + (2 * V.Count));
        R w3 = V.Load(weights + (3 * V.Count)), w4 = V.Load(weights + (4 * V.Count)), w5 = V.Load(weights + (5 * V.Count));
        for (; count > 0; count--, numbers++, offsets++)
        {
            T* window = images + *offsets;
            R number = V.Splat(*numbers);
            V.Store(V.MultiplyAdd(number, w0, V.Load(window + v0)), window + v0);
            V.Store(V.MultiplyAdd(number, w1, V.Load(window + v1)), window + v1);
            V.Store(V.MultiplyAdd(number, w2, V.Load(window + v2)), window + v2);
            V.Store(V.MultiplyAdd(number, w3, V.Load(window + v3)), window + v3);
            V.Store(V.MultiplyAdd(number, w4, V.Load(window + v4)), window + v4);
            V.Store(V.MultiplyAdd(number, w5, V.Load(window + v5)), window + v5);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Three(T* images, T* numbers, int* offsets, int count, nint* vectors, T* weights)
    {
        nint v0 = vectors[0], v1 = vectors[1], v2 = vectors[2];
        R w0 = V.Load(weights), w1 = V.Load(weights + V.Count), w2 = V.Load(weights + (2 * V.Count));
        for (; count > 0; count--, numbers++, offsets++)
        {
            T* window = images + *offsets;
            R number = V.Splat(*numbers);
            V.Store(V.MultiplyAdd(number, w0, V.Load(window + v0)), window + v0);
            V.Store(V.MultiplyAdd(number, w1, V.Load(window + v1)), window + v1);
            V.Store(V.MultiplyAdd(number, w2, V.Load(window + v2)), window + v2);
        }
    }
}

/// <summary>The weights of each output channel as vectors of a window, filled up with zeros. A unit is an output channel.</summary>
internal readonly unsafe struct PackWindows<V, R, T>(ConvolutionShape shape, T* packed, T* weights) : IMemberKernel<PackWindows<V, R, T>>
    where V : struct, IRegister<R, T>
    where R : struct
    where T : unmanaged
{
    /// <summary>Elements of packed weights.</summary>
    public static long Length(ConvolutionShape shape) => (long)shape.OutputChannels * WindowVectors<V, R, T>.Length(shape);

    public PackWindows<V, R, T> Of(int member)
        => new(shape, packed + (member * (nint)Length(shape)), weights + (member * shape.WeightCount));

    public void Run(int start, int end)
    {
        int run = shape.KernelWidth * shape.InputChannels, rowLength = WindowVectors<V, R, T>.OfRow(shape) * V.Count;
        int length = WindowVectors<V, R, T>.Length(shape);
        for (int channel = start; channel < end; channel++)
        {
            T* to = packed + ((nint)channel * length);
            new Span<T>(to, length).Clear();
            for (int tap = 0; tap < shape.Taps; tap++)
                to[(tap / run * rowLength) + (tap % run)] = weights[((nint)tap * shape.OutputChannels) + channel];
        }
    }
}
