using Engine.Kernels;

namespace Engine.Core.Operations;

/// <summary>
/// Convolution, a bias for each channel [channels out], max(x, 0) and a 2 x 2 max-pool in one pass. Results are
/// [batch, height out / 2, width out / 2, channels out]: the pooled numbers, and Int32 positions in the convolution's results from which
/// they come, -1 where they are 0 or NaN. Derivatives go through these.
/// </summary>
/// <remarks>Where images and weights have an axis of members in front, the bias is [members, channels out].</remarks>
/// <param name="Padding">What is outside the images.</param>
internal sealed record ConvolutionReluPool(Padding Padding) : Primitive
{
    /// <inheritdoc/>
    public override Tensor?[] VjpAll(Tensor?[] g, Tensor[] y, Tensor[] x, bool[] wanted) =>
    [
        wanted[0] ? new PooledConvolutionInputGradient(Padding, x[0].Shape[-3], x[0].Shape[-2]).Apply(g[0]!, x[1], y[1]) : null,
        wanted[1] ? new PooledConvolutionWeightGradient(Padding, x[1].Shape[-4], x[1].Shape[-3]).Apply(x[0], g[0]!, y[1]) : null,
        wanted[2] ? new Gate().Apply(g[0]!, y[0]).Sum(-4, -3, -2) : null,
    ];

    /// <inheritdoc/>
    protected override Tensor[] BatchedAll(BatchedInputs x)
        => x.IsOwn(1) || x.IsOwn(2)
            ? Grouped.Apply(this, x)
            : [.. ApplyAll(Images.Fold(x[0]), x[1], x[2]).Select(y => Images.Unfold(y, x.Members))];

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape)[] InferAll(Tensor[] x)
    {
        var type = SameFloatType(x);
        var shape = Windows.Result(Padding, x[0].Shape, x[1].Shape, out string? problem) ?? throw Error(problem!);
        Shape bias = [.. shape.Sizes[..^4], shape[-1]];
        if (x[2].Shape != bias)
            throw Error($"a bias of shape {x[2].Shape} is not {bias}, one number for each channel of weights {x[1].Shape}");
        if (PoolPositions.SizeProblem(shape, x[1].Shape) is { } large)
            throw Error(large);
        var pooled = PoolPositions.Pooled(shape);
        return [(type, pooled), (ElementType.Int32, pooled)];
    }

    /// <inheritdoc/>
    protected override void ComputeAll(Tensor[] y, Tensor[] x)
        => y[0].Device.ConvolveReluPool(
            y[0].Type, Windows.Of(Padding, x[0].Shape, x[1].Shape), y[0].Buffer, y[1].Buffer, x[0].Buffer, x[1].Buffer, x[2].Buffer);
}
