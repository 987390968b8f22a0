using System.Numerics;
using System.Runtime.CompilerServices;
using Engine.Kernels.Memory;

namespace Engine.Kernels.Cpu;

/// <summary>
/// Cotangents of weights from pooled cotangents of results and their positions, one for each piece of the batch. A cotangent
/// multiplies the window of the image at its position, so that three of four products with zeros are not made. A unit is a piece.
/// </summary>
/// <remarks>
/// Vectors lie along windows: sums are stored for one output channel after the other, each with the rows of the window filled up to
/// whole vectors. Pieces depend on the size of the batch alone, so that sums don't depend on the number of threads.
/// </remarks>
internal readonly unsafe struct PooledWeightGradients<V, R, T>(
    ConvolutionShape shape, BufferPool pool, T* pieces, T* x, T* g, int* positions) : IKernel
    where V : struct, IRegister<R, T>
    where R : struct
    where T : unmanaged
{
    // Vectors of a window come in threes: that many sums, or twice as many, stay in registers.
    private const int Few = 3;

    // What is known of some images should fit the first cache.
    private const int CacheBytes = 28 * 1024;

    /// <summary>Vectors of a row of the window.</summary>
    public static int RowVectors(ConvolutionShape shape) => ((shape.KernelWidth * shape.InputChannels) + V.Count - 1) / V.Count;

    /// <summary>Elements of the sums of an output channel.</summary>
    public static int ChannelLength(ConvolutionShape shape) => Vectors(shape) * V.Count;

    /// <summary>Elements of a piece.</summary>
    public static long PieceLength(ConvolutionShape shape) => (long)shape.OutputChannels * ChannelLength(shape);

    // With zeros on all sides.
    private nint RowStride => (nint)(shape.OutputWidth + shape.KernelWidth - 1) * shape.InputChannels;

    private nint ImageLength => (shape.OutputHeight + shape.KernelHeight - 1) * RowStride;

    // Cotangents of an image.
    private int Pooled => shape.OutputHeight / 2 * (shape.OutputWidth / 2) * shape.OutputChannels;

    private static int Vectors(ConvolutionShape shape) => ((shape.KernelHeight * RowVectors(shape)) + Few - 1) / Few * Few;

    public void Run(int start, int end)
    {
        long bytesEach = (ImageLength * sizeof(T)) + (Pooled * (sizeof(T) + sizeof(int)));
        int some = (int)Math.Clamp(CacheBytes / Math.Max(1, bytesEach), 1, ConvolutionPieces.Images(shape));
        long scratchBytes = (some * bytesEach) + BufferPool.Alignment;
        T* images = (T*)pool.Rent(scratchBytes), numbers = images + (some * ImageLength) + V.Count;
        int* offsets = (int*)(numbers + (some * (nint)Pooled));
        new Span<byte>(images, checked((int)scratchBytes)).Clear();
        nint* vectors = stackalloc nint[Vectors(shape)];
        for (int i = 0; i < Vectors(shape); i++)
            vectors[i] = VectorOffset(i);
        for (int piece = start; piece < end; piece++)
        {
            T* sums = pieces + (piece * (nint)PieceLength(shape));
            int first = piece * ConvolutionPieces.Images(shape), last = Math.Min(shape.Batch, first + ConvolutionPieces.Images(shape));
            if (first >= last)
                new Span<T>(sums, checked((int)PieceLength(shape))).Clear();
            for (int image = first, count; image < last; image += count)
            {
                count = Math.Min(some, last - image);
                for (int i = 0; i < count; i++)
                    See(image + i, images, i * ImageLength, numbers + (i * Pooled), offsets + (i * Pooled));
                Add(images, numbers, offsets, count * Pooled / shape.OutputChannels, vectors, sums, image != first);
            }
        }

        pool.Return((long)images, scratchBytes);
    }

    // From the first number of a window to one of its vectors. Vectors beyond the last one repeat it.
    private nint VectorOffset(int number)
    {
        (int row, int column) = Math.DivRem(Math.Min(number, (shape.KernelHeight * RowVectors(shape)) - 1), RowVectors(shape));
        return (row * RowStride) + (column * V.Count);
    }

    // Copies an image, and finds the window that each cotangent multiplies: a cotangent without position becomes zero.
    private void See(int image, T* images, nint at, T* numbers, int* offsets)
    {
        int length = (int)Math.Min(shape.Width * shape.InputChannels, RowStride - (shape.PadLeft * shape.InputChannels));
        T* from = x + ((nint)image * shape.Height * shape.Width * shape.InputChannels);
        T* to = images + at + (shape.PadTop * RowStride) + (shape.PadLeft * shape.InputChannels);
        int height = Math.Min(shape.Height, shape.OutputHeight + shape.KernelHeight - 1 - shape.PadTop);
        for (int row = 0; row < height; row++, from += shape.Width * shape.InputChannels, to += RowStride)
            new Span<T>(from, length).CopyTo(new Span<T>(to, length));

        int channels = shape.OutputChannels;
        T* given = g + ((nint)image * Pooled);
        int* places = positions + ((nint)image * Pooled);
        for (int row = 0; row < shape.OutputHeight / 2; row++)
        {
            for (int column = 0; column < shape.OutputWidth / 2; column++)
            {
                var window = new PoolWindow(shape.OutputWidth, channels, row, column);
                nint corner = at + (2 * row * RowStride) + (2 * column * shape.InputChannels);
                for (int c = 0; c < channels; c++)
                {
                    offsets[c] = (int)(corner + window.Offset(places[c], c, RowStride, shape.InputChannels));
                    numbers[c] = places[c] < 0 ? default : given[c];
                }

                given += channels;
                places += channels;
                numbers += channels;
                offsets += channels;
            }
        }
    }

    private void Add(T* images, T* numbers, int* offsets, int count, nint* vectors, T* sums, bool adds)
    {
        int total = Vectors(shape);
        for (int channel = 0; channel < shape.OutputChannels; channel++, numbers++, offsets++)
        {
            for (int vector = 0; vector < total; sums += 2 * Few * V.Count, vector += 2 * Few)
            {
                if (total - vector >= 2 * Few)
                {
                    Six(images, numbers, offsets, count, vectors + vector, sums, adds);
                    continue;
                }

                Three(images, numbers, offsets, count, vectors + vector, sums, adds);
                sums -= Few * V.Count;
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private void Six(T* images, T* numbers, int* offsets, int count, nint* vectors, T* sums, bool adds)
    {
        nint step = shape.OutputChannels, v0 = vectors[0], v1 = vectors[1], v2 = vectors[2], v3 = vectors[3], v4 = vectors[4], v5 = vectors[5];
        R c0 = default, c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0;
        if (adds)
        {
            c0 = V.Load(sums);
            c1 = V.Load(sums + V.Count);
            c2 = V.Load(sums + (2 * V.Count));
            c3 = V.Load(sums + (3 * V.Count));
            c4 = V.Load(sums + (4 * V.Count));
            c5 = V.Load(sums + (5 * V.Count));
        }

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
        if (adds)
        {
            c0 = V.Load(sums);
            c1 = V.Load(sums + V.Count);
            c2 = V.Load(sums + (2 * V.Count));
        }

        for (; count > 0; count--, numbers += step, offsets += step)
        {
            T* window = images + *offsets;
            R number = V.Splat(*numbers);
            c0 = V.MultiplyAdd(number, V.Load(window + v0), c0);
            c1 = V.MultiplyAdd(number, V.Load(window + v1), c1);
            c2 = V.MultiplyAdd(number, V.Load(window + v2), c2);
        }

        V.Store(c0, sums);
        V.Store(c1, sums + V.Count);
        V.Store(c2, sums + (2 * V.Count));
    }
}

/// <summary>The sum of the pieces that <see cref="PooledWeightGradients{V, R, T}"/> made, in order. A unit is an output channel.</summary>
internal readonly unsafe struct SumPooledPieces<V, R, T>(ConvolutionShape shape, T* dw, T* pieces) : IKernel
    where V : struct, IRegister<R, T>
    where R : struct
    where T : unmanaged, INumber<T>
{
    public void Run(int start, int end)
    {
        int run = shape.KernelWidth * shape.InputChannels, rowVectors = PooledWeightGradients<V, R, T>.RowVectors(shape);
        int count = ConvolutionPieces.Count(shape), channelLength = PooledWeightGradients<V, R, T>.ChannelLength(shape);
        nint length = (nint)PooledWeightGradients<V, R, T>.PieceLength(shape);
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
