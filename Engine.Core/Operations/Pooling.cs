using Engine.Kernels;
using Engine.Kernels.Bodies;

namespace Engine.Core.Operations;

/// <summary>
/// Where the largest number of each channel is in each square window of images [batch, height, width, channels], the first of equal
/// ones, or the first NaN: Int32 positions in the image [height, width, channels]. Windows lie side by side; rows and columns that fill
/// none are left out. It has no derivative.
/// </summary>
/// <param name="Size">Rows and columns of a window, and the stride.</param>
internal sealed record PoolIndex(int Size) : Operation
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [null];

    /// <inheritdoc/>
    protected override Tensor Batched(BatchedInputs x) => x.Unfold(Apply(x.Folded(0)));

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
        => x[0].Rank == 4 && Size >= 1
            ? (ElementType.Int32, x[0].Shape.With(1, x[0].Shape[1] / Size).With(2, x[0].Shape[2] / Size))
            : throw Error($"images {x[0].Shape} must be [batch, height, width, channels], and the size of windows, {Size}, at least 1");

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
    {
        switch (x[0].Type)
        {
            case ElementType.Float32: Compute<float>(y, x[0]); break;
            case ElementType.Float64: Compute<double>(y, x[0]); break;
            default: Compute<int>(y, x[0]); break;
        }
    }

    private void Compute<T>(Tensor y, Tensor x)
        where T : unmanaged, System.Numerics.INumber<T>
    {
        if (y.Count == 0)
            return;
        var body = new PoolIndexBody<T>(y.Buffer.Write<int>(), x.Buffer.Read<T>(), x.Shape[1], x.Shape[2], x.Shape[3], Size);
        y.Device.For(y.Count / x.Shape[3], body, Pool.Grain(x.Shape[3]), x.Shape[0]);
    }
}

/// <summary>
/// Numbers of images [batch, height, width, channels] by Int32 positions in each image, as <see cref="PoolIndex"/> gives them; zero
/// where a position is negative, or outside the image.
/// </summary>
internal sealed record PoolGather : Operation
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [new PoolScatter(x[0].Shape).Apply(g, x[1]), null];

    /// <inheritdoc/>
    protected override Tensor Batched(BatchedInputs x) => x.Unfold(Apply(x.Folded(0), x.Folded(1)));

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
        => Pool.Fits(x[0].Shape, x[1])
            ? (x[0].Type, x[1].Shape)
            : throw Error($"positions in images {x[0].Shape} must be Int32 of rank 4 and the same batch, got {x[1].Type} {x[1].Shape}");

    /// <inheritdoc/>
    protected override void CheckValues(Tensor[] x) => Indices.Require(Name, x[1], x[0].Shape.Inner(0), allowNegative: true);

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
    {
        if (y.Count == 0)
            return;
        var (imageSize, runs, inner) = Pool.Layout(x[0].Shape, y.Shape);
        int count = y.Count / inner, grain = Pool.Grain(inner);
        var positions = x[1].Buffer.Read<int>();
        if (y.Type == ElementType.Float64)
            y.Device.For(count, Body<double>(), grain, y.Shape[0]);
        else
            y.Device.For(count, Body<int>(), grain, y.Shape[0]);

        PoolGatherBody<T> Body<T>()
            where T : unmanaged
            => new(y.Buffer.Write<T>(), x[0].Buffer.Read<T>(), positions, imageSize, runs, inner);
    }
}

/// <summary>
/// Zeros, with the numbers of the first input at the Int32 positions in each image that the second names: what undoes
/// <see cref="PoolGather"/>. Positions of an image are distinct, or negative or outside for numbers that go nowhere.
/// </summary>
/// <param name="Target">The shape of the result, [batch, height, width, channels].</param>
internal sealed record PoolScatter(Shape Target) : Operation
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [new PoolGather().Apply(g, x[1]), null];

    /// <inheritdoc/>
    protected override Tensor Batched(BatchedInputs x)
        => x.Unfold(new PoolScatter(Target.With(0, x.Members * Target[0])).Apply(x.Folded(0), x.Folded(1)));

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
        => Pool.Fits(Target, x[1]) && x[0].Shape == x[1].Shape
            ? (x[0].Type, Target)
            : throw Error($"positions of {x[0].Shape} in images {Target} must be Int32 {x[0].Shape}, got {x[1].Type} {x[1].Shape}");

    /// <inheritdoc/>
    protected override void CheckValues(Tensor[] x) => Indices.Require(Name, x[1], Target.Inner(0), allowNegative: true);

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
    {
        y.Device.Fill(y.Type, y.Buffer, 0);
        if (x[0].Count == 0)
            return;
        var (imageSize, runs, inner) = Pool.Layout(Target, x[0].Shape);
        int count = x[0].Count / inner, grain = Pool.Grain(inner);
        var positions = x[1].Buffer.Read<int>();
        if (y.Type == ElementType.Float64)
            y.Device.For(count, Body<double>(), grain);
        else
            y.Device.For(count, Body<int>(), grain);

        PoolScatterBody<T> Body<T>()
            where T : unmanaged
            => new(y.Buffer.Update<T>(), x[0].Buffer.Read<T>(), positions, imageSize, runs, inner);
    }
}

internal static class Pool
{
    public static bool Fits(Shape images, Tensor positions)
        => images.Rank == 4 && positions is { Type: ElementType.Int32, Rank: 4 } && positions.Shape[0] == images[0];

    public static (int ImageSize, int Runs, int Inner) Layout(Shape images, Shape pooled)
        => (images[1] * images[2] * images[3], pooled[1] * pooled[2], pooled[3]);

    // Pixels worth a thread.
    public static int Grain(int channels) => Math.Max(1, 8192 / channels);
}
