using Engine.Kernels.Memory;

namespace Engine.Kernels.Cpu;

/// <summary>
/// Weights as convolutions read them: panels of two vectors of output channels, filled up with zeros, from the first tap to the last.
/// A unit is a tap of a panel.
/// </summary>
/// <remarks>For the cotangent of images, taps run backwards and channels change places.</remarks>
internal readonly unsafe struct PackTaps<V, R, T>(ConvolutionShape shape, bool turned, T* packed, T* weights) : IKernel
    where V : struct, IRegister<R, T>
    where R : struct
    where T : unmanaged
{
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
internal readonly unsafe struct Convolutions<V, R, T>(ConvolutionShape shape, BufferPool pool, T* y, T* x, T* packed) : IKernel
    where V : struct, IRegister<R, T>
    where R : struct
    where T : unmanaged
{
    private nint RowLength => (nint)shape.OutputWidth * shape.OutputChannels;

    public void Run(int start, int end)
    {
        T* limit = y + (end * RowLength);
        using var images = new ConvolutionImage<T>(shape, pool, x);
        while (start < end)
        {
            int image = start / shape.OutputHeight, row = start % shape.OutputHeight;
            int next = Math.Min(shape.OutputHeight, row + end - start);
            T* seen = images.See(image, row, next);
            for (; row < next; row++, start++)
                Row(seen, images.RowStride, row, y + (start * RowLength), limit);
        }
    }

    private void Row(T* image, nint rowStride, int row, T* result, T* limit)
    {
        int width = ConvolutionTiles<V, R, T>.Width, outputs = shape.OutputChannels;
        int first = Math.Max(0, shape.PadTop - row), last = Math.Min(shape.KernelHeight, shape.Height + shape.PadTop - row);
        int run = shape.KernelWidth * shape.InputChannels;
        var steps = new ConvolutionSteps(
            last - first, run, shape.InputChannels, 1, rowStride, width, (nint)run * width, outputs, Adds: false);
        T* top = image + ((row + first - shape.PadTop) * rowStride);
        for (int panel = (outputs - 1) / width; panel >= 0; panel--)
        {
            T* weights = packed + ((((nint)panel * shape.Taps) + ((nint)first * run)) * width), c = result + (panel * width);

            // Pixels whose full vectors end before the limit.
            int whole = limit - c < width ? 0 : (int)Math.Min(shape.OutputWidth, ((limit - c - width) / outputs) + 1);
            ConvolutionTiles<V, R, T>.Panel(steps, whole, top, weights, c);
            for (int pixel = whole; pixel < shape.OutputWidth; pixel++)
                Cut(steps, top + (pixel * steps.ARow), weights, c + (pixel * steps.CRow), outputs - (panel * width));
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
