using Engine.Kernels.Memory;

namespace Engine.Kernels.Cpu;

/// <summary>
/// One image at a time with zeros to the left and right of its rows, so that a row of any window is a single run of numbers. Rows above
/// and below need no zeros: windows are cut there. An image whose rows have no padding is read where it lies.
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
        if (shape.PadLeft == 0 && RowStride == (nint)shape.Width * shape.InputChannels)
            return;
        _scratch = (T*)pool.Rent(ByteLength);
        new Span<byte>(_scratch, checked((int)ByteLength)).Clear();
    }

    /// <summary>Elements from one row to the next.</summary>
    public nint RowStride { get; }

    private readonly long ByteLength => _shape.Height * (long)RowStride * sizeof(T);

    /// <summary>The first row of an image, of which the rows that some rows of the result need are there.</summary>
    public readonly T* See(int image, int outputRow, int outputEnd)
    {
        T* from = _images + ((nint)image * _shape.Height * _shape.Width * _shape.InputChannels);
        if (_scratch == null)
            return from;
        int start = Math.Max(0, outputRow - _shape.PadTop);
        int end = Math.Min(_shape.Height, outputEnd - 1 - _shape.PadTop + _shape.KernelHeight);
        int left = _shape.PadLeft * _shape.InputChannels, width = _shape.Width * _shape.InputChannels;
        int length = (int)Math.Min(width, RowStride - left);
        for (int row = start; row < end; row++)
            new Span<T>(from + ((nint)row * width), length).CopyTo(new Span<T>(_scratch + (row * RowStride) + left, length));
        return _scratch;
    }

    public readonly void Dispose()
    {
        if (_scratch != null)
            _pool.Return((long)_scratch, ByteLength);
    }
}
