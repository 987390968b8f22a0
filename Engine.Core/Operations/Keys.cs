using Engine.Kernels;
using Engine.Kernels.Bodies;
using Engine.Kernels.Functions;

namespace Engine.Core.Operations;

/// <summary>What makes keys from keys, see <see cref="Key"/>. There are no derivatives.</summary>
internal abstract record KeyOperation : Operation
{
    // Keys worth another thread.
    private protected const int Grain = 1024;

    /// <inheritdoc/>
    public sealed override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => new Tensor?[x.Length];

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
    {
        var body = new DeriveKeysBody(y.Buffer.Write<int>(), x[0].Buffer.Read<int>(), RandomKey.Folds, Number, 1);
        y.Device.For(y.Count / RandomKey.Words, body, Grain);
    }

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
    {
        var body = new FoldNumbersBody(y.Buffer.Write<int>(), x[0].Buffer.Read<int>(), x[1].Buffer.Read<int>());
        y.Device.For(y.Count / RandomKey.Words, body, Grain);
    }

    /// <inheritdoc/>
    protected override Tensor Batched(BatchedInputs x) => Apply(x.Whole(0), x.Whole(1));
}

/// <summary>Makes several keys of each, [..., 4] to [..., count, 4].</summary>
internal sealed record SplitKey(int KeyCount) : KeyOperation
{
    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
        => (ElementType.Int32, [.. KeysOf(x[0], Error), KeyCount, RandomKey.Words]);

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
    {
        var body = new DeriveKeysBody(y.Buffer.Write<int>(), x[0].Buffer.Read<int>(), RandomKey.Splits, 0, KeyCount);
        y.Device.For(y.Count / RandomKey.Words, body, Grain);
    }

    /// <inheritdoc/>
    protected override Tensor Batched(BatchedInputs x) => Apply(x[0]);
}
