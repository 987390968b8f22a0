using Engine.Kernels;
using Engine.Kernels.Functions;

namespace Engine.Core.Operations;

/// <summary>What makes keys from keys, see <see cref="Key"/>. There are no derivatives.</summary>
internal abstract record KeyOperation : Operation
{
    /// <inheritdoc/>
    public sealed override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => new Tensor?[x.Length];

    /// <summary>Has the device derive keys.</summary>
    private protected static void Derive(Tensor y, Tensor keys, uint kind, int first, int each, Tensor? numbers = null)
        => y.Device.DeriveKeys(
            y.Count / RandomKey.Words,
            new(y.Buffer.Write<int>(), keys.Buffer.Read<int>(), kind, first, each, numbers?.Buffer.Read<int>() ?? default));

    /// <summary>The axes of keys.</summary>
    /// <exception cref="ArgumentException">These are no keys.</exception>
    internal static Shape KeysOf(Tensor words, Func<string, ArgumentException> error)
        => words is { Type: ElementType.Int32, Rank: > 0 } && words.Shape[-1] == RandomKey.Words
            ? words.Shape.Sizes[..^1].ToArray()
            : throw error($"the words of keys are Int32 [..., {RandomKey.Words}], got {words.Type} {words.Shape}: see Key.Of");
}

/// <summary>Folds a number into keys, [..., 4].</summary>
internal sealed record FoldKey(int Number) : KeyOperation
{
    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x) => (ElementType.Int32, [.. KeysOf(x[0], Error), RandomKey.Words]);

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
        => Derive(y, x[0], RandomKey.Folds, Number, 1);

    /// <inheritdoc/>
    protected override Tensor Batched(BatchedInputs x) => Apply(x[0]);
}

/// <summary>Folds numbers, Int32 [...], into keys, [..., 4].</summary>
internal sealed record FoldKeyBy : KeyOperation
{
    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
        => KeysOf(x[0], Error) is var shape && x[1].Type == ElementType.Int32 && x[1].Shape == shape
            ? (ElementType.Int32, x[0].Shape)
            : throw Error($"numbers folded into keys {KeysOf(x[0], Error)} are Int32 of that shape, got {x[1].Type} {x[1].Shape}");

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
        => Derive(y, x[0], RandomKey.Folds, 0, 1, x[1]);

    /// <inheritdoc/>
    protected override Tensor Batched(BatchedInputs x) => Apply(x.Whole(0), x.Whole(1));
}

/// <summary>Folds consecutive numbers into each key, [..., 4] to [..., count, 4].</summary>
internal sealed record FoldKeyRange(int First, int KeyCount) : KeyOperation
{
    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
        => (ElementType.Int32, [.. KeysOf(x[0], Error), KeyCount, RandomKey.Words]);

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
        => Derive(y, x[0], RandomKey.Folds, First, KeyCount);

    /// <inheritdoc/>
    protected override Tensor Batched(BatchedInputs x) => Apply(x[0]);
}

/// <summary>Makes several keys of each, [..., 4] to [..., count, 4].</summary>
internal sealed record SplitKey(int KeyCount) : KeyOperation
{
    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
        => (ElementType.Int32, [.. KeysOf(x[0], Error), KeyCount, RandomKey.Words]);

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
        => Derive(y, x[0], RandomKey.Splits, 0, KeyCount);

    /// <inheritdoc/>
    protected override Tensor Batched(BatchedInputs x) => Apply(x[0]);
}
