using Engine.Kernels;
using Engine.Kernels.Bodies;

namespace Engine.Core.Operations;

/// <summary>
/// A linear recurrence along an axis. The inputs are factors a and addends b of one shape. The two directions are each other's adjoints.
/// </summary>
/// <param name="Axis">The axis, from 0 up.</param>
internal abstract record LinearScan(int Axis) : Operation
{
    // Columns worth another thread.
    private protected const int Grain = 64;

    /// <inheritdoc/>
    protected sealed override Tensor Batched(BatchedInputs x)
        => (this with { Axis = Axis + 1 }).Apply([.. Enumerable.Range(0, x.Count).Select(x.Whole)]);

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
    {
        if (x[0].Shape != x[1].Shape)
            throw Error($"factors {x[0].Shape} and addends {x[1].Shape} differ in shape");
        return x[0].Rank > Axis && x[0].Shape[Axis] > 0
            ? (SameFloatType(x), x[0].Shape)
            : throw Error($"needs an axis {Axis} of size 1 or more to run along, got {x[0].Shape}");
    }

    /// <summary>Each moment's value one moment earlier; zeros at the last.</summary>
    private protected Tensor Later(Tensor x)
    {
        var after = new int[x.Rank];
        after[Axis] = 1;
        return x.Narrow(Axis, 1, x.Shape[Axis] - 1).Pad(new int[x.Rank], after);
    }
}

/// <summary>
/// y[t] = b[t] + a[t] y[t + 1]; inputs are a, b, and perhaps what is behind the last, without the axis. That is zero otherwise, and the
/// last a does not matter.
/// </summary>
/// <param name="Axis">The axis, from 0 up.</param>
internal sealed record ReverseScan(int Axis = 0) : LinearScan(Axis)
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x)
    {
        int last = y.Shape[Axis] - 1;
        var adjoint = new ForwardScan(Axis).Apply(x[0], g);
        if (x.Length == 2)
            return [adjoint * Later(y), adjoint];
        var later = Tensor.Concatenate(Axis, y.Narrow(Axis, 1, last), x[2].Unsqueeze(Axis));
        return [adjoint * later, adjoint, (x[0].Narrow(Axis, last, 1) * adjoint.Narrow(Axis, last, 1)).ReshapeTo(x[2].Shape)];
    }

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
    {
        var result = base.Infer(x);
        Shape behind = [.. result.Shape.Sizes[..Axis], .. result.Shape.Sizes[(Axis + 1)..]];
        return x.Length == 2 || x[2].Shape == behind
            ? result
            : throw Error($"what is behind the last of {result.Shape} along axis {Axis} is {behind}, got {x[2].Shape}");
    }

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
    {
        if (y.Type == ElementType.Float32)
            Run<float>();
        else
            Run<double>();

        void Run<T>()
            where T : unmanaged, System.Numerics.INumber<T>
        {
            int length = y.Shape[Axis], columns = y.Shape.Inner(Axis);
            View<T> to = y.Buffer.Write<T>(), a = x[0].Buffer.Read<T>(), b = x[1].Buffer.Read<T>();
            var behind = x.Length > 2 ? x[2].Buffer.Read<T>() : default;
            y.Device.For(y.Count / length, new ReverseScanBody<T>(to, a, b, behind, length, columns), Grain, y.Shape.Outer(Axis));
        }
    }
}

/// <summary>y[t] = b[t] + a[t - 1] y[t - 1], with zero before the first; inputs are a and b. The last a does not matter.</summary>
/// <param name="Axis">The axis, from 0 up.</param>
internal sealed record ForwardScan(int Axis = 0) : LinearScan(Axis)
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x)
    {
        var adjoint = new ReverseScan(Axis).Apply(x[0], g);
        return [Later(adjoint) * y, adjoint];
    }

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
    {
        if (y.Type == ElementType.Float32)
            Run<float>();
        else
            Run<double>();

        void Run<T>()
            where T : unmanaged, System.Numerics.INumber<T>
        {
            int length = y.Shape[Axis], columns = y.Shape.Inner(Axis);
            View<T> to = y.Buffer.Write<T>(), a = x[0].Buffer.Read<T>(), b = x[1].Buffer.Read<T>();
            y.Device.For(y.Count / length, new ForwardScanBody<T>(to, a, b, length, columns), Grain, y.Shape.Outer(Axis));
        }
    }
}
