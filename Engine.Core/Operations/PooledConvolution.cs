using Engine.Kernels;

namespace Engine.Core.Operations;

/// <summary>
/// Numbers of a <see cref="Convolution"/>'s results, one of each 2 x 2 window and channel: images [batch, height, width, channels in],
/// weights [kernel height, kernel width, channels in, channels out] and Int32 positions in each image of the results give numbers of
/// the positions' shape, [batch, height out / 2, width out / 2, channels out]; zero where a position is negative.
/// </summary>
/// <remarks>
/// A position lies within its own window, as those of <see cref="PoolIndex"/> and <see cref="ConvolutionReluPool"/> do. This operation
/// and its two adjoints do the work of a convolution and a <see cref="PoolGather"/> or <see cref="PoolScatter"/>, but whole results and
/// their cotangents, three quarters of which are zero, never exist.
/// </remarks>
/// <param name="Padding">What is outside the images.</param>
internal sealed record PooledConvolution(Padding Padding) : Operation
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) =>
    [
        new PooledConvolutionInputGradient(Padding, x[0].Shape[-3], x[0].Shape[-2]).Apply(g, x[1], x[2]),
        new PooledConvolutionWeightGradient(Padding, x[1].Shape[-4], x[1].Shape[-3]).Apply(x[0], g, x[2]),
        null,
    ];

    /// <inheritdoc/>
    protected override Tensor Batched(BatchedInputs x)
        => x.IsOwn(1)
            ? Grouped.Apply(this, x)[0]
            : Images.Unfold(Apply(Images.Fold(x.Whole(0)), x[1], Images.Fold(x.Whole(2))), x.Members);

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
    {
        var type = SameFloatType(x[..2]);
        var shape = Windows.Result(Padding, x[0].Shape, x[1].Shape, out string? problem) ?? throw Error(problem!);
        return PoolPositions.Problem(shape, x[1].Shape, x[2], x[2].Shape) is { } misfit ? throw Error(misfit) : (type, x[2].Shape);
    }

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
        => y.Device.Convolve(
            y.Type, ConvolutionForm.Forward, Windows.Of(Padding, x[0].Shape, x[1].Shape), y.Buffer, x[0].Buffer, x[1].Buffer, x[2].Buffer);
}

/// <summary>
/// The adjoint of <see cref="PooledConvolution"/> in its images: cotangents [batch, height out / 2, width out / 2, channels out],
/// weights and positions give cotangents of images [batch, height, width, channels in].
/// </summary>
/// <param name="Padding">What is outside the images.</param>
/// <param name="Height">Rows of an image.</param>
/// <param name="Width">Pixels of a row of an image.</param>
internal sealed record PooledConvolutionInputGradient(Padding Padding, int Height, int Width) : Operation
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) =>
    [
        new PooledConvolution(Padding).Apply(g, x[1], x[2]),
        new PooledConvolutionWeightGradient(Padding, x[1].Shape[-4], x[1].Shape[-3]).Apply(g, x[0], x[2]),
        null,
    ];

    /// <inheritdoc/>
    protected override Tensor Batched(BatchedInputs x)
        => x.IsOwn(1)
            ? Grouped.Apply(this, x)[0]
            : Images.Unfold(Apply(Images.Fold(x.Whole(0)), x[1], Images.Fold(x.Whole(2))), x.Members);

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
    {
        var type = SameFloatType(x[..2]);
        var (g, w) = (x[0].Shape, x[1].Shape);
        if (g.Rank is not (4 or 5) || w.Rank != g.Rank || g[-1] != w[-1])
            throw Error($"{g} are no pooled results of a convolution with weights {w}");
        var images = Images.Of(g, Height, Width, w[-2]);
        var shape = Windows.Result(Padding, images, w, out string? problem) ?? throw Error(problem!);
        return PoolPositions.Problem(shape, w, x[2], g) is { } misfit ? throw Error(misfit) : (type, images);
    }

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
        => y.Device.Convolve(
            y.Type, ConvolutionForm.InputGradient, Windows.Of(Padding, y.Shape, x[1].Shape), y.Buffer, x[0].Buffer, x[1].Buffer,
            x[2].Buffer);
}

/// <summary>
/// The adjoint of <see cref="PooledConvolution"/> in its weights: images [batch, height, width, channels in], cotangents
/// [batch, height out / 2, width out / 2, channels out] and positions give cotangents of weights
/// [kernel height, kernel width, channels in, channels out].
/// </summary>
/// <param name="Padding">What is outside the images.</param>
/// <param name="KernelHeight">Rows of the window, an odd number.</param>
/// <param name="KernelWidth">Pixels of a row of the window, an odd number.</param>
internal sealed record PooledConvolutionWeightGradient(Padding Padding, int KernelHeight, int KernelWidth) : Operation
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) =>
    [
        new PooledConvolutionInputGradient(Padding, x[0].Shape[-3], x[0].Shape[-2]).Apply(x[1], g, x[2]),
        new PooledConvolution(Padding).Apply(x[0], g, x[2]),
        null,
    ];

    /// <inheritdoc/>
    protected override Tensor Batched(BatchedInputs x) => Grouped.Apply(this, x)[0];

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
    {
        var type = SameFloatType(x[..2]);
        var (a, g) = (x[0].Shape, x[1].Shape);
        if (a.Rank is not (4 or 5) || g.Rank != a.Rank)
            throw Error($"images {a} and pooled cotangents {g} must be [batch, height, width, channels], or both of members");
        var weights = Windows.Weights(KernelHeight, KernelWidth, a, g);
        var shape = Windows.Result(Padding, a, weights, out string? problem) ?? throw Error(problem!);
        return PoolPositions.Problem(shape, weights, x[2], g) is { } misfit ? throw Error(misfit) : (type, weights);
    }

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
        => y.Device.Convolve(
            y.Type, ConvolutionForm.WeightGradient, Windows.Of(Padding, x[0].Shape, y.Shape), y.Buffer, x[0].Buffer, x[1].Buffer,
            x[2].Buffer);
}

internal static class PoolPositions
{
    // Positions pass through Float32 lanes, in which integers are exact up to here.
    private const int Largest = 1 << 24;

    /// <summary>The shape of what 2 x 2 windows leave of a convolution's results.</summary>
    public static Shape Pooled(Shape results) => Images.Of(results, results[-3] / 2, results[-2] / 2, results[-1]);

    /// <summary>Why positions and numbers do not belong to a convolution's results; null if they do.</summary>
    public static string? Problem(Shape results, Shape weights, Tensor positions, Shape numbers)
    {
        if (SizeProblem(results, weights) is { } problem)
            return problem;
        return positions.Type == ElementType.Int32 && positions.Shape == Pooled(results) && numbers == positions.Shape
            ? null
            : $"positions must be Int32 {Pooled(results)}, got {positions.Type} {positions.Shape} for numbers {numbers}";
    }

    /// <summary>Why images, with zeros around them, or results are too large for positions; null if they are not.</summary>
    public static string? SizeProblem(Shape results, Shape weights)
    {
        long size = (long)results[-3] * results[-2] * results[-1];
        long seen = (results[-3] + weights[-4] - 1L) * (results[-2] + weights[-3] - 1L) * weights[-2];
        return Math.Max(size, seen) < Largest
            ? null
            : $"images of results {results}, or these, have {Largest} or more numbers each: use Convolve, and MaxPool, by themselves";
    }
}
