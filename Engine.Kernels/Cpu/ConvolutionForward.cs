using Engine.Kernels.Memory;

namespace Engine.Kernels.Cpu;

/// <summary>
/// Weights as convolutions read them: panels of two vectors of output channels, filled up with zeros, from the first tap to the last.
/// A unit is a tap of a panel.
/// </summary>
/// <remarks>For the cotangent of images, taps run backwards and channels change places.</remarks>
internal readonly unsafe struct PackTaps<V, R, T>(ConvolutionShape shape, bool turned, T* packed, T* weights)
    : IMemberKernel<PackTaps<V, R, T>>
    where V : struct, IRegister<R, T>
    where R : struct
    where T : unmanaged
{
    public static int Units(ConvolutionShape shape)
        => (shape.OutputChannels + ConvolutionTiles<V, R, T>.Width - 1) / ConvolutionTiles<V, R, T>.Width * shape.Taps;

    /// <summary>Elements of packed weights.</summary>
    public static long Length(ConvolutionShape shape) => Units(shape) * (long)ConvolutionTiles<V, R, T>.Width;

    /// <summary>Whether no packed weight is infinite or NaN, so that its product with a zero need not be made.</summary>
    public static bool AreFinite(ConvolutionShape shape, T* packed) => Finite<V, R, T>.Are(packed, (nint)Length(shape));

    public PackTaps<V, R, T> Of(int member)
        => new(shape, turned, packed + (member * (nint)Length(shape)), weights + (member * shape.WeightCount));

    public void Run(int start, int end)
    {
        int width = ConvolutionTiles<V, R, T>.Width, inputs = shape.InputChannels, outputs = shape.OutputChannels;
        int window = shape.KernelHeight * shape.KernelWidth;
        for (int unit = start; unit < end; unit++)
        {
            int panel = unit / shape.Taps, tap = unit % shape.Taps, first = panel * width, count = Math.Min(width, outputs - first);
            int place = tap / inputs, input = tap % inputs;
            var to = new Span<T>(packed + ((nint)unit * width), width);
            to[count..].Clear();
            if (!turned)
            {
                new Span<T>(weights + ((nint)tap * outputs) + first, count).CopyTo(to);
                continue;
            }

            // What are outputs here are the inputs of the weights.
            T* from = weights + ((((nint)(window - 1 - place) * outputs) + first) * inputs) + input;
            for (int i = 0; i < count; i++)
                to[i] = from[i * (nint)inputs];
        }
    }
}

/// <summary>Convolutions with packed weights. A unit is a row of a result.</summary>
/// <remarks>
/// The last panel of a pixel spills into the pixels behind it. So pixels are done in order, panels of a row from the right, and
/// tiles go by way of the stack only at the end of a thread's units.
/// </remarks>
internal readonly unsafe struct Convolutions<V, R, T>(ConvolutionShape shape, BufferPool pool, T* y, T* x, T* packed)
    : IMemberKernel<Convolutions<V, R, T>>
    where V : struct, IRegister<R, T>
    where R : struct
    where T : unmanaged
{
    private nint RowLength => (nint)shape.OutputWidth * shape.OutputChannels;

    public Convolutions<V, R, T> Of(int member)
        => new(
            shape, pool, y + (member * shape.ResultCount), x + (member * shape.ImageCount),
            packed + (member * (nint)PackTaps<V, R, T>.Length(shape)));

    public void Run(int start, int end)
    {
        T* limit = y + (end * RowLength);
        bool wholePanels = shape.OutputChannels % ConvolutionTiles<V, R, T>.Width == 0;
        bool skipsZeros = PackTaps<V, R, T>.AreFinite(shape, packed);
        using var images = new ConvolutionImage<T>(shape, pool, x);
        while (start < end)
        {
            int image = start / shape.OutputHeight, row = start % shape.OutputHeight;
            int next = Math.Min(shape.OutputHeight, row + end - start);
            T* seen = images.See(image), pixels = images.Pixels(seen);
            if (wholePanels && skipsZeros && SparseConvolutions<V, R, T>.Suits(shape, images, pixels))
            {
                T* result = y + (start * RowLength);
                SparseConvolutions<V, R, T>.Rows(shape, images, pixels, row, next - row, packed, result, shape.OutputChannels);
                start += next - row;
                continue;
            }

            for (; row < next; row++, start++)
                Row(seen, images.RowStride, row, skipsZeros, y + (start * RowLength), limit);
        }
    }

    private void Row(T* image, nint rowStride, int row, bool skipsZeros, T* result, T* limit)
    {
        int width = ConvolutionTiles<V, R, T>.Width, outputs = shape.OutputChannels;
        var window = ConvolutionWindow.Of(shape, row, rowStride, width, outputs, whole: !skipsZeros);
        T* top = image + window.Image;
        for (int column = (outputs - 1) / width * width; column >= 0; column -= width)
        {
            T* weights = packed + ((nint)column * shape.Taps) + window.Taps, c = result + column;

            // Pixels whose full vectors end before the limit.
            int whole = limit - c < width ? 0 : (int)Math.Min(shape.OutputWidth, ((limit - c - width) / outputs) + 1);
            ConvolutionTiles<V, R, T>.Panel(window.Steps, whole, top, weights, c);
            for (int pixel = whole; pixel < shape.OutputWidth; pixel++)
                Cut(window.Steps, top + (pixel * window.Steps.ARow), weights, c + (pixel * window.Steps.CRow), outputs - column);
        }
    }

    private static void Cut(in ConvolutionSteps steps, T* a, T* b, T* c, int width)
    {
        T* side = stackalloc T[ConvolutionTiles<V, R, T>.Width];
        ConvolutionTiles<V, R, T>.Panel(steps, 1, a, b, side);
        int length = Math.Min(width, ConvolutionTiles<V, R, T>.Width);
        new Span<T>(side, length).CopyTo(new Span<T>(c, length));
    }
}
