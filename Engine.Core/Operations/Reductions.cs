using Engine.Kernels;
using Engine.Kernels.Functions;

namespace Engine.Core.Operations;

/// <summary>A combination of all elements along some axes, which stay with size 1.</summary>
/// <typeparam name="TReducer">The combination.</typeparam>
/// <param name="Axes">The axes, from 0 up.</param>
internal abstract record Reduction<TReducer>(IntegerList Axes) : Operation
    where TReducer : struct, IReducer
{
    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
    {
        int[] sizes = [.. x[0].Shape];
        foreach (int axis in Axes)
            sizes[x[0].Shape.Axis(axis)] = 1;
        return (x[0].Type, sizes);
    }

    /// <inheritdoc/>
    protected sealed override Tensor Batched(BatchedInputs x) => (this with { Axes = [.. Axes.Select(axis => axis + 1)] }).Apply(x[0]);

    /// <inheritdoc/>
    protected sealed override void Compute(Tensor y, Tensor[] x)
    {
        int[] strides = x[0].Shape.Strides();
        int[] kept = [.. Enumerable.Range(0, x[0].Rank).Where(axis => !Axes.Contains(axis))];
        int[] along = [.. Axes];
        int[] results = y.Shape.Strides();
        y.Device.Reduce(
            y.Type,
            default(TReducer),
            Loops.Of(
                [.. kept.Select(axis => x[0].Shape[axis])],
                [.. kept.Select(axis => results[axis])],
                [.. kept.Select(axis => strides[axis])]),
            Loops.Of([.. along.Select(axis => x[0].Shape[axis])], [.. along.Select(axis => strides[axis])]),
            y.Buffer,
            x[0].Buffer);
    }
}

/// <summary>The sum along axes.</summary>
/// <param name="Axes">The axes, from 0 up.</param>
internal sealed record Sum(IntegerList Axes) : Reduction<SumReducer>(Axes)
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [g];
}

/// <summary>The product along axes.</summary>
/// <param name="Axes">The axes, from 0 up.</param>
internal sealed record Prod(IntegerList Axes) : Reduction<ProdReducer>(Axes)
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x)
    {
        if (x[0].Count == 0)
            return [null];

        // The product of all others: those before times those behind. A quotient would not do where an element is 0.
        int[] order = [.. Axes, .. Enumerable.Range(0, x[0].Rank).Except(Axes)];
        var moved = x[0].Permute(order);
        var (rows, sizes) = (moved.Reshape(Axes.Aggregate(1, (count, axis) => count * x[0].Shape[axis]), -1), moved.Shape);
        int last = rows.Shape[0] - 1;
        var one = Tensor.Ones([1, rows.Shape[1]], x[0].Type, x[0].Device);
        var rest = Tensor.Zeros([last, rows.Shape[1]], x[0].Type, x[0].Device);
        var before = new ForwardScan().Apply(rows, Tensor.Concatenate(0, one, rest));
        var behind = new ReverseScan().Apply(Tensor.Concatenate(0, rows.Narrow(0, 1, last), one), Tensor.Concatenate(0, rest, one));
        int[] back = [.. Enumerable.Range(0, order.Length).Select(axis => Array.IndexOf(order, axis))];
        return [g * (before * behind).ReshapeTo(sizes).Permute(back)];
    }
}

/// <summary>The largest or smallest element along axes; equal ones share the derivative.</summary>
/// <typeparam name="TReducer">The choice.</typeparam>
/// <param name="Axes">The axes, from 0 up.</param>
internal abstract record Extreme<TReducer>(IntegerList Axes) : Reduction<TReducer>(Axes)
    where TReducer : struct, IReducer
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x)
    {
        var chosen = new Equal().Apply(x[0], y);
        return [g * (chosen / new Sum(Axes).Apply(chosen))];
    }

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
    {
        foreach (int axis in Axes)
        {
            if (x[0].Shape[axis] == 0)
                throw Error($"axis {axis} of {x[0].Shape} is empty, so there is no such element");
        }

        return base.Infer(x);
    }
}

/// <summary>The largest element along axes.</summary>
/// <param name="Axes">The axes, from 0 up.</param>
internal sealed record Max(IntegerList Axes) : Extreme<MaxReducer>(Axes);

/// <summary>The smallest element along axes.</summary>
/// <param name="Axes">The axes, from 0 up.</param>
internal sealed record Min(IntegerList Axes) : Extreme<MinReducer>(Axes);
