using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels.Cpu;

internal sealed partial class CpuDevice
{
    /// <inheritdoc/>
    public override unsafe void Concatenate(
        ElementType type, int rows, Buffer destination, IReadOnlyList<(Buffer Source, int Width)> parts)
    {
        var sources = new nint[parts.Count];
        int[] ends = new int[parts.Count];
        int words = type.Size() / sizeof(int), width = 0;
        for (int i = 0; i < ends.Length; i++)
        {
            sources[i] = (nint)parts[i].Source.Read<int>().Pointer;
            ends[i] = width += parts[i].Width * words;
        }

        int grain = (int)Math.Max(1, (long)ElementGrain * ends.Length / Math.Max(1, width));
        Launch(new ConcatenatedPieces(sources, ends, destination.Write<int>()), checked(rows * ends.Length), grain);
    }

    /// <inheritdoc/>
    public override unsafe void Split(
        ElementType type, int rows, int width, Buffer source, IReadOnlyList<(Buffer Destination, int Start, int Width)> parts)
    {
        int words = type.Size() / sizeof(int), all = 0;
        var places = new (nint Destination, int Start, int Width)[parts.Count];
        for (int i = 0; i < places.Length; i++)
        {
            var (destination, start, length) = parts[i];
            places[i] = ((nint)destination.Write<int>().Pointer, start * words, length * words);
            all += length * words;
        }

        int grain = (int)Math.Max(1, (long)ElementGrain * places.Length / Math.Max(1, all));
        Launch(new SplitPieces(places, source.Read<int>(), width * words), checked(rows * places.Length), grain);
    }

    // Unit i is the piece of part i % parts in row i / parts.
    private readonly unsafe struct SplitPieces((nint Destination, int Start, int Width)[] places, View<int> source, int width) : IKernel
    {
        public void Run(int start, int end)
        {
            int row = start / places.Length, part = start - (row * places.Length);
            for (int i = start; i < end; i++)
            {
                var (destination, first, length) = places[part];
                var from = new Span<int>(source.Pointer + ((long)row * width) + first, length);
                from.CopyTo(new Span<int>((int*)destination + ((long)row * length), length));
                if (++part == places.Length)
                    (part, row) = (0, row + 1);
            }
        }
    }

    // Unit i is the piece of part i % parts in row i / parts.
    private readonly unsafe struct ConcatenatedPieces(nint[] sources, int[] ends, View<int> destination) : IKernel
    {
        public void Run(int start, int end)
        {
            int parts = ends.Length, width = ends[^1], row = start / parts, part = start - (row * parts);
            for (int i = start; i < end; i++)
            {
                int from = part == 0 ? 0 : ends[part - 1], length = ends[part] - from;
                int* source = (int*)sources[part] + ((long)row * length), to = destination.Pointer + ((long)row * width) + from;
                if (length == 1)
                    *to = *source;
                else
                    new Span<int>(source, length).CopyTo(new Span<int>(to, length));
                if (++part == parts)
                    (part, row) = (0, row + 1);
            }
        }
    }
}
