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
    protected sealed override Tensor Batched(BatchedInputs x) => (this with { Axis = Axis + 1 }).Apply(x.Whole(0), x.Whole(1));

    /// <inheritdoc/>
    protected sealed override (ElementType Type, Shape Shape) Infer(Tensor[] x)
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

/// <summary>y[t] = b[t] + a[t] y[t + 1], with zero behind the last; inputs are a and b. The last a does not matter.</summary>
/// <param name="Axis">The axis, from 0 up.</param>
internal sealed record ReverseScan(int Axis = 0) : LinearScan(Axis)
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x)
    {
        var adjoint = new ForwardScan(Axis).Apply(x[0], g);
        return [adjoint * Later(y), adjoint];
    }

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
    {
        int length = y.Shape[Axis], columns = y.Shape.Inner(Axis), count = y.Count / length;
        var (device, to, a, b) = (y.Device, y.Buffer, x[0].Buffer, x[1].Buffer);
        if (y.Type == ElementType.Float32)
            device.For(count, new ReverseScanBody<float>(to.Write<float>(), a.Read<float>(), b.Read<float>(), length, columns), Grain);
        else
            device.For(count, new ReverseScanBody<double>(to.Write<double>(), a.Read<double>(), b.Read<double>(), length, columns), Grain);
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
        int length = y.Shape[Axis], columns = y.Shape.Inner(Axis), count = y.Count / length;
        var (device, to, a, b) = (y.Device, y.Buffer, x[0].Buffer, x[1].Buffer);
        if (y.Type == ElementType.Float32)
            device.For(count, new ForwardScanBody<float>(to.Write<float>(), a.Read<float>(), b.Read<float>(), length, columns), Grain);
        else
            device.For(count, new ForwardScanBody<double>(to.Write<double>(), a.Read<double>(), b.Read<double>(), length, columns), Grain);
    }
}
