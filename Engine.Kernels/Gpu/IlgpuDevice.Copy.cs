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

    /// <inheritdoc/>
    public override void Concatenate(
        ElementType type, int rows, Buffer destination, IReadOnlyList<(Buffer Source, int Width)> parts)
    {
        int words = type.Size() / sizeof(int);
        long width = parts.Sum(part => (long)part.Width) * words;
        if (rows * width > MostWords)
        {
            ConcatenateByParts(type, rows, destination, parts, (int)(width / words));
            return;
        }

        long[] table = new long[parts.Count * ConcatenateBody.Columns];
        int end = 0;
        for (int i = 0; i < parts.Count; i++)
        {
            table[i * ConcatenateBody.Columns] = parts[i].Source.Read<int>().Address;
            table[(i * ConcatenateBody.Columns) + 1] = end += parts[i].Width * words;
        }

        var listed = Listed(table);
        var body = new ConcatenateBody(destination.Write<int>(), listed.Read<long>(), parts.Count, end);
        Launch(body, rows * end, rows: RowsOf(body, rows * end, rows));
        Free(listed);
    }

    /// <inheritdoc/>
    public override void Split(
        ElementType type, int rows, int width, Buffer source, IReadOnlyList<(Buffer Destination, int Start, int Width)> parts)
    {
        int words = type.Size() / sizeof(int);
        if ((long)rows * width * words > MostWords)
        {
            foreach (var (destination, start, part) in parts)
                CopyStrided(type, Loops.Of([rows, part], [part, 1], [width, 1]), destination, 0, source, start);
            return;
        }

        // Empty parts have no words that anybody would look for.
        var full = parts.Where(part => part.Width > 0).ToArray();
        long[] table = new long[full.Length * SplitBody.Columns];
        int end = 0;
        for (int i = 0; i < full.Length; i++)
        {
            table[i * SplitBody.Columns] = full[i].Destination.Write<int>().Address;
            table[(i * SplitBody.Columns) + 1] = full[i].Start * words;
            table[(i * SplitBody.Columns) + 2] = full[i].Width * words;
            table[(i * SplitBody.Columns) + 3] = end += rows * full[i].Width * words;
        }

        var listed = Listed(table);
        Launch(new SplitBody(source.Read<int>(), listed.Read<long>(), full.Length, width * words), end);
        Free(listed);
    }

    // A recording keeps it as a constant. Otherwise commands take effect in order, so whoever gets the memory next comes later.
    private Buffer Listed(long[] table)
    {
        var listed = AllocateConstant((long)table.Length * sizeof(long));
        Upload<long>(table, listed);
        return listed;
    }

    private void ConcatenateByParts(
        ElementType type, int rows, Buffer destination, IReadOnlyList<(Buffer Source, int Width)> parts, int width)
    {
        int offset = 0;
        foreach (var (source, part) in parts)
        {
            CopyStrided(type, Loops.Of([rows, part], [width, 1], [part, 1]), destination, offset, source, 0);
            offset += part;
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
