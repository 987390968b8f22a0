using Engine.Kernels.Bodies;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels.Gpu;

internal sealed partial class IlgpuDevice
{
    // Where the pieces of the copies under way are listed.
    private Buffer? _copyTable;

    /// <inheritdoc/>
    public override void Copy(Buffer source, long sourceByte, Buffer destination, long destinationByte, long byteLength)
    {
        // Bytes of a large buffer are more than a view counts, but words are not.
        var from = Words(source.Read<int>(), sourceByte, byteLength);
        var to = Words(destination.Write<int>(), destinationByte, byteLength);
        if (HasQuads(to.Length) && ((to.Address | from.Address) & 15) == 0)
            Launch(new CopyQuads(Quads(to), Quads(from)), to.Length / 4);
        else
            Launch(new CopyBody<int>(to, from), to.Length);
    }

    /// <inheritdoc/>
    public override void Copy(IReadOnlyList<BufferCopy> copies)
    {
        if (Recording.IsActive || copies.Count < 2)
        {
            base.Copy(copies);
            return;
        }

        long[] table = new long[copies.Count * CopyManyBody.Columns];
        int words = 0;
        for (int i = 0; i < copies.Count; i++)
        {
            var copy = copies[i];
            words = checked(words + (int)(copy.ByteLength / sizeof(int)));
            table[i * CopyManyBody.Columns] = Words(copy.Destination.Write<int>(), copy.DestinationByte, copy.ByteLength).Address;
            table[(i * CopyManyBody.Columns) + 1] = Words(copy.Source.Read<int>(), copy.SourceByte, copy.ByteLength).Address;
            table[(i * CopyManyBody.Columns) + 2] = words;
        }

        lock (_gate)
        {
            long bytes = (long)table.Length * sizeof(long);
            if (_copyTable is null || _copyTable.ByteLength < bytes)
            {
                var old = _copyTable;
                _copyTable = null;
                if (old is not null)
                    Free(old);
                _copyTable = Allocate(bytes);
            }

            // Commands take effect in order, so the table is read before the next one takes its place.
            Upload<long>(table, _copyTable);
            Launch(new CopyManyBody(_copyTable.Read<long>(), copies.Count), words);
        }
    }

    private static View<int> Words(View<int> view, long startByte, long byteLength)
    {
        if ((startByte | byteLength) % sizeof(int) != 0)
            throw new ArgumentException($"A copy of {byteLength} bytes from byte {startByte} on is not one of whole words of 4 bytes.");
        return new View<int>(view.Address + startByte, checked((int)(byteLength / sizeof(int))));
    }
}
