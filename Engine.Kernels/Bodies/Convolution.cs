using System.Numerics;

namespace Engine.Kernels.Bodies;

/// <summary>One element of the result of a convolution, the plain way; its sum runs over the window, then over input channels.</summary>
/// <remarks>Here and in the two adjoints, zeros around the images take part: 0 times infinity, or NaN, is NaN.</remarks>
/// <typeparam name="T">float or double.</typeparam>
internal readonly struct ConvolutionBody<T>(ConvolutionSizes shape, View<T> y, View<T> x, View<T> w) : IBody
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public void Invoke(int index)
    {
        int o = index % shape.OutputChannels, pixel = index / shape.OutputChannels;
        int left = (pixel % shape.OutputWidth) - shape.PadLeft, row = pixel / shape.OutputWidth;
        int top = (row % shape.OutputHeight) - shape.PadTop, image = row / shape.OutputHeight;
        int firstTap = image / shape.Batch * shape.Taps;
        T sum = T.Zero;
        for (int ky = 0; ky < shape.KernelHeight; ky++)
        {
            for (int kx = 0; kx < shape.KernelWidth; kx++)
            {
                bool outside = (uint)(top + ky) >= (uint)shape.Height || (uint)(left + kx) >= (uint)shape.Width;
                int at = ((((image * shape.Height) + top + ky) * shape.Width) + left + kx) * shape.InputChannels;
                int tap = firstTap + (((ky * shape.KernelWidth) + kx) * shape.InputChannels);
                for (int c = 0; c < shape.InputChannels; c++)
                    sum += (outside ? T.Zero : x[at + c]) * w[((tap + c) * shape.OutputChannels) + o];
            }
        }

        y[index] = sum;
    }
}

/// <summary>One element of the image's cotangent, the plain way; its sum runs back over the window, then over output channels.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal readonly struct ConvolutionInputGradientBody<T>(ConvolutionSizes shape, View<T> dx, View<T> g, View<T> w) : IBody
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public void Invoke(int index)
    {
        int c = index % shape.InputChannels, pixel = index / shape.InputChannels;
        int right = (pixel % shape.Width) + shape.PadLeft, row = pixel / shape.Width;
        int bottom = (row % shape.Height) + shape.PadTop, image = row / shape.Height;
        int firstTap = image / shape.Batch * shape.Taps;
        T sum = T.Zero;
        for (int ky = shape.KernelHeight - 1; ky >= 0; ky--)
        {
            for (int kx = shape.KernelWidth - 1; kx >= 0; kx--)
            {
                bool outside = (uint)(bottom - ky) >= (uint)shape.OutputHeight || (uint)(right - kx) >= (uint)shape.OutputWidth;
                int at = ((((image * shape.OutputHeight) + bottom - ky) * shape.OutputWidth) + right - kx) * shape.OutputChannels;
                int tap = (firstTap + (((ky * shape.KernelWidth) + kx) * shape.InputChannels) + c) * shape.OutputChannels;
                for (int o = 0; o < shape.OutputChannels; o++)
                    sum += (outside ? T.Zero : g[at + o]) * w[tap + o];
            }
        }

        dx[index] = sum;
    }
}

/// <summary>One element of the weights' cotangent, the plain way; its sum runs over all pixels of its member's results.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal readonly struct ConvolutionWeightGradientBody<T>(ConvolutionSizes shape, View<T> dw, View<T> x, View<T> g) : IBody
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public void Invoke(int index)
    {
        int o = index % shape.OutputChannels, row = index / shape.OutputChannels;
        int c = row % shape.InputChannels, tap = row / shape.InputChannels, line = tap / shape.KernelWidth;
        int right = (tap % shape.KernelWidth) - shape.PadLeft, down = (line % shape.KernelHeight) - shape.PadTop;
        int pixels = shape.Batch * shape.OutputHeight * shape.OutputWidth, first = line / shape.KernelHeight * pixels;
        T sum = T.Zero;
        for (int pixel = first; pixel < first + pixels; pixel++)
        {
            int ix = (pixel % shape.OutputWidth) + right, result = pixel / shape.OutputWidth;
            int iy = (result % shape.OutputHeight) + down, image = result / shape.OutputHeight;
            bool outside = (uint)iy >= (uint)shape.Height || (uint)ix >= (uint)shape.Width;
            int at = ((((image * shape.Height) + iy) * shape.Width) + ix) * shape.InputChannels;
            sum += (outside ? T.Zero : x[at + c]) * g[(pixel * shape.OutputChannels) + o];
        }

        dw[index] = sum;
    }
}

/// <summary>A <see cref="ConvolutionShape"/> as bodies take it: numbers only.</summary>
internal readonly struct ConvolutionSizes(ConvolutionShape shape)
{
    /// <inheritdoc cref="ConvolutionShape.Batch"/>
    public int Batch { get; } = shape.Batch;

    /// <inheritdoc cref="ConvolutionShape.Taps"/>
    public int Taps { get; } = shape.Taps;

    /// <inheritdoc cref="ConvolutionShape.Height"/>
    public int Height { get; } = shape.Height;

    /// <inheritdoc cref="ConvolutionShape.Width"/>
    public int Width { get; } = shape.Width;

    /// <inheritdoc cref="ConvolutionShape.InputChannels"/>
    public int InputChannels { get; } = shape.InputChannels;

    /// <inheritdoc cref="ConvolutionShape.OutputChannels"/>
    public int OutputChannels { get; } = shape.OutputChannels;

    /// <inheritdoc cref="ConvolutionShape.KernelHeight"/>
    public int KernelHeight { get; } = shape.KernelHeight;

    /// <inheritdoc cref="ConvolutionShape.KernelWidth"/>
    public int KernelWidth { get; } = shape.KernelWidth;

    /// <inheritdoc cref="ConvolutionShape.PadTop"/>
    public int PadTop { get; } = shape.PadTop;

    /// <inheritdoc cref="ConvolutionShape.PadLeft"/>
    public int PadLeft { get; } = shape.PadLeft;

    /// <inheritdoc cref="ConvolutionShape.OutputHeight"/>
    public int OutputHeight { get; } = shape.OutputHeight;

    /// <inheritdoc cref="ConvolutionShape.OutputWidth"/>
    public int OutputWidth { get; } = shape.OutputWidth;
}
