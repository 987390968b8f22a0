using Engine.Kernels;
using Engine.Kernels.Functions;

namespace Engine.Core.Operations;

/// <summary>A function of one number, element by element.</summary>
/// <typeparam name="TFunction">The function.</typeparam>
public abstract record Unary<TFunction> : Operation
    where TFunction : struct, IUnary
{
    /// <summary>The function with its constants.</summary>
    protected virtual TFunction Function => default;

    /// <summary>Whether the function maps integers to integers, and so applies to Int32.</summary>
    protected virtual bool MapsIntegers => false;

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x) => (MapsIntegers ? SameType(x) : SameFloatType(x), x[0].Shape);

    /// <inheritdoc/>
    protected sealed override Tensor Batched(BatchedInputs x) => Apply(x[0]);

    /// <inheritdoc/>
    protected sealed override void Compute(Tensor y, Tensor[] x)
    {
        int[] strides = y.Shape.Strides();
        y.Device.Map(y.Type, Function, Loops.Of(y.Shape.Sizes, strides, strides), y.Buffer, x[0].Buffer);
    }
}

/// <summary>A function of two numbers, element by element; shapes broadcast.</summary>
/// <typeparam name="TFunction">The function.</typeparam>
public abstract record Binary<TFunction> : Operation
    where TFunction : struct, IBinary
{
    /// <summary>The function with its constants.</summary>
    protected virtual TFunction Function => default;

    /// <summary>Whether the function maps integers to integers, and so applies to Int32.</summary>
    protected virtual bool MapsIntegers => true;

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
        => (MapsIntegers ? SameType(x) : SameFloatType(x), Broadcasting.Common(this, x));

    /// <inheritdoc/>
    protected sealed override Tensor Batched(BatchedInputs x) => Apply(x.Aligned());

    /// <inheritdoc/>
    protected sealed override void Compute(Tensor y, Tensor[] x)
        => y.Device.Map(y.Type, Function, Broadcasting.Loops(y, x), y.Buffer, x[0].Buffer, x[1].Buffer);
}

/// <summary>A function of three numbers, element by element; shapes broadcast.</summary>
/// <typeparam name="TFunction">The function.</typeparam>
public abstract record Ternary<TFunction> : Operation
    where TFunction : struct, ITernary
{
    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x) => (SameType(x), Broadcasting.Common(this, x));

    /// <inheritdoc/>
    protected sealed override Tensor Batched(BatchedInputs x) => Apply(x.Aligned());

    /// <inheritdoc/>
    protected sealed override void Compute(Tensor y, Tensor[] x)
        => y.Device.Map(y.Type, default(TFunction), Broadcasting.Loops(y, x), y.Buffer, x[0].Buffer, x[1].Buffer, x[2].Buffer);
}

internal static class Broadcasting
{
    public static Shape Common(Primitive operation, Tensor[] x)
    {
        var common = x[0].Shape;
        foreach (var input in x.AsSpan(1))
        {
            common = Shape.Broadcast(common, input.Shape)
                ?? throw new ArgumentException(
                    $"{operation.Name}: shapes {string.Join(" and ", x.Select(each => each.Shape))} do not broadcast: "
                    + "matched from the last axis, sizes must be equal or 1");
        }

        return common;
    }

    public static Loops Loops(Tensor y, Tensor[] x)
        => Kernels.Loops.Of(y.Shape.Sizes, [y.Shape.Strides(), .. x.Select(input => input.Shape.StridesIn(y.Shape))]);
}
