using Engine.Kernels;

namespace Engine.Core.Operations;

/// <summary>
/// Convolution with stride 1 (without turning the weights round, as in all neural networks): images [batch, height, width, channels in]
/// and weights [kernel height, kernel width, channels in, channels out] give [batch, height out, width out, channels out].
/// </summary>
/// <remarks>
/// Images, weights and results may have one axis more in front, of members: a grouped convolution, in which each member's images meet
/// its own weights. So it is with the adjoints, <see cref="ConvolutionReluPool"/> and <see cref="PooledConvolution"/>.
/// <para>
/// What is not finite meets all zeros, those of <see cref="Padding.Same"/> around images (and around cotangents, in the adjoint in the
/// images) as well: 0 times infinity, or NaN, is NaN. So it is in the adjoints, in <see cref="ConvolutionReluPool"/> and in
/// <see cref="PooledConvolution"/>, which give what a convolution and a pool by themselves give.
/// </para>
/// </remarks>
/// <param name="Padding">What is outside the images.</param>
internal sealed record Convolution(Padding Padding) : Operation
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) =>
    [
        new ConvolutionInputGradient(Padding).Apply(g, x[1]),
        new ConvolutionWeightGradient(Padding, x[1].Shape[-4], x[1].Shape[-3]).Apply(x[0], g),
    ];

    /// <inheritdoc/>
    protected override Tensor? Batched(BatchedInputs x)
    {
        if (!x.IsOwn(1))
            return Images.Unfold(Apply(Images.Fold(x[0]), x[1]), x.Members);
        if (x.IsOwn(0))
            return Grouped.Apply(this, x)[0];

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
internal sealed record ConvolutionInputGradient(Padding Padding) : Operation
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) =>
    [
        new Convolution(Padding).Apply(g, x[1]),
        new ConvolutionWeightGradient(Padding, x[1].Shape[-4], x[1].Shape[-3]).Apply(g, x[0]),
    ];

    /// <inheritdoc/>
    protected override Tensor Batched(BatchedInputs x)
        => x.IsOwn(1) ? Grouped.Apply(this, x)[0] : Images.Unfold(Apply(Images.Fold(x[0]), x[1]), x.Members);

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
    {
        var (type, g, w) = (SameFloatType(x), x[0].Shape, x[1].Shape);
        return Windows.Problem(g, w, -1) is { } problem
            ? throw Error(problem)
            : (type, Images.Of(g, Windows.Grown(Padding, g[-3], w[-4]), Windows.Grown(Padding, g[-2], w[-3]), w[-2]));
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
internal sealed record ConvolutionWeightGradient(Padding Padding, int KernelHeight, int KernelWidth) : Operation
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
            return Grouped.Apply(this, x)[0];
        var y = Apply(Channels.Join(x[0]), x[1]);
        var split = y.ReshapeTo([.. y.Shape.Sizes[..^2], x.Members, y.Shape[-2] / x.Members, y.Shape[-1]]);
        return BatchedInputs.Move(split, y.Rank - 2, 0);
    }

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
    {
        var (type, a, g) = (SameFloatType(x), x[0].Shape, x[1].Shape);
        bool fits = a.Rank is 4 or 5 && g.Rank == a.Rank && g.Sizes[..^3].SequenceEqual(a.Sizes[..^3])
            && KernelHeight % 2 == 1 && KernelWidth % 2 == 1
            && g[-3] == Windows.Shrunk(Padding, a[-3], KernelHeight) && g[-2] == Windows.Shrunk(Padding, a[-2], KernelWidth);
        return fits
            ? (type, Windows.Weights(KernelHeight, KernelWidth, a, g))
            : throw Error($"{g} is no result of a {KernelHeight} x {KernelWidth} convolution, Padding.{Padding}, of images {a}");
    }

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
        => y.Device.Convolve(
            y.Type, ConvolutionForm.WeightGradient, Windows.Of(Padding, x[0].Shape, y.Shape), y.Buffer, x[0].Buffer, x[1].Buffer);
}

