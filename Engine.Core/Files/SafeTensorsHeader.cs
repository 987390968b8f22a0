using System.Text.Json;
using System.Text.Unicode;

namespace Engine.Core.Files;

/// <summary>What the header says of one tensor; offsets are from the first byte after the header.</summary>
internal readonly record struct SafeTensorsEntry(string Name, SafeTensorsType Type, int[] Shape, long Begin, long End);

/// <summary>A safetensors header as read, its entries in the file's order.</summary>
internal sealed class SafeTensorsHeader
{
    public const string MetadataName = "__metadata__";

    private readonly HashSet<string> names = [];

    public List<SafeTensorsEntry> Entries { get; } = [];

    public OrderedDictionary<string, string> Metadata { get; } = [];

    /// <summary>A name for a message: quoted, and cut short since a hostile file may make it as long as itself.</summary>
    public static string Quote(string name)
    {
        const int Shown = 80;
        return name.Length <= Shown ? $"'{name}'" : $"'{name.AsSpan(0, Shown)}...'";
    }

    /// <summary>Parses and checks everything but how the tensors' bytes lie in the file.</summary>
    /// <exception cref="InvalidDataException">The header is malformed.</exception>
    public static SafeTensorsHeader Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || bytes[0] != '{')
            throw new InvalidDataException("The header does not begin with '{'.");
        if (!Utf8.IsValid(bytes))
            throw new InvalidDataException("The header is not valid UTF-8.");
        SafeTensorsHeader header = new();
        Utf8JsonReader json = new(bytes);
        try
        {
            json.Read();
            while (Next(ref json) == JsonTokenType.PropertyName)
                header.ReadMember(ref json);
            if (json.Read())
                throw new InvalidDataException("The header goes on after its object.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException(
                $"The header is not valid JSON at byte {e.BytePositionInLine} of its line {e.LineNumber + 1}.", e);
        }

        return header;
    }

    /// <summary>The entries in the order of their data, which are checked to cover the file's data exactly once.</summary>
    /// <param name="dataLength">The bytes after the header; null where that is not known beforehand.</param>
    /// <exception cref="InvalidDataException">The entries overlap, leave holes, or do not end where the file does.</exception>
    public List<SafeTensorsEntry> CheckedByOffset(long? dataLength)
    {
        List<SafeTensorsEntry> sorted = [.. Entries.OrderBy(e => e.Begin).ThenBy(e => e.End)];
        long end = 0;
        foreach (SafeTensorsEntry entry in sorted)
        {
            string name = $"Tensor {Quote(entry.Name)}";
            if (entry.End > dataLength)
                throw new InvalidDataException($"{name} ends at byte {entry.End} of only {dataLength} bytes of data.");
            if (entry.Begin < end)
                throw new InvalidDataException($"{name} begins at byte {entry.Begin}, within the tensor before it, which ends at {end}.");
            if (entry.Begin > end)
                throw new InvalidDataException($"{name} begins at byte {entry.Begin}, after a hole from byte {end}.");
            if (entry.End - entry.Begin > Array.MaxLength)
                throw new InvalidDataException($"{name} takes {entry.End - entry.Begin} bytes, more than can be read.");
            end = entry.End;
        }

        if (end != (dataLength ?? end))
            throw new InvalidDataException($"The tensors cover {end} of the {dataLength} bytes of data.");
        return sorted;
    }

    private static JsonTokenType Next(ref Utf8JsonReader json)
    {
        json.Read();
        return json.TokenType;
    }

    private static string Text(ref Utf8JsonReader json, string what)
    {
        try
        {
            return json.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            // An escaped surrogate without its other half.
            throw new InvalidDataException($"{what} is not valid Unicode.", e);
        }
    }

    private void ReadMember(ref Utf8JsonReader json)
    {
        string name = Text(ref json, "A tensor's name");
        if (!names.Add(name))
            throw new InvalidDataException($"The name {Quote(name)} is repeated.");
        var kind = Next(ref json);
        if (kind == JsonTokenType.Null && name == MetadataName)
            return;
        if (kind != JsonTokenType.StartObject)
            throw new InvalidDataException($"The header's entry {Quote(name)} is not an object.");
        if (name == MetadataName)
            ReadMetadata(ref json);
        else
            Entries.Add(ReadEntry(ref json, name));
    }

    private void ReadMetadata(ref Utf8JsonReader json)
    {
        while (Next(ref json) == JsonTokenType.PropertyName)
        {
            string key = Text(ref json, "A metadata key");
            if (Next(ref json) != JsonTokenType.String)
                throw new InvalidDataException($"The metadata value of {Quote(key)} is not a string.");
            if (!Metadata.TryAdd(key, Text(ref json, $"The metadata value of {Quote(key)}")))
                throw new InvalidDataException($"The metadata key {Quote(key)} is repeated.");
        }
    }

    private static SafeTensorsEntry ReadEntry(ref Utf8JsonReader json, string name)
    {
        string tensor = $"Tensor {Quote(name)}";
        SafeTensorsType? type = null;
        int[]? shape = null;
        List<long>? offsets = null;
        while (Next(ref json) == JsonTokenType.PropertyName)
        {
            string key = Text(ref json, $"{tensor}: a key");
            Next(ref json);
            bool fresh = key switch
            {
                "dtype" => type is null,
                "shape" => shape is null,
                "data_offsets" => offsets is null,
                _ => throw new InvalidDataException($"{tensor} has an unknown entry {Quote(key)}."),
            };
            if (!fresh)
                throw new InvalidDataException($"{tensor} has {key} twice.");
            if (key == "dtype")
                type = ReadType(ref json, tensor);
            else if (key == "shape")
                shape = [.. ReadIntegers(ref json, $"{tensor}: shape", int.MaxValue).Select(d => (int)d)];
            else
                offsets = ReadIntegers(ref json, $"{tensor}: data_offsets", long.MaxValue);
        }

        if (type is null || shape is null || offsets is null)
            throw new InvalidDataException($"{tensor} has no {(type is null ? "dtype" : shape is null ? "shape" : "data_offsets")}.");
        if (offsets is not [long begin, long end] || begin > end)
            throw new InvalidDataException($"{tensor}: data_offsets are not a begin and an end no smaller than it.");
        long bytes = type.ByteCount(shape)
            ?? throw new InvalidDataException($"{tensor} has a shape whose size overflows, or is no whole number of bytes.");
        if (bytes != end - begin)
            throw new InvalidDataException($"{tensor} needs {bytes} bytes by its type and shape, but its offsets span {end - begin}.");
        return new SafeTensorsEntry(name, type, shape, begin, end);
    }

    private static SafeTensorsType ReadType(ref Utf8JsonReader json, string tensor)
    {
        if (json.TokenType != JsonTokenType.String)
            throw new InvalidDataException($"{tensor}: dtype is not a string.");
        string type = Text(ref json, $"{tensor}: dtype");
        return SafeTensorsType.Of(type) ?? throw new InvalidDataException($"{tensor} has an unknown dtype {Quote(type)}.");
    }

    private static List<long> ReadIntegers(ref Utf8JsonReader json, string what, long max)
    {
        if (json.TokenType != JsonTokenType.StartArray)
            throw new InvalidDataException($"{what} is not an array.");
        List<long> values = [];
        while (Next(ref json) != JsonTokenType.EndArray)
        {
            if (json.TokenType != JsonTokenType.Number || !json.TryGetInt64(out long value) || value < 0 || value > max)
                throw new InvalidDataException($"{what} has an element that is no integer from 0 to {max}.");
            values.Add(value);
        }

        return values;
    }
}
