using System.Numerics;
using System.Runtime.CompilerServices;
using Engine.Kernels.Bodies;
using Engine.Kernels.Functions;
using Engine.Kernels.Memory;

namespace Engine.Kernels.Cpu;

/// <summary>
/// Windows of a convolution as runs of whole vectors, row after row; there are three of them, or a multiple of three, so that sums stay
/// in registers. The last may stand more than once.
/// </summary>
internal static class WindowVectors<V, R, T>
    where V : struct, IRegister<R, T>
    where R : struct
    where T : unmanaged
{
    /// <summary>The least number of vectors of a tile; the most is twice that.</summary>
    public const int Tile = 3;

    /// <summary>Vectors of a row of a window.</summary>
    public static int OfRow(ConvolutionShape shape) => ((shape.KernelWidth * shape.InputChannels) + V.Count - 1) / V.Count;

    /// <summary>Vectors of a window.</summary>
    public static int Count(ConvolutionShape shape) => ((shape.KernelHeight * OfRow(shape)) + Tile - 1) / Tile * Tile;

    /// <summary>Elements of all vectors of a window.</summary>
    public static int Length(ConvolutionShape shape) => Count(shape) * V.Count;

    /// <summary>Elements from the first of a window to a vector.</summary>
    public static nint Offset(ConvolutionShape shape, nint rowStride, int vector)
    {
        (int row, int column) = Math.DivRem(Math.Min(vector, (shape.KernelHeight * OfRow(shape)) - 1), OfRow(shape));
        return (row * rowStride) + (column * V.Count);
    }
}

