using Engine.Kernels.Memory;

namespace Engine.Kernels.Cpu;

/// <summary>
/// One image at a time with zeros on all sides, so that a row of any window is a single run of numbers. Windows may be cut at the upper
/// and lower edge where products with zeros are zero. An image without padding is read where it lies.
/// </summary>
internal unsafe ref struct ConvolutionImage<T>
    where T : unmanaged
{
    private readonly ConvolutionShape _shape;
    private readonly BufferPool _pool;
    private readonly T* _images;
    private readonly T* _scratch;

    public ConvolutionImage(ConvolutionShape shape, BufferPool pool, T* images)
    {
        _shape = shape;
        _pool = pool;
        _images = images;
        RowStride = (nint)(shape.OutputWidth + shape.KernelWidth - 1) * shape.InputChannels;
        if (shape.PadLeft == 0 && RowStride == (nint)shape.Width * shape.InputChannels && Rows == shape.Height)
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

    // Rows of the image and of the zeros above and below.
    private readonly int Rows => Math.Max(_shape.Height + _shape.PadTop, _shape.OutputHeight + _shape.KernelHeight - 1);

    private readonly long ByteLength => Rows * (long)RowStride * sizeof(T);

    private readonly T* FirstRow => _scratch + (_shape.PadTop * RowStride);

    /// <summary>The first row of an image, with the zeros to the left of it.</summary>
    public readonly T* See(int image)
    {
        int width = _shape.Width * _shape.InputChannels;
        T* from = _images + ((nint)image * _shape.Height * width);
        if (_scratch == null)
            return from;
        for (int row = 0; row < _shape.Height; row++)
            new Span<T>(from + ((nint)row * width), RowLength).CopyTo(new Span<T>(FirstRow + (row * RowStride) + Left, RowLength));
        return FirstRow;
    }

    /// <summary>The first pixel of an image that <see cref="See"/> showed.</summary>
    public readonly T* Pixels(T* seen) => _scratch == null ? seen : seen + Left;

    public readonly void Dispose()
    {
        if (_scratch != null)
            _pool.Return((long)_scratch, ByteLength);
    }
}
