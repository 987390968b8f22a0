using Engine.Kernels;
using Engine.Kernels.Bodies;
using Engine.Kernels.Functions;

namespace Engine.Core.Operations;

/// <summary>
/// Random numbers keyed by (seed, purpose, iteration, replicate, step): the same key gives the same numbers on every device and
/// however replicates are split over calls. The input is a tensor of streams; numbers have no derivative.
/// </summary>
/// <param name="Purpose">What the numbers are for.</param>
/// <param name="Step">A number within an iteration.</param>
/// <param name="Sizes">The shape of the result; its first axis is that of the streams.</param>
/// <param name="Type">The element type of the result.</param>
public abstract record Draw(uint Purpose, int Step, Shape Sizes, ElementType Type) : Operation
{
    /// <inheritdoc/>
    public sealed override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [null];

    /// <inheritdoc/>
    protected sealed override Tensor Batched(BatchedInputs x)
        => x.Unfold((this with { Sizes = Sizes.With(0, x.Members * Sizes[0]) }).Apply(x.Folded(0)));

    /// <inheritdoc/>
    protected sealed override (ElementType Type, Shape Shape) Infer(Tensor[] x)
    {
        if (Problem is { } problem)
            throw Error(problem);
        return x[0] is { Type: ElementType.Int32, Rank: 2 } streams && streams.Shape[1] == 3
                && Sizes.Rank > 0 && Sizes[0] == streams.Shape[0]
            ? (Type, Sizes)
            : throw Error(
                $"{Sizes} needs streams of Int32 [{(Sizes.Rank > 0 ? Sizes[0] : 1)}, 3] (seed, iteration, replicate), "
                + $"got {x[0].Type} {x[0].Shape}");
    }

    /// <summary>What is wrong with the distribution, for an error; null if nothing is.</summary>
    private protected abstract string? Problem { get; }

    /// <summary>Numbers of each row.</summary>
    private protected int Columns => Sizes[0] == 0 ? 0 : Sizes.ElementCount / Sizes[0];
}

/// <summary>Random floating-point numbers.</summary>
/// <typeparam name="TDistribution">Turns uniform numbers into those wanted.</typeparam>
/// <inheritdoc/>
public abstract record Draw<TDistribution>(uint Purpose, int Step, Shape Sizes, ElementType Type) : Draw(Purpose, Step, Sizes, Type)
    where TDistribution : struct, IDistribution
{
    /// <summary>The distribution with its constants.</summary>
    protected abstract TDistribution Distribution { get; }

    /// <summary>What is wrong with the distribution's constants, for an error; null if nothing is.</summary>
    protected virtual string? ProblemOfConstants => null;

    /// <summary>Whether the result's type holds the number as a finite one.</summary>
    protected bool IsFinite(double number) => double.IsFinite(Type == ElementType.Float32 ? (float)number : number);

    /// <summary>What is wrong with a deviation, or null.</summary>
    private protected string? ProblemOfDeviation(double deviation)
        => deviation >= 0 && IsFinite(deviation) ? null : $"deviation {deviation} is not a finite number of {Type} from 0 up";

    private protected sealed override string? Problem
        => Type.IsFloat() ? ProblemOfConstants : "draws Float32 or Float64, not Int32: use DrawIntegers";

    /// <inheritdoc/>
    protected sealed override void Compute(Tensor y, Tensor[] x)
        => y.Device.Random(Type, Distribution, new RandomShape(Sizes[0], Columns, Purpose, (uint)Step), y.Buffer, x[0].Buffer);
}

/// <summary>Uniform numbers between two finite bounds, the lower one first.</summary>
public sealed record DrawUniform(double Low, double High, uint Purpose, int Step, Shape Sizes, ElementType Type)
    : Draw<UniformDistribution>(Purpose, Step, Sizes, Type)
{
    /// <inheritdoc/>
    protected override UniformDistribution Distribution => new(Low, High);

    /// <inheritdoc/>
    protected override string? ProblemOfConstants
        => Low <= High && IsFinite(Low) && IsFinite(High) && IsFinite(High - Low)
            ? null
            : $"bounds {Low} and {High} must be finite in {Type}, in order, and a finite distance apart";
}

/// <summary>Normal numbers, of a finite mean and a finite deviation that is not negative.</summary>
public sealed record DrawNormal(double Mean, double Deviation, uint Purpose, int Step, Shape Sizes, ElementType Type)
    : Draw<NormalDistribution>(Purpose, Step, Sizes, Type)
{
    /// <inheritdoc/>
    protected override NormalDistribution Distribution => new(Mean, Deviation);

    /// <inheritdoc/>
    protected override string? ProblemOfConstants
        => ProblemOfDeviation(Deviation) ?? (IsFinite(Mean) ? null : $"mean {Mean} is not finite in {Type}");
}

/// <summary>Standard normal numbers, those beyond 2 drawn anew, times a factor.</summary>
public sealed record DrawTruncatedNormal(double Deviation, uint Purpose, int Step, Shape Sizes, ElementType Type)
    : Draw<TruncatedNormalDistribution>(Purpose, Step, Sizes, Type)
{
    /// <inheritdoc/>
    protected override TruncatedNormalDistribution Distribution => new(0, Deviation);

    /// <inheritdoc/>
    protected override string? ProblemOfConstants => ProblemOfDeviation(Deviation);
}

/// <summary>Gumbel numbers: the largest of logits plus these is a draw from their softmax.</summary>
public sealed record DrawGumbel(uint Purpose, int Step, Shape Sizes, ElementType Type)
    : Draw<GumbelDistribution>(Purpose, Step, Sizes, Type)
{
    /// <inheritdoc/>
    protected override GumbelDistribution Distribution => default;
}

/// <summary>
/// Int32 integers from Low up to, not including, High, which is above Low; their probabilities differ by a factor of 1 + 2^-32 at most.
/// </summary>
public sealed record DrawIntegers(int Low, int High, uint Purpose, int Step, Shape Sizes)
    : Draw(Purpose, Step, Sizes, ElementType.Int32)
{
    // Blocks worth another thread.
    private const int Grain = 2048;

    private protected override string? Problem => Low < High ? null : $"there is no integer from {Low} up to, not including, {High}";

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
    {
        int blocks = (int)((Columns + 3L) / 4);
        var (to, streams) = (y.Buffer.Write<int>(), x[0].Buffer.Read<int>());
        y.Device.For(
            checked(Sizes[0] * blocks), new IntegersBody(Low, High - Low, Columns, blocks, (int)Purpose, Step, to, streams), Grain);
    }
}
