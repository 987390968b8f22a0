using System.Runtime.InteropServices;
using Engine.Kernels;

namespace Engine.Core.Files;

/// <summary>
/// A tensor as files hold it: its element type, its shape and its elements' bytes, little-endian in row-major order.
/// Two are equal when type, shape and bytes are.
/// </summary>
public sealed record StoredTensor
{
    /// <summary>Takes over <paramref name="shape"/> and <paramref name="data"/>, without copying them.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="shape"/> or <paramref name="data"/> is null.</exception>
    /// <exception cref="ArgumentException">The type is unknown, a dimension negative, or the data's length not the shape's.</exception>
    public StoredTensor(ElementType type, int[] shape, byte[] data)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(data);
        if (!Enum.IsDefined(type))
            throw new ArgumentException($"{type} is no element type.", nameof(type));
        if (ByteCount(type, shape) != data.LongLength)
            throw new ArgumentException(
                $"{data.LongLength} bytes are not the data of a {type} tensor of shape [{string.Join(", ", shape)}].", nameof(data));
        Type = type;
        Shape = shape;
        Data = data;
    }

    /// <summary>What the elements are.</summary>
    public ElementType Type { get; }

    /// <summary>The dimensions, outermost first; empty for a scalar.</summary>
    public int[] Shape { get; }

    /// <summary>The elements' bytes, little-endian, row-major.</summary>
    public byte[] Data { get; }

    /// <summary>The data as elements, without copying.</summary>
    /// <exception cref="ArgumentException"><typeparamref name="T"/> is not this tensor's element type.</exception>
    public ReadOnlySpan<T> Elements<T>()
        where T : unmanaged
        => ElementTypes.Of<T>() == Type
            ? MemoryMarshal.Cast<byte, T>(Data)
            : throw new ArgumentException($"The tensor's elements are {Type}, not {typeof(T).Name}.");

    /// <summary>A tensor with a copy of <paramref name="elements"/>.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="shape"/> is null.</exception>
    /// <exception cref="ArgumentException">
    /// <typeparamref name="T"/> is no element type, a dimension is negative, or the shape's size is not the number of elements.
    /// </exception>
    public static StoredTensor Of<T>(int[] shape, ReadOnlySpan<T> elements)
        where T : unmanaged
        => new(ElementTypes.Of<T>(), shape, MemoryMarshal.AsBytes(elements).ToArray());

    /// <inheritdoc/>
    public bool Equals(StoredTensor? other)
        => other is not null && Type == other.Type && Shape.AsSpan().SequenceEqual(other.Shape) && Data.AsSpan().SequenceEqual(other.Data);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = new();
        hash.Add(Type);
        foreach (int dimension in Shape)
            hash.Add(dimension);
        hash.AddBytes(Data);
        return hash.ToHashCode();
    }

    /// <summary>The bytes a tensor takes; null if a dimension is negative or the product overflows.</summary>
    internal static long? ByteCount(ElementType type, ReadOnlySpan<int> shape)
    {
        long bytes = type.Size();
        foreach (int dimension in shape)
        {
            // The product stays below 2^63: checked by division, as a hostile file must not cause an exception.
            if (dimension < 0 || (dimension > 0 && bytes > long.MaxValue / dimension))
                return null;
            bytes *= dimension;
        }

        return bytes;
    }
}
