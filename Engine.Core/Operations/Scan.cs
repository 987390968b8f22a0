using Engine.Kernels;
using Engine.Kernels.Bodies;

namespace Engine.Core.Operations;

/// <summary>
/// A linear recurrence along the first axis. The inputs are factors a and addends b of one shape, [length, ...]. The two directions
/// are each other's adjoints.
/// </summary>
public abstract record LinearScan : Operation
{
    // Columns worth another thread.
    private protected const int Grain = 64;

    /// <inheritdoc/>
    protected sealed override Tensor Batched(BatchedInputs x)
        => BatchedInputs.Move(Apply(BatchedInputs.Move(x.Whole(0), 0, 1), BatchedInputs.Move(x.Whole(1), 0, 1)), 0, 1);

    /// <inheritdoc/>
    protected sealed override (ElementType Type, Shape Shape) Infer(Tensor[] x)
    {
        if (x[0].Shape != x[1].Shape)
            throw Error($"factors {x[0].Shape} and addends {x[1].Shape} differ in shape");
        return x[0].Rank > 0 && x[0].Shape[0] > 0
            ? (SameFloatType(x), x[0].Shape)
            : throw Error($"needs a first axis of size 1 or more to run along, got {x[0].Shape}");
    }

    /// <summary>Each moment's value one moment earlier; zeros at the last.</summary>
    private protected static Tensor Later(Tensor x)
        => x.Narrow(0, 1, x.Shape[0] - 1).Pad(new int[x.Rank], (int[])[1, .. new int[x.Rank - 1]]);
}

/// <summary>y[t] = b[t] + a[t] y[t + 1], with zero behind the last; inputs are a and b. The last a does not matter.</summary>
public sealed record ReverseScan : LinearScan
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x)
    {
        var adjoint = new ForwardScan().Apply(x[0], g);
        return [adjoint * Later(y), adjoint];
    }

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
    {
        int length = y.Shape[0], count = y.Count / length;
        var (device, to, a, b) = (y.Device, y.Buffer, x[0].Buffer, x[1].Buffer);
        if (y.Type == ElementType.Float32)
            device.For(count, new ReverseScanBody<float>(to.Write<float>(), a.Read<float>(), b.Read<float>(), length, count), Grain);
        else
            device.For(count, new ReverseScanBody<double>(to.Write<double>(), a.Read<double>(), b.Read<double>(), length, count), Grain);
    }
}

/// <summary>y[t] = b[t] + a[t - 1] y[t - 1], with zero before the first; inputs are a and b. The last a does not matter.</summary>
public sealed record ForwardScan : LinearScan
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x)
    {
        var adjoint = new ReverseScan().Apply(x[0], g);
        return [Later(adjoint) * y, adjoint];
    }

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
    {
        int length = y.Shape[0], count = y.Count / length;
        var (device, to, a, b) = (y.Device, y.Buffer, x[0].Buffer, x[1].Buffer);
        if (y.Type == ElementType.Float32)
            device.For(count, new ForwardScanBody<float>(to.Write<float>(), a.Read<float>(), b.Read<float>(), length, count), Grain);
        else
            device.For(count, new ForwardScanBody<double>(to.Write<double>(), a.Read<double>(), b.Read<double>(), length, count), Grain);
    }
}