/// <summary>
/// Some images at a time, with zeros on all sides, and pooled cotangents of their results, each with the window of the image that it
/// belongs to: few enough for the second cache.
/// </summary>
/// <remarks>Cotangents are in the order of pixels, then images, then channels: windows that overlap lie apart.</remarks>
internal unsafe ref struct PooledWindows<L, T>
    where L : struct, ILanes<L, T>
    where T : unmanaged
{
    private const int CacheBytes = 56 * 1024;

    private readonly ConvolutionShape _shape;
    private readonly BufferPool _pool;
    private readonly long _byteLength;
    private readonly nint _imageLength;

    public PooledWindows(ConvolutionShape shape, BufferPool pool, int most)
    {
        _shape = shape;
        _pool = pool;
        RowStride = (nint)(shape.OutputWidth + shape.KernelWidth - 1) * shape.InputChannels;

        // Half a row more, so that the same windows of two images don't lie a multiple of 4 KiB apart: stores would hinder loads.
        _imageLength = ((shape.OutputHeight + shape.KernelHeight - 1) * RowStride) + (RowStride / 2 / L.Count * L.Count);
        long each = (_imageLength * sizeof(T)) + (Pooled * (long)(sizeof(T) + sizeof(int)));
        Most = (int)Math.Clamp(CacheBytes / Math.Max(1, each), 1, Math.Max(1, most));

        // Vectors are read and stored beyond the last element.
        _byteLength = (Most * each) + (2 * BufferPool.Alignment);
        Images = (T*)pool.Rent(_byteLength);
        Numbers = (T*)((byte*)(Images + (Most * _imageLength)) + BufferPool.Alignment);
        Offsets = (int*)((byte*)(Numbers + (Most * (nint)Pooled)) + BufferPool.Alignment);
        Clear();
    }

    /// <summary>How many images there may be.</summary>
    public int Most { get; }

    /// <summary>The images.</summary>
    public T* Images { get; }

    /// <summary>Cotangents; zero for those without position.</summary>
    public T* Numbers { get; }

    /// <summary>The first element of each cotangent's window.</summary>
    public int* Offsets { get; }

    /// <summary>Elements from one row of an image to the next.</summary>
    public nint RowStride { get; }

    private readonly int Pooled => _shape.OutputHeight / 2 * (_shape.OutputWidth / 2) * _shape.OutputChannels;

    // Elements of a row of an image, as far as windows see it.
    private readonly int RowLength
        => (int)Math.Min(_shape.Width * _shape.InputChannels, RowStride - (_shape.PadLeft * _shape.InputChannels));

    private readonly int Rows => Math.Min(_shape.Height, _shape.OutputHeight + _shape.KernelHeight - 1 - _shape.PadTop);

    /// <summary>Sets all images to zero.</summary>
    public readonly void Clear() => new Span<byte>(Images, checked((int)(Most * _imageLength * sizeof(T)) + BufferPool.Alignment)).Clear();

    /// <summary>Copies images.</summary>
    public readonly void Load(T* from, int count)
    {
        for (int image = 0; image < count; image++)
        {
            for (int row = 0; row < Rows; row++)
                new Span<T>(from + Flat(image, row), RowLength).CopyTo(new Span<T>(Padded(image, row), RowLength));
        }
    }

    /// <summary>Copies images back, without what is around them.</summary>
    public readonly void Save(T* to, int count)
    {
        for (int image = 0; image < count; image++)
        {
            for (int row = 0; row < _shape.Height; row++)
            {
                var result = new Span<T>(to + Flat(image, row), _shape.Width * _shape.InputChannels);
                result.Clear();
                if (row < Rows)
                    new Span<T>(Padded(image, row), RowLength).CopyTo(result);
            }
        }
    }

    /// <summary>Takes in pooled cotangents with their positions.</summary>
    public readonly void Aim(T* numbers, int* positions, int count)
    {
        int channels = _shape.OutputChannels, columns = _shape.OutputWidth / 2, pixels = _shape.OutputHeight / 2 * columns;
        for (int pixel = 0, at = 0; pixel < pixels; pixel++)
        {
            (int row, int column) = Math.DivRem(pixel, columns);
            nint corner = (2 * row * RowStride) + (2 * column * _shape.InputChannels);
            for (int image = 0; image < count; image++, at += channels)
            {
                nint from = (((nint)image * pixels) + pixel) * channels;
                Aim(row, column, (image * _imageLength) + corner, numbers + from, positions + from, Numbers + at, Offsets + at);
            }
        }
    }

    public readonly void Dispose() => _pool.Return((long)Images, _byteLength);

    private readonly nint Flat(int image, int row) => (((nint)image * _shape.Height) + row) * _shape.Width * _shape.InputChannels;

    private readonly T* Padded(int image, int row)
        => Images + (image * _imageLength) + ((row + _shape.PadTop) * RowStride) + (_shape.PadLeft * _shape.InputChannels);

    // The cotangents of a pixel; whole vectors are stored past its channels.
    private readonly void Aim(int row, int column, nint corner, T* numbers, int* positions, T* toNumbers, int* toOffsets)
    {
        var window = new PoolWindow(_shape, row, column);
        L upperLeft = L.Constant(corner), upperRight = L.Constant(corner + _shape.InputChannels);
        L lowerLeft = L.Constant(corner + RowStride), lowerRight = L.Constant(corner + RowStride + _shape.InputChannels);
        for (int c = 0; c < _shape.OutputChannels; c += L.Count)
        {
            var place = window.Places<L, T>(positions + c, c);
            L right = (upperRight & place.UpperRight) | (lowerRight & place.LowerRight);
            L left = (lowerLeft & place.LowerLeft) | (upperLeft & place.UpperLeft);
            L.StoreInt32(left | right, toOffsets + c);
            L somewhere = place.UpperLeft | place.UpperRight | place.LowerLeft | place.LowerRight;
            L.Store(L.Load(numbers + c) & somewhere, toNumbers + c);
        }
    }
}

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
            T* numbers = windows.Numbers + channel;
            int* offsets = windows.Offsets + channel;
            int vector = 0;
            for (; total - vector >= 2 * tile; vector += 2 * tile, channelWeights += 2 * tile * V.Count)
                Six(windows.Images, numbers, offsets, count, vectors + vector, channelWeights);
            if (vector == total)
                continue;
            Three(windows.Images, numbers, offsets, count, vectors + vector, channelWeights);
            channelWeights += tile * V.Count;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private void Six(T* images, T* numbers, int* offsets, int count, nint* vectors, T* weights)
    {
        nint step = shape.OutputChannels, v0 = vectors[0], v1 = vectors[1], v2 = vectors[2];
        nint v3 = vectors[3], v4 = vectors[4], v5 = vectors[5];
        R w0 = V.Load(weights), w1 = V.Load(weights + V.Count), w2 = V.Load(weights + (2 * V.Count));
        R w3 = V.Load(weights + (3 * V.Count)), w4 = V.Load(weights + (4 * V.Count)), w5 = V.Load(weights + (5 * V.Count));
        for (; count > 0; count--, numbers += step, offsets += step)
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
    private void Three(T* images, T* numbers, int* offsets, int count, nint* vectors, T* weights)
    {
        nint step = shape.OutputChannels, v0 = vectors[0], v1 = vectors[1], v2 = vectors[2];
        R w0 = V.Load(weights), w1 = V.Load(weights + V.Count), w2 = V.Load(weights + (2 * V.Count));
        for (; count > 0; count--, numbers += step, offsets += step)
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
