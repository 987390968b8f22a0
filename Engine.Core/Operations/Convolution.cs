using Engine.Kernels;

namespace Engine.Core.Operations;

/// <summary>
/// Convolution with stride 1 (without turning the weights round, as in all neural networks): images [batch, height, width, channels in]
/// and weights [kernel height, kernel width, channels in, channels out] give [batch, height out, width out, channels out].
/// </summary>
/// <remarks>
/// What is not finite meets all zeros, those of <see cref="Padding.Same"/> around images (and around cotangents, in the adjoint in the
/// images) as well: 0 times infinity, or NaN, is NaN. So it is in the adjoints, in <see cref="ConvolutionReluPool"/> and in
/// <see cref="PooledConvolution"/>, which give what a convolution and a pool by themselves give.
/// </remarks>
/// <param name="Padding">What is outside the images.</param>
public sealed record Convolution(Padding Padding) : Operation
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) =>
    [
        new ConvolutionInputGradient(Padding).Apply(g, x[1]),
        new ConvolutionWeightGradient(Padding, x[1].Shape[0], x[1].Shape[1]).Apply(x[0], g),
    ];

    /// <inheritdoc/>
    protected override Tensor? Batched(BatchedInputs x)
    {
        if (!x.IsOwn(1))
            return x.Unfold(Apply(x.Folded(0), x[1]));
        if (x.IsOwn(0))
            return null;

        // The same images for all: members' channels side by side.
        return Channels.Split(Apply(x[0], Channels.Join(x[1])), x.Members);
    }

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
        => (SameFloatType(x), Windows.Result(Padding, x[0].Shape, x[1].Shape, out string? problem) ?? throw Error(problem!));

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
        => y.Device.Convolve(
            y.Type, ConvolutionForm.Forward, Windows.Of(Padding, x[0].Shape, x[1].Shape), y.Buffer, x[0].Buffer, x[1].Buffer);
}

/// <summary>
/// The adjoint of <see cref="Convolution"/> in its images: cotangents of results [batch, height out, width out, channels out] and weights
/// give those of images [batch, height, width, channels in].
/// </summary>
/// <param name="Padding">What is outside the images.</param>
public sealed record ConvolutionInputGradient(Padding Padding) : Operation
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) =>
    [
        new Convolution(Padding).Apply(g, x[1]),
        new ConvolutionWeightGradient(Padding, x[1].Shape[0], x[1].Shape[1]).Apply(g, x[0]),
    ];

    /// <inheritdoc/>
    protected override Tensor? Batched(BatchedInputs x) => x.IsOwn(1) ? null : x.Unfold(Apply(x.Folded(0), x[1]));

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
    {
        var (type, g, w) = (SameFloatType(x), x[0].Shape, x[1].Shape);
        if (Windows.Problem(g, w, g.Rank > 3 ? g[3] : 0, w.Rank > 3 ? w[3] : 0) is { } problem)
            throw Error(problem);
        return (type, [g[0], Windows.Grown(Padding, g[1], w[0]), Windows.Grown(Padding, g[2], w[1]), w[2]]);
    }

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
        => y.Device.Convolve(
            y.Type, ConvolutionForm.InputGradient, Windows.Of(Padding, y.Shape, x[1].Shape), y.Buffer, x[0].Buffer, x[1].Buffer);
}

