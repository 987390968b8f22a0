using System.Collections;
using System.Runtime.CompilerServices;

namespace Engine.Core;

/// <summary>The sizes of a tensor's axes, outermost first. Immutable; written as a collection expression: <c>[32, 10]</c>.</summary>
[CollectionBuilder(typeof(Shape), nameof(Create))]
public sealed class Shape : IReadOnlyList<int>, IEquatable<Shape>
{
    private readonly int[] _sizes;

    private Shape(int[] sizes)
    {
        _sizes = sizes;
        if (sizes.Any(size => size < 0))
            throw new ArgumentOutOfRangeException(nameof(sizes), $"{this} is no shape: sizes must not be negative.");
        ElementCount = Product(sizes);
        if (ElementCount < 0)
            throw new ArgumentOutOfRangeException(nameof(sizes), $"{this} has over 2^31 - 1 elements.");
    }

    /// <summary>The number of elements: the product of the sizes, 1 without axes.</summary>
    public int ElementCount { get; }

    /// <summary>The number of axes.</summary>
    public int Rank => _sizes.Length;

    int IReadOnlyCollection<int>.Count => Rank;

    /// <summary>The size of an axis; negative axes count from the end.</summary>
    public int this[int axis] => _sizes[Axis(axis)];

    /// <summary>Sizes as a span.</summary>
    public ReadOnlySpan<int> Sizes => _sizes;

    /// <summary>Makes a shape.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A size is negative, or there are too many elements.</exception>
    public static Shape Create(ReadOnlySpan<int> sizes) => new(sizes.ToArray());

    /// <summary>The sizes as a shape.</summary>
    public static implicit operator Shape(int[] sizes) => Create(sizes);

    /// <summary>Whether two shapes have the same sizes.</summary>
    public static bool operator ==(Shape? left, Shape? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Whether two shapes differ.</summary>
    public static bool operator !=(Shape? left, Shape? right) => !(left == right);

    /// <summary>
    /// The shape to which two shapes broadcast: axes are matched from the last, and sizes must be equal or 1.
    /// </summary>
    /// <returns>The shape, or null if the two don't match.</returns>
    public static Shape? Broadcast(Shape left, Shape right)
    {
        if (left.Equals(right))
            return left;
        var sizes = new int[Math.Max(left.Rank, right.Rank)];
        for (int fromEnd = 1; fromEnd <= sizes.Length; fromEnd++)
        {
            int a = fromEnd <= left.Rank ? left._sizes[^fromEnd] : 1;
            int b = fromEnd <= right.Rank ? right._sizes[^fromEnd] : 1;
            if (a != b && a != 1 && b != 1)
                return null;
            sizes[^fromEnd] = a == 1 ? b : a;
        }

        return new Shape(sizes);
    }

    /// <summary>A valid axis number from one that may count from the end.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such axis.</exception>
    public int Axis(int axis)
    {
        int found = axis < 0 ? axis + Rank : axis;
        return (uint)found < (uint)Rank
            ? found
            : throw new ArgumentOutOfRangeException(nameof(axis), axis, $"Shape {this} has no axis {axis}: it has {Rank} axes.");
    }

    /// <summary>Elements from one position to the next along each axis of contiguous data.</summary>
    public int[] Strides()
    {
        var strides = new int[Rank];
        int stride = 1;
        for (int axis = Rank - 1; axis >= 0; axis--)
        {
            strides[axis] = stride;
            stride *= _sizes[axis];
        }

        return strides;
    }

    /// <summary>
    /// The product of the sizes behind an axis: elements at one position of it. Where a size before is 0, it may be over 2^31 - 1, and
    /// then -1 stands for it.
    /// </summary>
    internal int Inner(int axis) => Product(_sizes.AsSpan(axis + 1));

    /// <summary>Elements of the axes before one.</summary>
    internal int Outer(int axis) => Product(_sizes.AsSpan(0, axis));

    /// <summary>Strides with which contiguous data of this shape is read as one of <paramref name="target"/>: 0 where broadcast.</summary>
    public int[] StridesIn(Shape target)
    {
        int[] own = Strides();
        var strides = new int[target.Rank];
        for (int axis = 0; axis < Rank; axis++)
            strides[target.Rank - Rank + axis] = _sizes[axis] == 1 ? 0 : own[axis];
        return strides;
    }

    /// <summary>This shape with one axis of another size.</summary>
    public Shape With(int axis, int size)
    {
        int[] sizes = [.. _sizes];
        sizes[Axis(axis)] = size;
        return new Shape(sizes);
    }

    // Of sizes that are not negative; -1 where it is over 2^31 - 1.
    private static int Product(ReadOnlySpan<int> sizes)
    {
        if (sizes.Contains(0))
            return 0;
        long product = 1;
        for (int axis = 0; axis < sizes.Length && product <= int.MaxValue; axis++)
            product *= sizes[axis];
        return product <= int.MaxValue ? (int)product : -1;
    }

    /// <inheritdoc/>
    public bool Equals(Shape? other) => other is not null && _sizes.AsSpan().SequenceEqual(other._sizes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Shape);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (int size in _sizes)
            hash.Add(size);
        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public override string ToString() => $"[{string.Join(", ", _sizes)}]";

    /// <inheritdoc/>
    public IEnumerator<int> GetEnumerator() => ((IEnumerable<int>)_sizes).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
