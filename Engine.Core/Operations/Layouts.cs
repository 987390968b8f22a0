using Engine.Kernels;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Core.Operations;

/// <summary>The same elements in another shape; shares the memory.</summary>
/// <param name="Target">The shape of the result.</param>
internal sealed record Reshape(Shape Target) : Alias
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [g.ReshapeTo(x[0].Shape)];

    /// <inheritdoc/>
    protected override Tensor Batched(BatchedInputs x) => x[0].ReshapeTo([x.Members, .. Target]);

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
        => Target.ElementCount == x[0].Count
            ? (x[0].Type, Target)
            : throw Error($"{x[0].Shape} has {x[0].Count} elements and {Target} has {Target.ElementCount}");
}

/// <summary>
/// A vector that was split into leaves, and would be put together of them again: the vector itself, and nothing is moved. Derivatives go
/// straight to it, but for those in the leaves, see <see cref="Autodiff.Gradient"/>.
/// </summary>
/// <param name="Leaves">The leaves, in order: parts of the vector along its last axis, or reshaped ones.</param>
internal sealed record Rejoined(Tensor[] Leaves) : Alias
{
    /// <summary>Whether a tensor is one of the leaves, or the part of the vector that one of them is of.</summary>
    public bool IsOf(Tensor x)
        => Array.Exists(Leaves, leaf => ReferenceEquals(leaf, x) || (leaf.Operation is Reshape && ReferenceEquals(leaf.Inputs[0], x)));

    /// <summary>The parts of a cotangent, as the leaves are.</summary>
    public Tensor[] Parts(Tensor g)
    {
        int last = g.Rank - 1, members = g.Count / g.Shape[last];
        var parts = new Split(last, [.. Leaves.Select(leaf => leaf.Count / members)]).ApplyAll(g);
        return [.. parts.Select((part, i) => part.ReshapeTo(Leaves[i].Shape))];
    }

    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [g];

    /// <inheritdoc/>
    protected override Tensor Batched(BatchedInputs x) => new Rejoined([.. Leaves.Select(leaf => leaf.Whole!)]).Apply(x[0]);

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x) => (x[0].Type, x[0].Shape);
}

/// <summary>The same tensor as a constant: no derivative passes, and nothing that led to it is held on to.</summary>
internal sealed record StopGradient : Alias
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [null];

    private protected override Tensor[] Remembered(Tensor[] x, ElementType type) => [];

    /// <inheritdoc/>
    protected override Tensor Batched(BatchedInputs x) => Apply(x[0]);

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x) => (x[0].Type, x[0].Shape);
}

/// <summary>Axes in another order: axis i of the result is axis Order[i] of the input.</summary>
/// <param name="Order">Each axis number once.</param>
internal sealed record Permute(IntegerList Order) : Operation
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x)
    {
        var inverse = new int[Order.Count];
        for (int axis = 0; axis < inverse.Length; axis++)
            inverse[Order[axis]] = axis;
        return [g.Permute(inverse)];
    }

    /// <inheritdoc/>
    protected override Tensor Batched(BatchedInputs x) => x[0].Permute([0, .. Order.Select(axis => axis + 1)]);

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
        => Order.Order().SequenceEqual(Enumerable.Range(0, x[0].Rank))
            ? (x[0].Type, Order.Select(axis => x[0].Shape[axis]).ToArray())
            : throw Error($"{Order} is no order of the axes of {x[0].Shape}: name each axis from 0 to {x[0].Rank - 1} once");

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
    {
        int[] from = x[0].Shape.Strides();
        y.Device.CopyStrided(
            y.Type, Loops.Of(y.Shape.Sizes, y.Shape.Strides(), [.. Order.Select(axis => from[axis])]), y.Buffer, 0, x[0].Buffer, 0);
    }
}