/// <summary>
/// The adjoint of <see cref="Convolution"/> in its weights: images [batch, height, width, channels in] and cotangents of results
/// [batch, height out, width out, channels out] give those of weights [kernel height, kernel width, channels in, channels out].
/// </summary>
/// <param name="Padding">What is outside the images.</param>
/// <param name="KernelHeight">Rows of the window, an odd number.</param>
/// <param name="KernelWidth">Pixels of a row of the window, an odd number.</param>
public sealed record ConvolutionWeightGradient(Padding Padding, int KernelHeight, int KernelWidth) : Operation
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x)
        => [new ConvolutionInputGradient(Padding).Apply(x[1], g), new Convolution(Padding).Apply(x[0], g)];

    /// <inheritdoc/>
    protected override Tensor? Batched(BatchedInputs x)
    {
        if (!x.IsOwn(0))
            return Channels.Split(Apply(x[0], Channels.Join(x[1])), x.Members);
        if (x.IsOwn(1))
            return null;
        var y = Apply(Channels.Join(x[0]), x[1]);
        return BatchedInputs.Move(y.Reshape(KernelHeight, KernelWidth, x.Members, -1, y.Shape[3]), 2, 0);
    }

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
    {
        var (type, a, g) = (SameFloatType(x), x[0].Shape, x[1].Shape);
        bool fits = a.Rank == 4 && g.Rank == 4 && a[0] == g[0] && KernelHeight % 2 == 1 && KernelWidth % 2 == 1
            && g[1] == Windows.Shrunk(Padding, a[1], KernelHeight) && g[2] == Windows.Shrunk(Padding, a[2], KernelWidth);
        return fits
            ? (type, [KernelHeight, KernelWidth, a[3], g[3]])
            : throw Error($"{g} is no result of a {KernelHeight} x {KernelWidth} convolution, Padding.{Padding}, of images {a}");
    }

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
        => y.Device.Convolve(
            y.Type, ConvolutionForm.WeightGradient, Windows.Of(Padding, x[0].Shape, y.Shape), y.Buffer, x[0].Buffer, x[1].Buffer);
}

/// <summary>Channels of several members of a batch side by side.</summary>
internal static class Channels
{
    /// <summary>[members, height, width, rest, channels] as [height, width, rest, members x channels], and the like.</summary>
    public static Tensor Join(Tensor whole)
    {
        var last = BatchedInputs.Move(whole, 0, whole.Rank - 2);
        return last.ReshapeTo([.. last.Shape.Sizes[..^2], last.Shape[-2] * last.Shape[-1]]);
    }

    /// <summary>The opposite of <see cref="Join"/>.</summary>
    public static Tensor Split(Tensor joined, int members)
        => BatchedInputs.Move(joined.Reshape([.. joined.Shape.Sizes[..^1], members, joined.Shape[-1] / members]), joined.Rank - 1, 0);
}

internal static class Windows
{
    public static string? Problem(Shape images, Shape weights, int channels, int expected)
        => images.Rank != 4 || weights.Rank != 4
            ? $"images {images} must be [batch, height, width, channels] and weights {weights} [height, width, channels in, channels out]"
            : weights[0] % 2 == 0 || weights[1] % 2 == 0
                ? $"the window of the weights {weights}, with images {images}, must have odd sizes"
                : channels != expected ? $"images {images} have {channels} channels and weights {weights} are for {expected}" : null;

    /// <summary>The shape of a convolution's results; null with a problem if there are none.</summary>
    public static Shape? Result(Padding padding, Shape images, Shape weights, out string? problem)
    {
        problem = Problem(images, weights, images.Rank > 3 ? images[3] : 0, weights.Rank > 3 ? weights[2] : 0);
        if (problem is not null)
            return null;
        var (height, width) = (Shrunk(padding, images[1], weights[0]), Shrunk(padding, images[2], weights[1]));
        if (height >= 0 && width >= 0)
            return [images[0], height, width, weights[3]];
        problem = $"images {images} are smaller than the window of the weights {weights}: use Padding.Same or a smaller window";
        return null;
    }

    public static int Shrunk(Padding padding, int size, int window) => padding == Padding.Same ? size : size - window + 1;

    public static int Grown(Padding padding, int size, int window) => padding == Padding.Same ? size : size + window - 1;

    public static ConvolutionShape Of(Padding padding, Shape images, Shape weights)
    {
        bool same = padding == Padding.Same;
        return new(
            images[0], images[1], images[2], images[3], weights[3], weights[0], weights[1], same ? weights[0] / 2 : 0,
            same ? weights[1] / 2 : 0, Shrunk(padding, images[1], weights[0]), Shrunk(padding, images[2], weights[1]));
    }
}
