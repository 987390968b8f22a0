using System.Numerics;
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
    where T : unmanaged, INumber<T>
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
        nint pixels = (nint)Most * (shape.OutputHeight / 2) * (shape.OutputWidth / 2);
        _byteLength = (Most * each) + (3 * BufferPool.Alignment) + (pixels * (sizeof(T) + sizeof(int)));
        Images = (T*)pool.Rent(_byteLength);
        Numbers = (T*)((byte*)(Images + (Most * _imageLength)) + BufferPool.Alignment);
        Offsets = (int*)((byte*)(Numbers + (Most * (nint)Pooled)) + BufferPool.Alignment);
        LiveNumbers = (T*)((byte*)(Offsets + (Most * (nint)Pooled)) + BufferPool.Alignment);
        LiveOffsets = (int*)(LiveNumbers + pixels);
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

    /// <summary>The cotangents that <see cref="Live"/> found.</summary>
    public T* LiveNumbers { get; }

    /// <summary>The first element of each one's window.</summary>
    public int* LiveOffsets { get; }

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

    /// <summary>Takes in pooled cotangents with their positions; ones where there are none.</summary>
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
                T* own = numbers == null ? null : numbers + from;
                Aim(row, column, (image * _imageLength) + corner, own, positions + from, Numbers + at, Offsets + at);
            }
        }
    }

    /// <summary>Finds those of a channel that are not zero, in order. Returns their number.</summary>
    public readonly int Live(int channel, int count)
    {
        nint step = _shape.OutputChannels;
        T* numbers = Numbers + channel, toNumbers = LiveNumbers;
        int* offsets = Offsets + channel, toOffsets = LiveOffsets;
        nint found = 0;
        for (; count > 0; count--, numbers += step, offsets += step)
        {
            T number = *numbers;
            toNumbers[found] = number;
            toOffsets[found] = *offsets;
            found += number == T.Zero ? 0 : 1;
        }

        return (int)found;
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
            L.Store((numbers == null ? L.Constant(1) : L.Load(numbers + c)) & somewhere, toNumbers + c);
        }
    }
}
