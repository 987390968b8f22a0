using Engine.Kernels;
using Engine.Kernels.Functions;

namespace Engine.Core.Operations;

/// <summary>
/// Random numbers keyed by (seed, purpose, iteration, replicate, step): the same key gives the same numbers on every device and
/// however replicates are split over calls. The input is a tensor of streams; numbers have no derivative.
/// </summary>
/// <typeparam name="TDistribution">Turns uniform numbers into those wanted.</typeparam>
/// <param name="Purpose">What the numbers are for.</param>
/// <param name="Step">A number within an iteration.</param>
/// <param name="Sizes">The shape of the result; its first axis is that of the streams.</param>
/// <param name="Type">The element type of the result.</param>
public abstract record Draw<TDistribution>(uint Purpose, int Step, Shape Sizes, ElementType Type) : Operation
    where TDistribution : struct, IDistribution
{
    /// <summary>The distribution with its constants.</summary>
    protected abstract TDistribution Distribution { get; }

    /// <inheritdoc/>
    public sealed override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [null];

    /// <inheritdoc/>
    protected sealed override (ElementType Type, Shape Shape) Infer(Tensor[] x)
        => x[0] is { Type: ElementType.Int32, Rank: 2 } streams && streams.Shape[1] == 3 && Sizes.Rank > 0 && Sizes[0] == streams.Shape[0]
            ? (Type, Sizes)
            : throw Error(
                $"{Sizes} needs streams of Int32 [{(Sizes.Rank > 0 ? Sizes[0] : 1)}, 3] (seed, iteration, replicate), "
                + $"got {x[0].Type} {x[0].Shape}");

    /// <inheritdoc/>
    protected sealed override void Compute(Tensor y, Tensor[] x)
    {
        int rows = Sizes[0];
        y.Device.Random(
            Type, Distribution, new RandomShape(rows, rows == 0 ? 0 : y.Count / rows, Purpose, (uint)Step), y.Buffer, x[0].Buffer);
    }
}

/// <summary>Uniform numbers between two bounds.</summary>
public sealed record DrawUniform(double Low, double High, uint Purpose, int Step, Shape Sizes, ElementType Type)
    : Draw<UniformDistribution>(Purpose, Step, Sizes, Type)
{
    /// <inheritdoc/>
    protected override UniformDistribution Distribution => new(Low, High);
}

/// <summary>Normal numbers.</summary>
public sealed record DrawNormal(double Mean, double Deviation, uint Purpose, int Step, Shape Sizes, ElementType Type)
    : Draw<NormalDistribution>(Purpose, Step, Sizes, Type)
{
    /// <inheritdoc/>
    protected override NormalDistribution Distribution => new(Mean, Deviation);
}

/// <summary>Standard normal numbers, those beyond 2 drawn anew, times a factor.</summary>
public sealed record DrawTruncatedNormal(double Deviation, uint Purpose, int Step, Shape Sizes, ElementType Type)
    : Draw<TruncatedNormalDistribution>(Purpose, Step, Sizes, Type)
{
    /// <inheritdoc/>
    protected override TruncatedNormalDistribution Distribution => new(0, Deviation);
}

/// <summary>Gumbel numbers: the largest of logits plus these is a draw from their softmax.</summary>
public sealed record DrawGumbel(uint Purpose, int Step, Shape Sizes, ElementType Type)
    : Draw<GumbelDistribution>(Purpose, Step, Sizes, Type)
{
    /// <inheritdoc/>
    protected override GumbelDistribution Distribution => default;
}

/// <summary>Integers from Low up to, not including, High.</summary>
public sealed record DrawIntegers(int Low, int High, uint Purpose, int Step, Shape Sizes)
    : Draw<IntegersDistribution>(Purpose, Step, Sizes, ElementType.Int32)
{
    /// <inheritdoc/>
    protected override IntegersDistribution Distribution => new(Low, High);
}
