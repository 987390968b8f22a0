using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Engine.Kernels;

namespace Engine.Core.Files;

/// <summary>An element type of the safetensors format, and the one that its values have here.</summary>
internal sealed class SafeTensorsType
{
    private static readonly Dictionary<string, SafeTensorsType> s_all = new SafeTensorsType[]
    {
        new("F32", 32, ElementType.Float32, data => data),
        new("F64", 64, ElementType.Float64, data => data),
        new("I32", 32, ElementType.Int32, data => data),
        new("F16", 16, ElementType.Float32, data => Converted<Half, float>(data, value => (float)value)),
        new("BF16", 16, ElementType.Float32, data => Converted<ushort, float>(data, bits => BitConverter.Int32BitsToSingle(bits << 16))),
        new("BOOL", 8, ElementType.Int32, data => Integers<byte>(data, least: 0, most: 1)),
        new("U8", 8, ElementType.Int32, data => Integers<byte>(data)),
        new("I8", 8, ElementType.Int32, data => Integers<sbyte>(data)),
        new("U16", 16, ElementType.Int32, data => Integers<ushort>(data)),
        new("I16", 16, ElementType.Int32, data => Integers<short>(data)),
        new("U32", 32, ElementType.Int32, data => Integers<uint>(data)),
        new("U64", 64, ElementType.Int32, data => Integers<ulong>(data)),
        new("I64", 64, ElementType.Int32, data => Integers<long>(data)),

        // These have no type here that holds just their values.
        new("C64", 64), new("F8_E5M2", 8), new("F8_E4M3", 8), new("F8_E8M0", 8), new("F6_E2M3", 6), new("F6_E3M2", 6), new("F4", 4),
    }.ToDictionary(type => type._name);

    private readonly string _name;
    private readonly int _bits;
    private readonly ElementType _home;
    private readonly Func<byte[], byte[]>? _convert;

    private SafeTensorsType(string name, int bits, ElementType home = default, Func<byte[], byte[]>? convert = null)
        => (_name, _bits, _home, _convert) = (name, bits, home, convert);

    /// <summary>The type of a name; null if the format has none.</summary>
    public static SafeTensorsType? Of(string name) => s_all.GetValueOrDefault(name);

    /// <summary>What the format calls an element type.</summary>
    public static string NameOf(ElementType type) => type switch
    {
        ElementType.Float32 => "F32",
        ElementType.Float64 => "F64",
        _ => "I32",
    };

    /// <summary>The bytes that a tensor takes in a file; null if its size overflows or is no whole number of bytes.</summary>
    public long? ByteCount(ReadOnlySpan<int> shape)
    {
        Int128 bits = _bits;
        foreach (int dimension in shape)
        {
            bits *= dimension;
            if (bits > 8 * (Int128)long.MaxValue)
                return null;
        }

        return bits % 8 == 0 ? (long)(bits / 8) : null;
    }

    /// <summary>A tensor of this type as one that can be used.</summary>
    /// <exception cref="InvalidDataException">It can't; the message goes on after the tensor's name.</exception>
    public StoredTensor Read(int[] shape, byte[] data)
        => _convert is null
            ? throw new InvalidDataException(
                $"has dtype {_name}, which is not supported: store it as F32, F64, I32, or what these hold (F16, BF16, integers, BOOL).")
            : new StoredTensor(_home, shape, _convert(data));

    private static byte[] Integers<T>(byte[] data, int least = int.MinValue, int most = int.MaxValue)
        where T : unmanaged, IBinaryInteger<T>
        => Converted<T, int>(
            data,
            value => value < T.CreateSaturating(least) || value > T.CreateSaturating(most)
                ? throw new InvalidDataException($"holds {value}, which is not from {least} to {most}.")
                : int.CreateTruncating(value));

    private static byte[] Converted<TFrom, TTo>(byte[] data, Func<TFrom, TTo> convert)
        where TFrom : unmanaged
        where TTo : unmanaged
    {
        var from = MemoryMarshal.Cast<byte, TFrom>(data);
        if ((long)from.Length * Unsafe.SizeOf<TTo>() > Array.MaxLength)
            throw new InvalidDataException($"has {from.Length} elements, more than can be converted to {typeof(TTo).Name}.");
        byte[] bytes = new byte[from.Length * Unsafe.SizeOf<TTo>()];
        var to = MemoryMarshal.Cast<byte, TTo>(bytes.AsSpan());
        for (int i = 0; i < from.Length; i++)
            to[i] = convert(from[i]);
        return bytes;
    }
}
