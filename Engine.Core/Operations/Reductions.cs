using Engine.Kernels;
using Engine.Kernels.Functions;

namespace Engine.Core.Operations;

/// <summary>A combination of all elements along some axes, which stay with size 1.</summary>
/// <typeparam name="TReducer">The combination.</typeparam>
/// <param name="Axes">The axes, from 0 up.</param>
public abstract record Reduction<TReducer>(IntegerList Axes) : Operation
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
public sealed record Sum(IntegerList Axes) : Reduction<SumReducer>(Axes)
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [g];
}

/// <summary>The largest element along axes; equal ones share the derivative.</summary>
/// <param name="Axes">The axes, from 0 up.</param>
public sealed record Max(IntegerList Axes) : Reduction<MaxReducer>(Axes)
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x)
    {
        var largest = new Equal().Apply(x[0], y);
        return [g * (largest / new Sum(Axes).Apply(largest))];
    }

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
    {
        foreach (int axis in Axes)
        {
            if (x[0].Shape[axis] == 0)
                throw Error($"axis {axis} of {x[0].Shape} is empty, so there is no largest element");
        }

        return base.Infer(x);
    }
}