/// <summary>Every Steps[i]-th position of each axis, from Starts[i].</summary>
/// <param name="Starts">The first position on each axis, from 0 up.</param>
/// <param name="Sizes">How many positions on each axis.</param>
/// <param name="Steps">From one position to the next on each axis, at least 1.</param>
internal sealed record Slice(IntegerList Starts, Shape Sizes, IntegerList Steps) : Operation
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [new Pad(Starts, x[0].Shape, Steps).Apply(g)];

    /// <inheritdoc/>
    protected override Tensor Batched(BatchedInputs x) => new Slice([0, .. Starts], [x.Members, .. Sizes], [1, .. Steps]).Apply(x[0]);

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
        => Window.Fits(x[0].Shape, Starts, Sizes, Steps)
            ? (x[0].Type, Sizes)
            : throw Error($"{Sizes} positions from {Starts} in steps of {Steps} do not fit {x[0].Shape}");

    private protected override Tensor Result(Tensor[] x, int number, ElementType type, Shape shape)
        => (IsRun(x[0].Shape) ? Part(x[0], Window.Layout(x[0].Shape, Starts, Steps).Offset, shape) : null)
            ?? base.Result(x, number, type, shape);

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
    {
        if (y.Buffer.IsPart)
            return;
        var (strides, offset) = Window.Layout(x[0].Shape, Starts, Steps);
        y.Device.CopyStrided(y.Type, Loops.Of(y.Shape.Sizes, y.Shape.Strides(), strides), y.Buffer, 0, x[0].Buffer, offset);
    }

    // Whether the positions are neighbours in memory: one on each of the first axes, some on the next, all on the others.
    private bool IsRun(Shape whole)
    {
        int axis = 0;
        while (axis < whole.Rank && Sizes[axis] == 1)
            axis++;
        if (axis < whole.Rank && Steps[axis] != 1)
            return false;
        for (axis++; axis < whole.Rank; axis++)
        {
            if (Sizes[axis] != whole[axis])
                return false;
        }

        return true;
    }
}

/// <summary>Zeros, with the input at every Steps[i]-th position of each axis from Starts[i]: what undoes <see cref="Slice"/>.</summary>
/// <param name="Starts">The first position on each axis, from 0 up.</param>
/// <param name="Target">The shape of the result.</param>
/// <param name="Steps">From one position to the next on each axis, at least 1.</param>
internal sealed record Pad(IntegerList Starts, Shape Target, IntegerList Steps) : Operation
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [new Slice(Starts, x[0].Shape, Steps).Apply(g)];

    /// <inheritdoc/>
    protected override Tensor Batched(BatchedInputs x) => new Pad([0, .. Starts], [x.Members, .. Target], [1, .. Steps]).Apply(x[0]);

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
        => Window.Fits(Target, Starts, x[0].Shape, Steps)
            ? (x[0].Type, Target)
            : throw Error($"{x[0].Shape} from {Starts} in steps of {Steps} does not fit {Target}");

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
    {
        // Short rows side by side are more work than two passes, which takes a processor longer; a GPU it takes a second command.
        if (y.Device.PrefersWholeBatches && IsBetweenFewZeros(x[0].Shape, out int axis))
        {
            PutBetweenZeros(axis, y, x[0]);
            return;
        }

        var (strides, offset) = Window.Layout(Target, Starts, Steps);
        y.Device.Fill(y.Type, y.Buffer, 0);
        y.Device.CopyStrided(y.Type, Loops.Of(x[0].Shape.Sizes, strides, x[0].Shape.Strides()), y.Buffer, offset, x[0].Buffer, 0);
    }

    // Along one axis alone, and so few that a program has them as a constant.
    private bool IsBetweenFewZeros(Shape shape, out int axis)
    {
        const int Few = 1024;
        int[] axes = [.. Enumerable.Range(0, shape.Rank).Where(axis => shape[axis] != Target[axis])];
        axis = axes is [var only] ? only : -1;
        return axis >= 0 && shape.ElementCount > 0 && Steps[axis] == 1 && Target.ElementCount - shape.ElementCount <= Few;
    }

    private void PutBetweenZeros(int axis, Tensor y, Tensor x)
    {
        int inner = Target.Inner(axis), before = Starts[axis], after = Target[axis] - before - x.Shape[axis];
        var zeros = Tensor.Zeros([Target.Outer(axis), Math.Max(before, after), inner], y.Type, y.Device).Buffer;
        (Buffer Source, int Width)[] parts = [(zeros, before * inner), (x.Buffer, x.Shape[axis] * inner), (zeros, after * inner)];
        y.Device.Concatenate(y.Type, Target.Outer(axis), y.Buffer, [.. parts.Where(part => part.Width > 0)]);
    }
}

