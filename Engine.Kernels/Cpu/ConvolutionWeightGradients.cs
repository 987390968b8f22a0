using System.Numerics;
using Engine.Kernels.Memory;

namespace Engine.Kernels.Cpu;

/// <summary>How a batch is cut into pieces, each of which has a sum of its own.</summary>
internal static class ConvolutionPieces
{
    // Few images for a small batch to occupy some threads, few pieces for a large one not to need much memory.
    private const int LeastImages = 8;
    private const int MostPieces = 32;

    /// <summary>Images of a piece, but for the last.</summary>
    public static int Images(ConvolutionShape shape) => Math.Max(LeastImages, (shape.Batch + MostPieces - 1) / MostPieces);

    /// <summary>The number of pieces, at least 1.</summary>
    public static int Count(ConvolutionShape shape) => Math.Max(1, (shape.Batch + Images(shape) - 1) / Images(shape));
}

/// <summary>
/// Cotangents of weights, one for each piece of the batch, in panels as <see cref="PackTaps{V, R, T}"/> has them. A unit is a piece.
/// </summary>
/// <remarks>Pieces depend on the size of the batch alone, so that sums don't depend on the number of threads.</remarks>
internal readonly unsafe struct WeightGradients<V, R, T>(ConvolutionShape shape, BufferPool pool, T* pieces, T* x, T* g)
    : IMemberKernel<WeightGradients<V, R, T>>
    where V : struct, IRegister<R, T>
    where R : struct
    where T : unmanaged
{
    // Pixels whose products are summed in a row: sums of more are added up, which keeps their rounding errors small.
    private const int BlockPixels = 256;

    private readonly int _images = ConvolutionPieces.Images(shape);

    /// <summary>Elements of a piece.</summary>
    public static long PieceLength(ConvolutionShape shape) => (long)shape.Taps * Stride(shape);

    private int Pixels => shape.OutputHeight * shape.OutputWidth;

    // Output channels, filled up to whole panels.
    private static int Stride(ConvolutionShape shape)
    {
        int width = ConvolutionTiles<V, R, T>.Width;
        return (shape.OutputChannels + width - 1) / width * width;
    }

    public WeightGradients<V, R, T> Of(int member)
        => new(
            shape, pool, pieces + (member * ConvolutionPieces.Count(shape) * (nint)PieceLength(shape)),
            x + (member * shape.ImageCount), g + (member * shape.ResultCount));

    public void Run(int start, int end)
    {
        int stride = Stride(shape);
        long scratchBytes = stride == shape.OutputChannels ? 0 : (long)Pixels * stride * sizeof(T);
        T* scratch = scratchBytes == 0 ? null : (T*)pool.Rent(scratchBytes);
        using var images = new ConvolutionImage<T>(shape, pool, x);
        for (int piece = start; piece < end; piece++)
        {
            T* sum = pieces + (piece * (nint)PieceLength(shape));
            int first = piece * _images, last = Math.Min(shape.Batch, first + _images);
            if (first >= last)
                new Span<T>(sum, checked((int)PieceLength(shape))).Clear();
            for (int image = first; image < last; image++)
            {
                T* seen = images.See(image);
                bool whole = !AreFiniteAtEdges(g + ((nint)image * Pixels * shape.OutputChannels));
                Add(seen, images.RowStride, whole, Widened(image, scratch, stride), stride, sum, image != first);
            }
        }

        if (scratch != null)
            pool.Return((long)scratch, scratchBytes);
    }

    // The cotangents of results whose windows stand out above or below the image.
    private bool AreFiniteAtEdges(T* cotangents)
    {
        nint rowLength = (nint)shape.OutputWidth * shape.OutputChannels;
        int above = Math.Min(shape.PadTop, shape.OutputHeight);
        int below = Math.Clamp(shape.Height + shape.PadTop - shape.KernelHeight + 1, 0, shape.OutputHeight);
        return Finite<V, R, T>.Are(cotangents, above * rowLength)
            && Finite<V, R, T>.Are(cotangents + (below * rowLength), (shape.OutputHeight - below) * rowLength);
    }

    // The cotangents of an image with whole panels of channels, since vectors read them.
    private T* Widened(int image, T* scratch, int stride)
    {
        int outputs = shape.OutputChannels;
        T* from = g + ((nint)image * Pixels * outputs);
        if (scratch == null)
            return from;
        for (int pixel = 0; pixel < Pixels; pixel++)
        {
            var to = new Span<T>(scratch + ((nint)pixel * stride), stride);
            new Span<T>(from + ((nint)pixel * outputs), outputs).CopyTo(to);
            to[outputs..].Clear();
        }

        return scratch;
    }

    // Products with the zeros above and below the image are zero where cotangents are finite.
    private void Add(T* image, nint rowStride, bool whole, T* cotangent, int stride, T* sum, bool adds)
    {
        int width = ConvolutionTiles<V, R, T>.Width, run = shape.KernelWidth * shape.InputChannels;
        int most = Math.Max(1, BlockPixels / Math.Max(1, shape.OutputWidth));
        for (int panel = 0; panel < stride / width; panel++)
        {
            for (int ky = 0; ky < shape.KernelHeight; ky++, sum += (nint)run * width)
            {
                int row = whole ? 0 : Math.Max(0, shape.PadTop - ky);
                int last = whole ? shape.OutputHeight : Math.Min(shape.OutputHeight, shape.Height + shape.PadTop - ky);
                bool addsRows = adds;
                do
                {
                    int rows = Math.Clamp(last - row, 0, most);
                    var steps = new ConvolutionSteps(
                        rows, shape.OutputWidth, 1, shape.InputChannels, rowStride, stride, (nint)shape.OutputWidth * stride, width,
                        addsRows);
                    T* a = image + ((row + ky - shape.PadTop) * rowStride), b = cotangent + (row * steps.BOuter) + (panel * width);
                    ConvolutionTiles<V, R, T>.Panel(steps, run, a, b, sum);
                    row += rows;
                    addsRows = true;
                }
                while (row < last);
            }
        }
    }
}

/// <summary>The sum of the pieces that <see cref="WeightGradients{V, R, T}"/> made, in order. A unit is a tap.</summary>
internal readonly unsafe struct SumPieces<V, R, T>(ConvolutionShape shape, T* dw, T* pieces) : IMemberKernel<SumPieces<V, R, T>>
    where V : struct, IRegister<R, T>
    where R : struct
    where T : unmanaged, INumber<T>
{
    public SumPieces<V, R, T> Of(int member)
        => new(
            shape, dw + (member * shape.WeightCount),
            pieces + (member * ConvolutionPieces.Count(shape) * (nint)WeightGradients<V, R, T>.PieceLength(shape)));

    public void Run(int start, int end)
    {
        int width = ConvolutionTiles<V, R, T>.Width, outputs = shape.OutputChannels, count = ConvolutionPieces.Count(shape);
        nint length = (nint)WeightGradients<V, R, T>.PieceLength(shape);
        T* side = stackalloc T[V.Count];
        for (int tap = start; tap < end; tap++)
        {
            for (int column = 0; column < outputs; column += V.Count)
            {
                T* from = pieces + ((((nint)(column / width) * shape.Taps) + tap) * width) + (column % width);
                R sum = V.Load(from);
                for (int piece = 1; piece < count; piece++)
                    sum = V.MultiplyAdd(T.One, V.Load(from + (piece * length)), sum);
                V.Store(sum, side);
                int stored = Math.Min(V.Count, outputs - column);
                new Span<T>(side, stored).CopyTo(new Span<T>(dw + ((nint)tap * outputs) + column, stored));
            }
        }
    }
}
