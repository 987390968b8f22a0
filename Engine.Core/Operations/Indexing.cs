using System.Numerics;
using Engine.Kernels;
using Engine.Kernels.Bodies;

namespace Engine.Core.Operations;

/// <summary>
/// The slices along an axis that a vector of Int32 names; the inputs are the tensor and the indices. An index out of range gives zeros.
/// </summary>
/// <param name="Axis">The axis, from 0 up.</param>
internal sealed record Take(int Axis) : Operation
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [new ScatterAdd(Axis, x[0].Shape[Axis]).Apply(g, x[1]), null];

    /// <inheritdoc/>
    protected override Tensor Batched(BatchedInputs x)
    {
        if (!x.IsOwn(1))
            return new Take(Axis + 1).Apply(x[0], x[1]);

        if (TensorScope.IsChecking)
            Indices.Require(Name, x[1].OfAllMembers(), x.Shape(0)[Axis]);

        // A row for each position of each member, or for each position if members share the tensor.
        var rows = BatchedInputs.Move(x[0], x.IsOwn(0) ? Axis + 1 : Axis, x.IsOwn(0) ? 1 : 0);
        var indices = x.IsOwn(0) ? Indices.OfMembers(x[1], x.Shape(0)[Axis]) : x[1];
        var taken = x.Unfold(new Take(0).Apply(x.IsOwn(0) ? BatchedInputs.Fold(rows) : rows, indices.Reshape(-1)));
        return BatchedInputs.Move(taken, 1, Axis + 1);
    }

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
        => x[1] is { Type: ElementType.Int32, Rank: 1 }
            ? (x[0].Type, x[0].Shape.With(Axis, x[1].Count))
            : throw Error($"indices must be a vector of Int32, got {x[1].Type} {x[1].Shape}");

    /// <inheritdoc/>
    protected override void CheckValues(Tensor[] x) => Indices.Require(Name, x[1], x[0].Shape[Axis]);

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
    {
        int size = x[0].Shape[Axis], inner = x[0].Shape.Inner(Axis);
        if (y.Type.Size() == 8)
            Run<long>();
        else
            Run<int>();

        void Run<T>()
            where T : unmanaged
        {
            // Each slice is taken by itself from one tensor, or all of them from each of several.
            int outer = x[0].Count / Math.Max(1, size * inner);
            var body = new TakeBody<T>(y.Buffer.Write<T>(), x[0].Buffer.Read<T>(), x[1].Buffer.Read<int>(), size, x[1].Count, inner);
            y.Device.For(y.Count, body, parts: outer == 1 ? x[1].Count : outer, shared: x[outer == 1 ? 0 : 1].Buffer);
        }
    }
}

/// <summary>
/// Zeros, to which the slices of the first input along an axis are added at the positions that the second input, a vector of Int32,
/// names; the order of additions is that of the slices. One with an index out of range is left out.
/// </summary>
/// <param name="Axis">The axis, from 0 up.</param>
/// <param name="Size">The size of the axis in the result.</param>
internal sealed record ScatterAdd(int Axis, int Size) : Operation
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [new Take(Axis).Apply(g, x[1]), null];

    /// <inheritdoc/>
    protected override Tensor Batched(BatchedInputs x)
    {
        if (!x.IsOwn(1))
            return new ScatterAdd(Axis + 1, Size).Apply(x[0], x[1]);
        if (TensorScope.IsChecking)
            Indices.Require(Name, x[1].OfAllMembers(), Size);
        var rows = BatchedInputs.Fold(BatchedInputs.Move(x.Whole(0), Axis + 1, 1));
        var sums = new ScatterAdd(0, x.Members * Size).Apply(rows, Indices.OfMembers(x[1], Size).Reshape(-1));
        return BatchedInputs.Move(x.Unfold(sums), 1, Axis + 1);
    }

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
        => x[1] is { Type: ElementType.Int32, Rank: 1 } && x[1].Count == x[0].Shape[Axis]
            ? (x[0].Type, x[0].Shape.With(Axis, Size))
            : throw Error($"indices for axis {Axis} of {x[0].Shape} must be Int32 [{x[0].Shape[Axis]}], got {x[1].Type} {x[1].Shape}");

    /// <inheritdoc/>
    protected override void CheckValues(Tensor[] x) => Indices.Require(Name, x[1], Size);

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
    {
        int count = x[1].Count, inner = x[0].Shape.Inner(Axis);
        int columns = count == 0 ? 0 : x[0].Count / count;
        y.Device.Fill(y.Type, y.Buffer, 0);
        switch (y.Type)
        {
            case ElementType.Float32: Run<float>(); break;
            case ElementType.Float64: Run<double>(); break;
            default: Run<int>(); break;
        }

        void Run<T>()
            where T : unmanaged, IAdditionOperators<T, T, T>
            => y.Device.For(
                columns,
                new ScatterAddBody<T>(y.Buffer.Update<T>(), x[0].Buffer.Read<T>(), x[1].Buffer.Read<int>(), Size, count, inner),
                64);
    }
}

/// <summary>
/// The position of the largest element along an axis, or of the first NaN, as Int32; the axis stays with size 1. It has no derivative.
/// </summary>
/// <param name="Axis">The axis, from 0 up.</param>
internal sealed record ArgMax(int Axis) : Operation
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [null];

    /// <inheritdoc/>
    protected override Tensor Batched(BatchedInputs x) => new ArgMax(Axis + 1).Apply(x[0]);

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
        => x[0].Shape[Axis] > 0
            ? (ElementType.Int32, x[0].Shape.With(Axis, 1))
            : throw Error($"axis {Axis} of {x[0].Shape} is empty, so there is no largest element");

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
    {
        int size = x[0].Shape[Axis], inner = x[0].Shape.Inner(Axis);
        switch (x[0].Type)
        {
            case ElementType.Float32: Run<float>(); break;
            case ElementType.Float64: Run<double>(); break;
            default: Run<int>(); break;
        }

        void Run<T>()
            where T : unmanaged, INumber<T>
        {
            var body = new ArgMaxBody<T>(y.Buffer.Write<int>(), x[0].Buffer.Read<T>(), size, inner);
            y.Device.For(y.Count, body, parts: y.Count / Math.Max(1, inner));
        }
    }
}
