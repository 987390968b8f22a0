using System.Runtime.CompilerServices;
using Engine.Core.Operations;

namespace Engine.Core;

public sealed partial class Tensor
{
    /// <summary>Part of a tensor: one <see cref="Along"/> for each axis from the first; axes not named stay whole.</summary>
    /// <example><code>x[0], x[1..3], x[.., ^1], x[Along.Every(2)]</code></example>
    [IndexerName("Part")]
    public Tensor this[params ReadOnlySpan<Along> parts]
    {
        get
        {
            if (parts.Length > Rank)
                throw new ArgumentOutOfRangeException(nameof(parts), $"{parts.Length} positions were given for the axes of {Shape}.");
            int[] starts = new int[Rank], sizes = [.. Shape], steps = new int[Rank];
            Array.Fill(steps, 1);
            var kept = new List<int>();
            for (int axis = 0; axis < Rank; axis++)
            {
                if (axis < parts.Length)
                    (starts[axis], sizes[axis], steps[axis]) = parts[axis].Resolve(Shape, axis);
                if (axis >= parts.Length || !parts[axis].Drops)
                    kept.Add(sizes[axis]);
            }

            return new Slice(starts, sizes, steps).Apply(this).ReshapeTo(kept.ToArray());
        }
    }

    /// <summary>Tensors one after the other along an existing axis.</summary>
    public static Tensor Concatenate(int axis, params Tensor[] tensors)
        => tensors.Length == 0
            ? throw new ArgumentException("Concatenate: at least one tensor is needed.", nameof(tensors))
            : new Concatenate(tensors[0].Shape.Axis(axis)).Apply(tensors);

    /// <summary>The tensors that lie along an axis, without it, as PyTorch's unbind and JAX's unstack give them.</summary>
    /// <param name="axis">The axis; negative ones count from the end.</param>
    public Tensor[] Unstack(int axis = 0)
    {
        int at = Shape.Axis(axis), count = Shape[at];
        Shape one = [.. Shape.Sizes[..at], .. Shape.Sizes[(at + 1)..]];
        if (count == 0)
            return [];
        var parts = new Split(at, Enumerable.Repeat(1, count).ToArray()).ApplyAll(this);
        return [.. parts.Select(part => part.ReshapeTo(one))];
    }

    /// <summary>Tensors of one shape one after the other along a new axis.</summary>
    /// <param name="axis">The position of the new axis in the result.</param>
    /// <param name="tensors">The tensors.</param>
    public static Tensor Stack(int axis, params Tensor[] tensors)
        => Concatenate(axis, [.. tensors.Select(tensor => tensor.Unsqueeze(axis))]);

    /// <summary>The same elements in another shape; one size may be -1, for what is left over.</summary>
    public Tensor Reshape(params int[] sizes)
    {
        int open = Array.IndexOf(sizes, -1);
        if (open >= 0)
        {
            if (sizes.Count(size => size == -1) > 1)
                throw Error($"at most one size of {Text()} may be -1");
            int others = Shape.Create([.. sizes.Where(size => size != -1)]).ElementCount;
            if (others == 0 || Count % others != 0)
                throw Error($"{Shape} with {Count} elements does not fit {Text()}");
            sizes = [.. sizes];
            sizes[open] = Count / others;
        }

        if (sizes.Any(size => size < 0))
            throw Error($"sizes of {Text()} must be at least 0, or -1 for what is left over");
        return ReshapeTo(sizes);

        string Text() => $"[{string.Join(", ", sizes)}]";

        ArgumentException Error(string problem) => new($"Reshape: {problem}.", nameof(sizes));
    }

    /// <summary>The same elements in another shape; itself if it has that already.</summary>
    public Tensor ReshapeTo(Shape shape) => shape == Shape ? this : new Reshape(shape).Apply(this);

