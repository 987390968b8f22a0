using System.Buffers.Binary;
using System.Numerics;

namespace Engine.Bench.Logging;

/// <summary>
/// A file of records as TensorFlow writes them (TFRecord): for each its length, the length's checksum, its bytes and their checksum.
/// Others see each record as soon as it is added, and as a whole.
/// </summary>
internal sealed class RecordFile : IDisposable
{
    private const int Header = sizeof(long) + sizeof(uint);
    private readonly FileStream _stream;

    /// <summary>Begins a file that must not be there yet.</summary>
    public RecordFile(string path)
        => _stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

    /// <summary>Adds a record.</summary>
    public void Append(ReadOnlySpan<byte> record)
    {
        byte[] bytes = new byte[Header + record.Length + sizeof(uint)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, record.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(sizeof(long)), MaskedChecksum(bytes.AsSpan(0, sizeof(long))));
        record.CopyTo(bytes.AsSpan(Header));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(Header + record.Length), MaskedChecksum(record));
        _stream.Write(bytes);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _stream.Dispose();

    // CRC-32C, rotated and shifted: a checksum of bytes that hold their own checksum would be the same for all of them.
    private static uint MaskedChecksum(ReadOnlySpan<byte> bytes)
    {
        uint checksum = uint.MaxValue;
        foreach (byte value in bytes)
            checksum = BitOperations.Crc32C(checksum, value);
        return BitOperations.RotateRight(~checksum, 15) + 0xa282ead8;
    }
}
