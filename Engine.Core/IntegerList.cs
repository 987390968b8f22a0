using System.Collections;
using System.Runtime.CompilerServices;

namespace Engine.Core;

/// <summary>
/// Integers in order, compared by value: axes, positions, steps, sizes of layers. Immutable; written as a collection expression:
/// <c>[0, 2]</c>.
/// </summary>
[CollectionBuilder(typeof(IntegerList), nameof(Create))]
public sealed class IntegerList : IReadOnlyList<int>, IEquatable<IntegerList>
{
    private readonly int[] _values;

    private IntegerList(int[] values) => _values = values;

    /// <summary>How many there are.</summary>
    public int Count => _values.Length;

    /// <summary>One of them.</summary>
    public int this[int index] => _values[index];

    /// <summary>Makes a list.</summary>
    public static IntegerList Create(ReadOnlySpan<int> values) => new(values.ToArray());

    /// <summary>The integers as a list.</summary>
    public static implicit operator IntegerList(int[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return Create(values);
    }

    /// <inheritdoc/>
    public bool Equals(IntegerList? other) => other is not null && _values.AsSpan().SequenceEqual(other._values);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as IntegerList);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (int value in _values)
            hash.Add(value);
        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public override string ToString() => $"[{string.Join(", ", _values)}]";

    /// <inheritdoc/>
    public IEnumerator<int> GetEnumerator() => ((IEnumerable<int>)_values).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
