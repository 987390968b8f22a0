namespace Engine.Kernels;

/// <summary>
/// A batch of convolutions with stride 1: images [batch, height, width, input channels], weights [kernel height, kernel width,
/// input channels, output channels] and results [batch, output height, output width, output channels]. Outside the image are zeros.
/// All of them have a first axis more where there are several members (a grouped convolution): the images of a member meet its weights.
/// </summary>
/// <param name="Batch">The number of images of a member.</param>
/// <param name="Height">Rows of an image.</param>
/// <param name="Width">Pixels of a row of an image.</param>
/// <param name="InputChannels">Numbers of a pixel of an image.</param>
/// <param name="OutputChannels">Numbers of a pixel of a result.</param>
/// <param name="KernelHeight">Rows of the window under which a pixel of the result lies.</param>
/// <param name="KernelWidth">Pixels of a row of the window.</param>
/// <param name="PadTop">Rows of zeros above an image, fewer than the window has.</param>
/// <param name="PadLeft">Zeros to the left of an image, fewer than a row of the window has.</param>
/// <param name="OutputHeight">Rows of a result.</param>
/// <param name="OutputWidth">Pixels of a row of a result.</param>
/// <param name="Members">The number of members, each with images and weights of its own.</param>
public sealed record ConvolutionShape(
    int Batch, int Height, int Width, int InputChannels, int OutputChannels, int KernelHeight, int KernelWidth,
    int PadTop, int PadLeft, int OutputHeight, int OutputWidth, int Members = 1)
{
    /// <summary>Rows of the weights as a matrix [kernel height * kernel width * input channels, output channels].</summary>
    public int Taps => KernelHeight * KernelWidth * InputChannels;

    /// <summary>Numbers of the weights of a member.</summary>
    public int WeightCount => checked(Taps * OutputChannels);

    /// <summary>Numbers of the images of a member.</summary>
    public int ImageCount => checked(Batch * Height * Width * InputChannels);

    /// <summary>Numbers of the results of a member.</summary>
    public int ResultCount => checked(Batch * OutputHeight * OutputWidth * OutputChannels);

    /// <summary>Numbers that 2 x 2 windows leave of the results of a member.</summary>
    public int PooledCount => checked(Batch * (OutputHeight / 2) * (OutputWidth / 2) * OutputChannels);

    /// <summary>
    /// Floating-point operations of each form, a multiply-add as two. What a window sees outside the image costs nothing.
    /// </summary>
    public double Operations
        => 2.0 * Members * Batch * InputChannels * OutputChannels
            * Seen(OutputHeight, KernelHeight, PadTop, Height) * Seen(OutputWidth, KernelWidth, PadLeft, Width);

    /// <summary>Those of the results that 2 x 2 windows leave.</summary>
    public double PooledOperations => ResultCount == 0 ? 0 : Operations * PooledCount / ResultCount;

    /// <summary>The convolution of the result's cotangent, weights turned round and channels exchanged, that gives the image's.</summary>
    public ConvolutionShape Transposed() => this with
    {
        Height = OutputHeight,
        Width = OutputWidth,
        InputChannels = OutputChannels,
        OutputChannels = InputChannels,
        PadTop = KernelHeight - 1 - PadTop,
        PadLeft = KernelWidth - 1 - PadLeft,
        OutputHeight = Height,
        OutputWidth = Width,
    };

    // How many places of images all windows see, along one axis.
    private static double Seen(int results, int kernel, int pad, int size)
    {
        double seen = 0;
        for (int y = 0; y < results; y++)
            seen += Math.Max(0, Math.Min(y - pad + kernel, size) - Math.Max(y - pad, 0));
        return seen;
    }
}

/// <summary>Which of three a convolution computes from the other two: each form is linear in both, and the adjoint of the others.</summary>
public enum ConvolutionForm
{
    /// <summary>Results from images and weights.</summary>
    Forward,

    /// <summary>Cotangents of images from those of results, and weights.</summary>
    InputGradient,

    /// <summary>Cotangents of weights from images and cotangents of results.</summary>
    WeightGradient,
}
