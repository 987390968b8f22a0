using Engine.Kernels;
using Engine.Kernels.Bodies;
using Engine.Kernels.Functions;

namespace Engine.Core.Operations;

/// <summary>
/// Random numbers of the keys, Int32 [..., 4], that are the input, see <see cref="Key"/>: the same from the same key on every device and
/// however keys are split over calls. Numbers have no derivative.
/// </summary>
/// <param name="Sizes">The shape that is drawn from each key.</param>
/// <param name="Type">The element type of the result.</param>
internal abstract record Draw(Shape Sizes, ElementType Type) : Operation
{
    /// <inheritdoc/>
    public sealed override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [null];

    /// <inheritdoc/>
    protected sealed override Tensor Batched(BatchedInputs x) => Apply(x[0]);

    /// <inheritdoc/>
    protected sealed override (ElementType Type, Shape Shape) Infer(Tensor[] x)
        => Problem is { } problem ? throw Error(problem) : (Type, [.. KeyOperation.KeysOf(x[0], Error), .. Sizes]);

    /// <summary>What is wrong with the distribution, for an error; null if nothing is.</summary>
    private protected abstract string? Problem { get; }

    /// <summary>Numbers of each key.</summary>
    private protected int Columns => Sizes.ElementCount;
}

/// <summary>Random floating-point numbers.</summary>
/// <typeparam name="TDistribution">Turns uniform numbers into those wanted.</typeparam>
/// <inheritdoc/>
internal abstract record Draw<TDistribution>(Shape Sizes, ElementType Type) : Draw(Sizes, Type)
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
        => Type.IsFloat() ? ProblemOfConstants : "draws Float32 or Float64, not Int32: use Tensor.Integers";

    /// <inheritdoc/>
    protected sealed override void Compute(Tensor y, Tensor[] x)
        => y.Device.Random(Type, Distribution, x[0].Count / RandomKey.Words, Columns, y.Buffer, x[0].Buffer);
}

/// <summary>Uniform numbers between two finite bounds, the lower one first.</summary>
internal sealed record DrawUniform(double Low, double High, Shape Sizes, ElementType Type)
    : Draw<UniformDistribution>(Sizes, Type)
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
internal sealed record DrawNormal(double Mean, double Deviation, Shape Sizes, ElementType Type)
    : Draw<NormalDistribution>(Sizes, Type)
{
    /// <inheritdoc/>
    protected override NormalDistribution Distribution => new(Mean, Deviation);

    /// <inheritdoc/>
    protected override string? ProblemOfConstants
        => ProblemOfDeviation(Deviation) ?? (IsFinite(Mean) ? null : $"mean {Mean} is not finite in {Type}");
}

/// <summary>Standard normal numbers, those beyond 2 drawn anew, times a factor.</summary>
internal sealed record DrawTruncatedNormal(double Deviation, Shape Sizes, ElementType Type)
    : Draw<TruncatedNormalDistribution>(Sizes, Type)
{
    /// <inheritdoc/>
    protected override TruncatedNormalDistribution Distribution => new(0, Deviation);

    /// <inheritdoc/>
    protected override string? ProblemOfConstants => ProblemOfDeviation(Deviation);
}

/// <summary>Gumbel numbers: the largest of logits plus these is a draw from their softmax.</summary>
internal sealed record DrawGumbel(Shape Sizes, ElementType Type)
    : Draw<GumbelDistribution>(Sizes, Type)
{
    /// <inheritdoc/>
    protected override GumbelDistribution Distribution => default;
}

/// <summary>
/// Int32 integers from Low up to, not including, High, which is above Low; their probabilities differ by a factor of 1 + 2^-32 at most.
/// </summary>
internal sealed record DrawIntegers(int Low, int High, Shape Sizes)
    : Draw(Sizes, ElementType.Int32)
{
    // Blocks worth another thread.
    private const int Grain = 2048;

    private protected override string? Problem => Low < High ? null : $"there is no integer from {Low} up to, not including, {High}";

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
    {
        int blocks = (int)((Columns + 3L) / 4);
        var body = new IntegersBody(Low, High - Low, Columns, blocks, y.Buffer.Write<int>(), x[0].Buffer.Read<int>());
        int keys = x[0].Count / RandomKey.Words;
        y.Device.For(checked(keys * blocks), body, Grain, keys);
    }
}

/// <summary>
/// A choice for each row of logits, [keys, rows, choices], with probabilities softmax(logits): the second input are the keys. What
/// <see cref="DrawGumbel"/> adds is drawn as it is used.
/// </summary>
internal sealed record SampleChoices : Operation
{
    // Rows worth another thread.
    private const int Grain = 512;

    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [null, null];

    /// <inheritdoc/>
    protected override Tensor Batched(BatchedInputs x) => Apply(x.Whole(0), x.Whole(1));

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
        => x[0].Type.IsFloat()
            ? (ElementType.Int32, x[0].Shape.Sizes[..^1].ToArray())
            : throw Error($"logits are Float32 or Float64, got Int32 {x[0].Shape}");

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
    {
        if (x[0].Type == ElementType.Float32)
            Run<Uniform32, Scalar<Float32, float>, float>();
        else
            Run<Uniform64, Scalar<Float64, double>, double>();

        void Run<TUniform, V, T>()
            where TUniform : struct, IUniform<V>
            where V : struct, ILanes<V, T>
            where T : unmanaged, System.Numerics.INumber<T>
        {
            int rows = y.Count / Math.Max(1, x[1].Count / RandomKey.Words);
            var body = new SampleBody<TUniform, V, T>(
                y.Buffer.Write<int>(), x[0].Buffer.Read<T>(), x[1].Buffer.Read<int>(), rows, x[0].Shape[-1]);
            y.Device.For(y.Count, body, Grain, y.Count / Math.Max(1, rows));
        }
    }
}