/// <summary>Tensors one after the other along an axis.</summary>
/// <param name="Axis">The axis, from 0 up.</param>
internal sealed record Concatenate(int Axis) : Operation
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x)
    {
        var parts = new Tensor?[x.Length];
        int start = 0;
        for (int i = 0; i < x.Length; i++)
        {
            parts[i] = g.Narrow(Axis, start, x[i].Shape[Axis]);
            start += x[i].Shape[Axis];
        }

        return parts;
    }

    /// <inheritdoc/>
    protected override Tensor Batched(BatchedInputs x)
        => new Concatenate(Axis + 1).Apply([.. Enumerable.Range(0, x.Count).Select(x.Whole)]);

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
    {
        int size = 0;
        foreach (var input in x)
        {
            if (input.Rank != x[0].Rank || input.Shape.With(Axis, 1) != x[0].Shape.With(Axis, 1))
                throw Error($"shapes {string.Join(", ", x.Select(each => each.Shape))} differ in more than axis {Axis}");
            size += input.Shape[Axis];
        }

        return (SameType(x), x[0].Shape.With(Axis, size));
    }

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
    {
        int inner = y.Shape.Inner(Axis);
        y.Device.Concatenate(y.Type, y.Shape.Outer(Axis), y.Buffer, [.. x.Select(part => (part.Buffer, part.Shape[Axis] * inner))]);
    }
}

/// <summary>Parts of a tensor, one after the other along an axis: what undoes <see cref="Concatenate"/>.</summary>
/// <param name="Axis">The axis, from 0 up.</param>
/// <param name="Sizes">The sizes of the parts along it.</param>
internal sealed record Split(int Axis, IntegerList Sizes) : Primitive
{
    /// <inheritdoc/>
    public override Tensor?[] VjpAll(Tensor?[] g, Tensor[] y, Tensor[] x, bool[] wanted)
        => [new Concatenate(Axis).Apply([.. g.Zip(y, (cotangent, part) => cotangent ?? Tensor.ZerosLike(part))])];

    /// <inheritdoc/>
    protected override Tensor[] BatchedAll(BatchedInputs x) => new Split(Axis + 1, Sizes).ApplyAll(x[0]);

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape)[] InferAll(Tensor[] x)
        => Sizes.Sum() == x[0].Shape[Axis]
            ? [.. Sizes.Select(size => (x[0].Type, x[0].Shape.With(Axis, size)))]
            : throw Error($"parts of sizes {Sizes} are not axis {Axis} of {x[0].Shape}");

    private protected override Tensor Result(Tensor[] x, int number, ElementType type, Shape shape)
        => (x[0].Shape.Outer(Axis) == 1 ? Part(x[0], Sizes.Take(number).Sum() * x[0].Shape.Inner(Axis), shape) : null)
            ?? base.Result(x, number, type, shape);

    /// <inheritdoc/>
    protected override void ComputeAll(Tensor[] y, Tensor[] x)
    {
        var (shape, inner, start) = (x[0].Shape, x[0].Shape.Inner(Axis), 0);
        var parts = new List<(Kernels.Memory.Buffer Destination, int Start, int Width)>();
        foreach (var part in y)
        {
            int width = part.Shape[Axis] * inner;
            if (!part.Buffer.IsPart)
                parts.Add((part.Buffer, start, width));
            start += width;
        }

        if (parts.Count > 0)
            x[0].Device.Split(x[0].Type, shape.Outer(Axis), shape[Axis] * inner, x[0].Buffer, parts);
    }
}

/// <summary>The input repeated along axes of size 1, and along new axes in front.</summary>
/// <param name="Target">The shape of the result.</param>
internal sealed record BroadcastTo(Shape Target) : Operation
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [g];

    /// <inheritdoc/>
    protected override Tensor Batched(BatchedInputs x) => x.Aligned(0, Target.Rank).BroadcastTo([x.Members, .. Target]);

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
        => Shape.Broadcast(x[0].Shape, Target) == Target
            ? (x[0].Type, Target)
            : throw Error($"{x[0].Shape} does not broadcast to {Target}");

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
        => y.Device.CopyStrided(
            y.Type, Loops.Of(y.Shape.Sizes, y.Shape.Strides(), x[0].Shape.StridesIn(Target)), y.Buffer, 0, x[0].Buffer, 0);
}

internal static class Window
{
    public static bool Fits(Shape whole, IntegerList starts, Shape sizes, IntegerList steps)
    {
        bool fits = starts.Count == whole.Rank && sizes.Rank == whole.Rank && steps.Count == whole.Rank;
        for (int axis = 0; axis < whole.Rank && fits; axis++)
            fits = steps[axis] >= 1 && starts[axis] >= 0 && starts[axis] <= whole[axis]
                && (sizes[axis] == 0 || starts[axis] + ((sizes[axis] - 1L) * steps[axis]) < whole[axis]);
        return fits;
    }

    public static (int[] Strides, int Offset) Layout(Shape whole, IntegerList starts, IntegerList steps)
    {
        int[] strides = whole.Strides();
        int offset = 0;
        for (int axis = 0; axis < strides.Length; axis++)
        {
            offset += starts[axis] * strides[axis];
            strides[axis] *= steps[axis];
        }

        return (strides, offset);
    }
}