/// <summary>Images of the members of a batch, each of whose own may have an axis of members in front.</summary>
internal static class Images
{
    /// <summary>[members, ..., batch, height, width, channels] as [..., members x batch, height, width, channels].</summary>
    public static Tensor Fold(Tensor whole)
    {
        var inner = BatchedInputs.Move(whole, 0, whole.Rank - 5);
        return inner.ReshapeTo([.. inner.Shape.Sizes[..^5], inner.Shape[-5] * inner.Shape[-4], .. inner.Shape.Sizes[^3..]]);
    }

    /// <summary>The opposite of <see cref="Fold"/>.</summary>
    public static Tensor Unfold(Tensor folded, int members)
    {
        var sizes = folded.Shape.Sizes;
        return BatchedInputs.Move(folded.ReshapeTo([.. sizes[..^4], members, sizes[^4] / members, .. sizes[^3..]]), folded.Rank - 4, 0);
    }

    /// <summary>The shape of as many images of other sizes.</summary>
    public static Shape Of(Shape images, int height, int width, int channels) => [.. images.Sizes[..^3], height, width, channels];
}

/// <summary>Members of a batch as those of a grouped operation.</summary>
internal static class Grouped
{
    /// <summary>A convolution, or one of its kin, of all members at once; if each has members itself, these are folded into them.</summary>
    public static Tensor[] Apply(Primitive operation, BatchedInputs x)
    {
        bool folds = x.Shape(0).Rank == 5;
        var y = operation.ApplyAll([.. Enumerable.Range(0, x.Count).Select(input => folds ? x.Folded(input) : x.Whole(input))]);
        return folds ? [.. y.Select(x.Unfold)] : y;
    }
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
    /// <summary>Why images and weights do not fit each other; null if they do.</summary>
    /// <param name="images">Images, or those that are results.</param>
    /// <param name="weights">The weights.</param>
    /// <param name="axis">The weights' axis of the images' channels, counted from the end.</param>
    public static string? Problem(Shape images, Shape weights, int axis)
    {
        if (images.Rank is not (4 or 5) || weights.Rank != images.Rank)
        {
            return $"images {images} must be [batch, height, width, channels] and weights {weights} "
                + "[height, width, channels in, channels out], or both have one axis more in front, of members";
        }

        if (images.Rank == 5 && images[0] != weights[0])
            return $"images {images} are of {images[0]} members and weights {weights} of {weights[0]}";
        if (weights[-4] % 2 == 0 || weights[-3] % 2 == 0)
            return $"the window of the weights {weights}, with images {images}, must have odd sizes";
        return images[-1] == weights[axis]
            ? null : $"images {images} have {images[-1]} channels and weights {weights} are for {weights[axis]}";
    }

    /// <summary>The shape of a convolution's results; null with a problem if there are none.</summary>
    public static Shape? Result(Padding padding, Shape images, Shape weights, out string? problem)
    {
        problem = Problem(images, weights, -2);
        if (problem is not null)
            return null;
        var (height, width) = (Shrunk(padding, images[-3], weights[-4]), Shrunk(padding, images[-2], weights[-3]));
        if (height >= 0 && width >= 0)
            return Images.Of(images, height, width, weights[-1]);
        problem = $"images {images} are smaller than the window of the weights {weights}: use Padding.Same or a smaller window";
        return null;
    }

    /// <summary>The shape of weights between images and results.</summary>
    public static Shape Weights(int height, int width, Shape images, Shape results)
        => [.. images.Sizes[..^4], height, width, images[-1], results[-1]];

    public static int Shrunk(Padding padding, int size, int window) => padding == Padding.Same ? size : size - window + 1;

    public static int Grown(Padding padding, int size, int window) => padding == Padding.Same ? size : size + window - 1;

    public static ConvolutionShape Of(Padding padding, Shape images, Shape weights)
    {
        bool same = padding == Padding.Same;
        return new(
            images[-4], images[-3], images[-2], images[-1], weights[-1], weights[-4], weights[-3], same ? weights[-4] / 2 : 0,
            same ? weights[-3] / 2 : 0, Shrunk(padding, images[-3], weights[-4]), Shrunk(padding, images[-2], weights[-3]),
            images.Rank == 5 ? images[0] : 1);
    }
}