    /// <summary>Adds an axis of size 1, as PyTorch's unsqueeze and JAX's expand_dims do.</summary>
    /// <param name="axis">Its position in the result; negative ones count from the end.</param>
    public Tensor Unsqueeze(int axis)
    {
        int at = axis < 0 ? axis + Rank + 1 : axis;
        if ((uint)at > (uint)Rank)
            throw new ArgumentOutOfRangeException(nameof(axis), axis, $"Unsqueeze: {Shape} has no place {axis} for a new axis.");
        return ReshapeTo([.. Shape.Sizes[..at], 1, .. Shape.Sizes[at..]]);
    }

    /// <summary>Axes in another order, each named once.</summary>
    public Tensor Permute(params int[] order)
    {
        int[] axes = [.. order.Select(Shape.Axis)], large = [.. axes.Where(axis => Shape[axis] != 1)];

        // Where only axes of size 1 move, elements stay where they are.
        bool stays = axes.Length == Rank && axes.Distinct().Count() == Rank && large.SequenceEqual(large.Order());
        return stays ? ReshapeTo([.. axes.Select(axis => Shape[axis])]) : new Permute(axes).Apply(this);
    }

    /// <summary>The last two axes exchanged.</summary>
    public Tensor Transpose()
        => Rank < 2
            ? throw new InvalidOperationException($"Transpose: {Shape} has no two axes to exchange.")
            : Permute([.. Enumerable.Range(0, Rank - 2), Rank - 1, Rank - 2]);

    /// <summary>Some consecutive positions of one axis.</summary>
    /// <param name="axis">The axis; negative ones count from the end.</param>
    /// <param name="start">The first position, from 0 up.</param>
    /// <param name="size">How many positions.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such axis, or positions are outside.</exception>
    public Tensor Narrow(int axis, int start, int size)
    {
        int length = Shape[axis];
        if (start < 0 || start > length)
            throw new ArgumentOutOfRangeException(nameof(start), $"Narrow: start {start} is outside axis {axis} of {Shape}.");
        if (size < 0 || size > length - start)
        {
            throw new ArgumentOutOfRangeException(
                nameof(size), $"Narrow: axis {axis} of {Shape} has no {size} positions from {start}.");
        }

        var starts = new int[Rank];
        starts[Shape.Axis(axis)] = start;
        return new Slice(starts, Shape.With(axis, size), Steps()).Apply(this);
    }

    /// <summary>Zeros around: <paramref name="before"/> and <paramref name="after"/> positions on each axis.</summary>
    /// <exception cref="ArgumentException">These are not as many numbers as there are axes, or some are negative.</exception>
    public Tensor Pad(IntegerList before, IntegerList after)
    {
        if (before.Count != Rank || after.Count != Rank)
            throw new ArgumentException($"Pad: {before} and {after} do not name a number for each axis of {Shape}.");
        if (before.Concat(after).Any(positions => positions < 0))
            throw new ArgumentException($"Pad: {before} and {after} must not be negative; Narrow takes positions away.");
        return new Pad(before, Shape.Select((size, axis) => checked(before[axis] + size + after[axis])).ToArray(), Steps()).Apply(this);
    }

    /// <summary>Repeats axes of size 1, and adds axes in front.</summary>
    public Tensor BroadcastTo(Shape shape) => shape == Shape ? this : new BroadcastTo(shape).Apply(this);

    /// <summary>The slices along an axis that a vector of Int32 names.</summary>
    /// <remarks>Indices count from 0. One out of range gives zeros; in a checking <see cref="TensorScope"/> it is an error.</remarks>
    public Tensor Take(int axis, Tensor indices) => new Take(Shape.Axis(axis)).Apply(this, indices);

    /// <summary>
    /// Zeros of size <paramref name="size"/> along an axis, to which this tensor's slices are added at the positions named.
    /// </summary>
    /// <remarks>
    /// Indices count from 0. What has one out of range is left out; in a checking <see cref="TensorScope"/> it is an error.
    /// </remarks>
    public Tensor ScatterAdd(int axis, Tensor indices, int size) => new ScatterAdd(Shape.Axis(axis), size).Apply(this, indices);

    private int[] Steps() => [.. Enumerable.Repeat(1, Rank)];
}
