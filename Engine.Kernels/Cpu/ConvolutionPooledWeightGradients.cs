using System.Numerics;
using System.Runtime.CompilerServices;
using Engine.Kernels.Bodies;
using Engine.Kernels.Functions;
using Engine.Kernels.Memory;

namespace Engine.Kernels.Cpu;

/// <summary>
/// Cotangents of weights from pooled cotangents of results and their positions, one for each piece of the batch. A cotangent
/// multiplies the window of the image at its position: products with the zeros around it are made only where the image is not finite.
/// A unit is a piece.
/// </summary>
/// <remarks>
/// Sums of an output channel are those of the vectors of a window. Pieces depend on the size of the batch alone, so that sums don't
/// depend on the number of threads.
/// </remarks>
internal readonly unsafe struct PooledWeightGradients<L, V, R, T>(
    ConvolutionShape shape, BufferPool pool, T* pieces, T* x, T* g, int* positions)
    : IMemberKernel<PooledWeightGradients<L, V, R, T>>
    where L : struct, ILanes<L, T>
    where V : struct, IRegister<R, T>
    where R : struct
    where T : unmanaged, INumber<T>
{
    /// <summary>Elements of a piece.</summary>
    public static long PieceLength(ConvolutionShape shape) => PackWindows<V, R, T>.Length(shape);

    public PooledWeightGradients<L, V, R, T> Of(int member)
        => new(
            shape, pool, pieces + (member * ConvolutionPieces.Count(shape) * (nint)PieceLength(shape)),
            x + (member * shape.ImageCount), g + (member * shape.PooledCount), positions + (member * shape.PooledCount));

    public void Run(int start, int end)
    {
        int each = ConvolutionPieces.Images(shape), pixels = shape.OutputHeight / 2 * (shape.OutputWidth / 2);
        nint imageLength = (nint)shape.Height * shape.Width * shape.InputChannels, pooled = (nint)pixels * shape.OutputChannels;
        using var windows = new PooledWindows<L, T>(shape, pool, each);
        nint* vectors = stackalloc nint[WindowVectors<V, R, T>.Count(shape)];
        for (int i = 0; i < WindowVectors<V, R, T>.Count(shape); i++)
            vectors[i] = WindowVectors<V, R, T>.Offset(shape, windows.RowStride, i);
        for (int piece = start; piece < end; piece++)
        {
            T* sums = pieces + (piece * (nint)PieceLength(shape));
            int first = piece * each, last = Math.Min(shape.Batch, first + each);
            if (first >= last)
                new Span<T>(sums, checked((int)PieceLength(shape))).Clear();
            for (int image = first, count; image < last; image += count)
            {
                count = Math.Min(windows.Most, last - image);
                if (!Finite<V, R, T>.Are(x + (image * imageLength), count * imageLength))
                {
                    AddWhole(image, count, sums, image != first);
                    continue;
                }

                windows.Load(x + (image * imageLength), count);
                windows.Aim(g + (image * pooled), positions + (image * pooled), count);
                Add(windows, count * pixels, vectors, sums, image != first);
            }
        }
    }

    // With all zeros, the plain way.
    private void AddWhole(int image, int count, T* sums, bool adds)
    {
        var whole = shape with { Batch = count };
        int run = shape.KernelWidth * shape.InputChannels, rowLength = WindowVectors<V, R, T>.OfRow(shape) * V.Count;
        nint imageLength = (nint)shape.Height * shape.Width * shape.InputChannels;
        using var cotangents = new ScatteredCotangents<T>(whole, pool, g, positions, image);
        T* products = (T*)pool.Rent((long)shape.Taps * shape.OutputChannels * sizeof(T));
        var body = new ConvolutionWeightGradientBody<T>(
            new(whole), new((long)products, shape.Taps * shape.OutputChannels),
            new((long)(x + (image * imageLength)), checked((int)(count * imageLength))), cotangents.View);
        if (!adds)
            new Span<T>(sums, checked((int)PieceLength(shape))).Clear();
        for (int i = 0; i < shape.Taps * shape.OutputChannels; i++)
        {
            body.Invoke(i);
            (int tap, int channel) = Math.DivRem(i, shape.OutputChannels);
            sums[((nint)channel * WindowVectors<V, R, T>.Length(shape)) + (tap / run * rowLength) + (tap % run)] += products[i];
        }

        pool.Return((long)products, (long)shape.Taps * shape.OutputChannels * sizeof(T));
    }

    private void Add(in PooledWindows<L, T> windows, int count, nint* vectors, T* sums, bool adds)
    {
        const int tile = WindowVectors<V, R, T>.Tile;
        int total = WindowVectors<V, R, T>.Count(shape);
        for (int channel = 0; channel < shape.OutputChannels; channel++)
        {
            T* numbers = windows.Numbers + channel;
            int* offsets = windows.Offsets + channel;
            int vector = 0;
            for (; total - vector >= 2 * tile; vector += 2 * tile, sums += 2 * tile * V.Count)
                Six(windows.Images, numbers, offsets, count, vectors + vector, sums, adds);
            if (vector == total)
                continue;
            Three(windows.Images, numbers, offsets, count, vectors + vector, sums, adds);
            sums += tile * V.Count;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private void Six(T* images, T* numbers, int* offsets, int count, nint* vectors, T* sums, bool adds)
    {
        nint step = shape.OutputChannels, v0 = vectors[0], v1 = vectors[1], v2 = vectors[2];
        nint v3 = vectors[3], v4 = vectors[4], v5 = vectors[5];
        R c0 = default, c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0;
        for (; count > 0; count--, numbers += step, offsets += step)
        {
            T* window = images + *offsets;
            R number = V.Splat(*numbers);
            c0 = V.MultiplyAdd(number, V.Load(window + v0), c0);
            c1 = V.MultiplyAdd(number, V.Load(window + v1), c1);
            c2 = V.MultiplyAdd(number, V.Load(window + v2), c2);
            c3 = V.MultiplyAdd(number, V.Load(window + v3), c3);
            c4 = V.MultiplyAdd(number, V.Load(window + v4), c4);
            c5 = V.MultiplyAdd(number, V.Load(window + v5), c5);
        }

        if (adds)
        {
            c0 = V.Add(c0, V.Load(sums));
            c1 = V.Add(c1, V.Load(sums + V.Count));
            c2 = V.Add(c2, V.Load(sums + (2 * V.Count)));
            c3 = V.Add(c3, V.Load(sums + (3 * V.Count)));
            c4 = V.Add(c4, V.Load(sums + (4 * V.Count)));
            c5 = V.Add(c5, V.Load(sums + (5 * V.Count)));
        }

        V.Store(c0, sums);
        V.Store(c1, sums + V.Count);
        V.Store(c2, sums + (2 * V.Count));
        V.Store(c3, sums + (3 * V.Count));
        V.Store(c4, sums + (4 * V.Count));
        V.Store(c5, sums + (5 * V.Count));
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private void Three(T* images, T* numbers, int* offsets, int count, nint* vectors, T* sums, bool adds)
    {
        nint step = shape.OutputChannels, v0 = vectors[0], v1 = vectors[1], v2 = vectors[2];
        R c0 = default, c1 = c0, c2 = c0;
        for (; count > 0; count--, numbers += step, offsets += step)
        {
            T* window = images + *offsets;
            R number = V.Splat(*numbers);
            c0 = V.MultiplyAdd(number, V.Load(window + v0), c0);
            c1 = V.MultiplyAdd(number, V.Load(window + v1), c1);
            c2 = V.MultiplyAdd(number, V.Load(window + v2), c2);
        }

        if (adds)
        {
            c0 = V.Add(c0, V.Load(sums));
            c1 = V.Add(c1, V.Load(sums + V.Count));
            c2 = V.Add(c2, V.Load(sums + (2 * V.Count)));
        }

        V.Store(c0, sums);
        V.Store(c1, sums + V.Count);
        V.Store(c2, sums + (2 * V.Count));
    }
}

/// <summary>The sum of the pieces of <see cref="PooledWeightGradients{L, V, R, T}"/>, in order. A unit is an output channel.</summary>
internal readonly unsafe struct SumPooledPieces<V, R, T>(ConvolutionShape shape, T* dw, T* pieces) : IMemberKernel<SumPooledPieces<V, R, T>>
    where V : struct, IRegister<R, T>
    where R : struct
    where T : unmanaged, INumber<T>
{
    public SumPooledPieces<V, R, T> Of(int member)
        => new(
            shape, dw + (member * shape.WeightCount),
            pieces + (member * ConvolutionPieces.Count(shape) * (nint)PackWindows<V, R, T>.Length(shape)));

    public void Run(int start, int end)
    {
        int run = shape.KernelWidth * shape.InputChannels, rowVectors = WindowVectors<V, R, T>.OfRow(shape);
        int count = ConvolutionPieces.Count(shape), channelLength = WindowVectors<V, R, T>.Length(shape);
        nint length = (nint)shape.OutputChannels * channelLength;
        T* side = stackalloc T[V.Count];
        for (int channel = start; channel < end; channel++)
        {
            for (int vector = 0; vector < shape.KernelHeight * rowVectors; vector++)
            {
                T* from = pieces + ((nint)channel * channelLength) + (vector * V.Count);
                R sum = V.Load(from);
                for (int piece = 1; piece < count; piece++)
                    sum = V.MultiplyAdd(T.One, V.Load(from + (piece * length)), sum);
                V.Store(sum, side);
                (int row, int column) = Math.DivRem(vector, rowVectors);
                int first = column * V.Count, taps = Math.Min(V.Count, run - first);
                T* to = dw + ((((nint)row * run) + first) * shape.OutputChannels) + channel;
                for (int i = 0; i < taps; i++)
                    to[i * (nint)shape.OutputChannels] = side[i];
            }
        }
    }
}
