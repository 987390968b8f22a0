using Engine.Kernels.Bodies;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels.Gpu;

internal sealed partial class IlgpuDevice
{
    /// <summary>Words that one launch copies at most: views count in int, and quads start at multiples of four.</summary>
    internal const int MostWords = 1 << 30;

    private const int LeastTableBytes = 1 << 12;

    // Where the pieces of the copies under way are listed: memory of the device itself, which is nobody's tensor.
    private readonly Lock _copyTableTurn = new();
    private long _copyTable;
    private long _copyTableBytes;

    /// <inheritdoc/>
    public override void Copy(Buffer source, long sourceByte, Buffer destination, long destinationByte, long byteLength)
    {
        RequireWords(sourceByte, destinationByte, byteLength);
        foreach (var (start, length) in Parts.Along(byteLength / sizeof(int), MostWords))
        {
            var from = Words(source.Read<long>(), sourceByte + (start * sizeof(int)), length);
            var to = Words(destination.Write<long>(), destinationByte + (start * sizeof(int)), length);
            if (HasQuads(length) && ((to.Address | from.Address) & 15) == 0)
                Launch(new CopyQuads(Quads(to), Quads(from)), length / 4);
            else
                Launch(new CopyBody<int>(to, from), length);
        }
    }

    /// <inheritdoc/>
    internal override void Copy(IReadOnlyList<BufferCopy> copies)
    {
        // Recorded ones stay single commands, and so do those that are too long for one.
        if (Recording.IsActive || copies.Count < 2 || copies.Sum(copy => copy.ByteLength) / sizeof(int) > MostWords)
        {
            base.Copy(copies);
            return;
        }

        long[] table = new long[copies.Count * CopyManyBody.Columns];
        int words = 0;
        for (int i = 0; i < copies.Count; i++)
        {
            var copy = copies[i];
            RequireWords(copy.SourceByte, copy.DestinationByte, copy.ByteLength);
            int length = (int)(copy.ByteLength / sizeof(int));
            words += length;
            table[i * CopyManyBody.Columns] = Words(copy.Destination.Write<long>(), copy.DestinationByte, length).Address;
            table[(i * CopyManyBody.Columns) + 1] = Words(copy.Source.Read<long>(), copy.SourceByte, length).Address;
            table[(i * CopyManyBody.Columns) + 2] = words;
        }

        lock (_copyTableTurn)
        {
            ReserveCopyTable((long)table.Length * sizeof(long));

            // Commands take effect in order, so the table is read before the next one takes its place.
            Upload<long>(table, _copyTable);
            Launch(new CopyManyBody(new(_copyTable, table.Length), copies.Count), words);
        }
    }

    private void ReserveCopyTable(long bytes)
    {
        if (bytes <= _copyTableBytes)
            return;
        FreeCopyTable();
        bytes = Math.Max(LeastTableBytes, 2 * bytes);
        _copyTable = Attempt(static (device, bytes) => device._memory.Allocate(bytes), bytes);
        _copyTableBytes = bytes;
    }

    private void FreeCopyTable()
    {
        if (_copyTableBytes == 0)
            return;
        _copyTableBytes = 0;
        _queue.Wait();
        _memory.Free(_copyTable);
    }

    // As views of long: the words of a large buffer are more than a view counts.
    private static View<int> Words(View<long> view, long startByte, int length) => new(view.Address + startByte, length);

    private static void RequireWords(long sourceByte, long destinationByte, long byteLength)
    {
        if ((sourceByte | destinationByte | byteLength) % sizeof(int) != 0)
        {
            throw new ArgumentException(
                $"A copy of {byteLength} bytes from byte {sourceByte} to byte {destinationByte} is not one of whole words of 4 bytes.");
        }
    }
}
