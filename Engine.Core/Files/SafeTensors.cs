using System.Buffers.Binary;

namespace Engine.Core.Files;

/// <summary>What a safetensors file holds: tensors by name and text metadata, both in the file's order.</summary>
/// <param name="Tensors">The tensors by name.</param>
/// <param name="Metadata">The free-form text of the <c>__metadata__</c> entry; empty where the file has none.</param>
public sealed record SafeTensorsFile(StoredTensors Tensors, OrderedDictionary<string, string> Metadata);

/// <summary>
/// Reads and writes the safetensors format: an 8-byte little-endian header length, a JSON header, then the tensors' bytes.
/// Files are treated as hostile: everything in them is checked before it is used.
/// </summary>
/// <remarks>
/// F32, F64 and I32 are written, and read as they are; F16 and BF16 become Float32, BOOL and integers Int32. A tensor of another type, or
/// with a number beyond Int32, is an error when it is asked for.
/// </remarks>
public static partial class SafeTensors
{
    /// <summary>The longest header read or written, in bytes; the format's own limit.</summary>
    public const int MaxHeaderLength = 100_000_000;

    internal const int PrefixLength = sizeof(long);

    /// <summary>Writes <paramref name="tensors"/> in the order given; the old file stays until the new one is complete.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="path"/>, <paramref name="tensors"/> or a tensor is null.</exception>
    /// <exception cref="ArgumentException">A name is repeated, reserved or not valid Unicode, or the header is too long.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public static void Write(
        string path,
        IEnumerable<KeyValuePair<string, StoredTensor>> tensors,
        IEnumerable<KeyValuePair<string, string>>? metadata = null)
        => AtomicFile.Write(path, stream => Write(stream, tensors, metadata));

    /// <summary>Writes <paramref name="tensors"/> in the order given; the stream need not be seekable and stays open.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="stream"/>, <paramref name="tensors"/> or a tensor is null.</exception>
    /// <exception cref="ArgumentException">A name is repeated, reserved or not valid Unicode, or the header is too long.</exception>
    /// <exception cref="IOException">The stream cannot be written.</exception>
    public static void Write(
        Stream stream,
        IEnumerable<KeyValuePair<string, StoredTensor>> tensors,
        IEnumerable<KeyValuePair<string, string>>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(tensors);
        SafeTensorsLayout layout = SafeTensorsLayout.Of(tensors, metadata ?? []);
        stream.Write(layout.Header);
        foreach (byte[] data in layout.Data)
            stream.Write(data);
    }

    /// <summary>Reads a whole file.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="path"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="path"/> is empty.</exception>
    /// <exception cref="InvalidDataException">The file is malformed.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static SafeTensorsFile Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        using FileStream stream = File.OpenRead(path);
        try
        {
            return Read(stream, $"{path}: ");
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>Reads from the stream's position to its end; the stream need not be seekable and stays open.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="stream"/> is null.</exception>
    /// <exception cref="InvalidDataException">The data are malformed.</exception>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public static SafeTensorsFile Read(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return Read(stream, "");
    }

    // The source stands before what is said of a tensor later.
    private static SafeTensorsFile Read(Stream stream, string source)
    {
        long? length = stream.CanSeek ? Math.Max(0, stream.Length - stream.Position) : null;
        bool known = length is not null;
        ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(ReadBlock(stream, PrefixLength, known, "the header's length"));
        if (headerLength > MaxHeaderLength)
            throw new InvalidDataException($"The header's length {headerLength} exceeds the limit of {MaxHeaderLength} bytes.");
        if (length - PrefixLength < (long)headerLength)
            throw new InvalidDataException($"The header's length {headerLength} exceeds the file's {length} bytes.");

        SafeTensorsHeader header = SafeTensorsHeader.Parse(ReadBlock(stream, (int)headerLength, known, "the header"));
        List<SafeTensorsEntry> byOffset = header.CheckedByOffset(length - PrefixLength - (long)headerLength);
        Dictionary<string, (StoredTensor? Tensor, string? Problem)> read = new(byOffset.Count);
        foreach (SafeTensorsEntry entry in byOffset)
        {
            string name = SafeTensorsHeader.Quote(entry.Name);
            byte[] data = ReadBlock(stream, (int)(entry.End - entry.Begin), known, $"tensor {name}");
            try
            {
                read.Add(entry.Name, (entry.Type.Read(entry.Shape, data), null));
            }
            catch (InvalidDataException e)
            {
                read.Add(entry.Name, (null, $"{source}Tensor {name} {e.Message}"));
            }
        }

        if (stream.ReadByte() >= 0)
            throw new InvalidDataException("The file goes on after the last tensor.");
        StoredTensors tensors = new();
        foreach (SafeTensorsEntry entry in header.Entries)
            tensors.Add(entry.Name, read[entry.Name].Tensor, read[entry.Name].Problem);
        return new SafeTensorsFile(tensors, header.Metadata);
    }

    /// <summary>
    /// Reads exactly <paramref name="count"/> bytes. Where the stream's length is not known, the claim of
    /// <paramref name="count"/> is not trusted with memory: the block grows with what arrives.
    /// </summary>
    private static byte[] ReadBlock(Stream stream, int count, bool lengthKnown, string what)
    {
        const int FirstGuess = 1 << 16;
        byte[] block = new byte[lengthKnown ? count : Math.Min(count, FirstGuess)];
        for (int filled = 0; ;)
        {
            filled += stream.ReadAtLeast(block.AsSpan(filled), block.Length - filled, throwOnEndOfStream: false);
            if (filled < block.Length)
                throw new InvalidDataException($"The file ends within {what}: {filled} of {count} bytes.");
            if (filled == count)
                return block;
            Array.Resize(ref block, (int)Math.Min(count, 2L * block.Length));
        }
    }
}
