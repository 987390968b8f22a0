using Engine.Kernels;

namespace Engine.Core.Operations;

/// <summary>
/// Convolution, a bias for each channel [channels out], max(x, 0) and a 2 x 2 max-pool in one pass; the result is
/// [batch, height out / 2, width out / 2, channels out]. A fourth input, Int32 of the result's shape, is filled in on the way:
/// positions in the convolution's results from which the pooled numbers come, -1 where those are 0 or NaN. Derivatives go through them.
/// </summary>
/// <param name="Padding">What is outside the images.</param>
public sealed record ConvolutionReluPool(Padding Padding) : Operation
{
    /// <summary>Applies the operation with positions of its own.</summary>
    /// <param name="images">[batch, height, width, channels in].</param>
    /// <param name="weights">[kernel height, kernel width, channels in, channels out].</param>
    /// <param name="bias">[channels out].</param>
    /// <exception cref="ArgumentException">The inputs do not fit each other.</exception>
    public Tensor Fuse(Tensor images, Tensor weights, Tensor bias)
    {
        var (_, shape) = Check([images, weights, bias]);
        return Apply(images, weights, bias, Tensor.Allocate(images.Device, ElementType.Int32, PoolPositions.Pooled(shape), null, []));
    }

    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) =>
    [
        new PooledConvolutionInputGradient(Padding, x[0].Shape[1], x[0].Shape[2]).Apply(g, x[1], x[3]),
        new PooledConvolutionWeightGradient(Padding, x[1].Shape[0], x[1].Shape[1]).Apply(x[0], g, x[3]),
        new Gate().Apply(g, y),
        null,
    ];

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
    {
        var (type, shape) = Check(x[..3]);
        return PoolPositions.Problem(shape, x[1].Shape, x[3], x[3].Shape) is { } problem ? throw Error(problem) : (type, x[3].Shape);
    }

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
        => y.Device.ConvolveReluPool(
            y.Type, Windows.Of(Padding, x[0].Shape, x[1].Shape), y.Buffer, x[3].Buffer, x[0].Buffer, x[1].Buffer, x[2].Buffer);

    // Element type and shape of the convolution's results.
    private (ElementType Type, Shape Shape) Check(Tensor[] x)
    {
        var type = SameFloatType(x);
        var shape = Windows.Result(Padding, x[0].Shape, x[1].Shape, out string? problem) ?? throw Error(problem!);
        if (x[2].Rank != 1 || x[2].Count != shape[3])
            throw Error($"a bias of shape {x[2].Shape} is not [{shape[3]}], one number for each channel of weights {x[1].Shape}");
        return PoolPositions.SizeProblem(shape, x[1].Shape) is { } large ? throw Error(large) : (type, shape);
    }
}
