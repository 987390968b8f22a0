using Engine.Kernels.Memory;

namespace Engine.Kernels.Cpu;

/// <summary>
/// One image at a time with zeros to the left and right of its rows, so that a row of any window is a single run of numbers. Rows above
/// and below need no zeros: windows are cut there. An image whose rows have no padding is read where it lies.
/// </summary>
/// <remarks>
/// Images may also be given by the numbers of 2 x 2 windows side by side, with the position in the image that each comes from, or a
/// negative one: all else is zero.
/// </remarks>
internal unsafe ref struct ConvolutionImage<T>
    where T : unmanaged
{
    private readonly ConvolutionShape _shape;
    private readonly BufferPool _pool;
    private readonly T* _images;
    private readonly int* _positions;
    private readonly T* _scratch;

    /// <summary>Sees images, or pooled numbers with their positions; these are null for whole images.</summary>
    public ConvolutionImage(ConvolutionShape shape, BufferPool pool, T* images, int* positions = null)
    {
        _shape = shape;
        _pool = pool;
        _images = images;
        _positions = positions;
        RowStride = (nint)(shape.OutputWidth + shape.KernelWidth - 1) * shape.InputChannels;
        if (positions == null && shape.PadLeft == 0 && RowStride == (nint)shape.Width * shape.InputChannels)
            return;
        _scratch = (T*)pool.Rent(ByteLength);
        new Span<byte>(_scratch, checked((int)ByteLength)).Clear();
    }

    /// <summary>Elements from one row to the next.</summary>
    public nint RowStride { get; }

    /// <summary>Elements of a row without the zeros around it, as far as windows see it.</summary>
    public readonly int RowLength => (int)Math.Min(_shape.Width * _shape.InputChannels, RowStride - Left);

    // Elements of the zeros to the left of a row.
    private readonly int Left => _shape.PadLeft * _shape.InputChannels;

    private readonly long ByteLength => _shape.Height * (long)RowStride * sizeof(T);

    /// <summary>The first row of an image, with the zeros to the left of it.</summary>
    public readonly T* See(int image)
    {
        if (_positions != null)
        {
            Spread(image);
            return _scratch;
        }

        int width = _shape.Width * _shape.InputChannels;
        T* from = _images + ((nint)image * _shape.Height * width);
        if (_scratch == null)
            return from;
        for (int row = 0; row < _shape.Height; row++)
            new Span<T>(from + ((nint)row * width), RowLength).CopyTo(new Span<T>(_scratch + (row * RowStride) + Left, RowLength));
        return _scratch;
    }

    /// <summary>The first pixel of an image that <see cref="See"/> showed.</summary>
    public readonly T* Pixels(T* seen) => _scratch == null ? seen : seen + Left;

    public readonly void Dispose()
    {
        if (_scratch != null)
            _pool.Return((long)_scratch, ByteLength);
    }

    private readonly void Spread(int image)
    {
        int channels = _shape.InputChannels, rows = _shape.Height / 2, columns = _shape.Width / 2;
        nint first = (nint)image * rows * columns * channels;
        T* numbers = _images + first;
        int* positions = _positions + first;
        new Span<byte>(_scratch, checked((int)ByteLength)).Clear();
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++, numbers += channels, positions += channels)
            {
                var window = new PoolWindow(_shape.Width, channels, row, column);
                T* corner = _scratch + (2 * row * RowStride) + (2 * column * channels) + Left;
                for (int channel = 0; channel < channels; channel++)
                {
                    if (positions[channel] >= 0)
                        corner[channel + window.Offset(positions[channel], channel, RowStride, channels)] = numbers[channel];
                }
            }
        }
    }
}

/// <summary>A window of 2 x 2 pixels of an image.</summary>
internal readonly struct PoolWindow(int width, int channels, int row, int column)
{
    private readonly int _corner = ((2 * row * width) + (2 * column)) * channels;
    private readonly int _lower = width * channels;

    /// <summary>
    /// How far a channel's position in the image lies from the corner of its window, in an image with other strides. Whatever the
    /// position, the result is one of the window's four pixels; a negative one gives the first.
    /// </summary>
    public nint Offset(int position, int channel, nint rowStride, int pixelStride)
    {
        int distance = position - _corner - channel;
        bool isLower = distance >= _lower;
        bool isRight = distance - (isLower ? _lower : 0) > 0;
        return (isLower ? rowStride : 0) + (isRight ? pixelStride : 0);
    }
}
