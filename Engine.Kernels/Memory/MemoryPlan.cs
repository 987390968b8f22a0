namespace Engine.Kernels.Memory;

/// <summary>Gives each buffer of a program its place in one block, so that buffers alive at the same time do not overlap.</summary>
internal static class MemoryPlan
{
    /// <summary>Plans buffers in the order in which their lives begin, each into the smallest gap that holds it.</summary>
    /// <param name="count">The number of buffers.</param>
    /// <param name="describe">For a buffer: its size in bytes, and the first and last command that touches it.</param>
    /// <param name="place">Receives each buffer's offset in bytes.</param>
    /// <returns>The size of the block in bytes.</returns>
    public static long Assign(int count, Func<int, (long Bytes, int First, int Last)> describe, Action<int, long> place)
    {
        var buffers = Enumerable.Range(0, count).Select(number => (Number: number, Life: describe(number)))
            .Where(buffer => buffer.Life.Last >= 0)
            .Select(buffer => buffer with { Life = buffer.Life with { First = Math.Min(buffer.Life.First, buffer.Life.Last) } })
            .OrderBy(buffer => buffer.Life.First);
        var ending = new PriorityQueue<(long Offset, long Bytes), int>();
        var gaps = new List<(long Offset, long Bytes)>();
        long top = 0;
        foreach (var (number, (wanted, first, last)) in buffers)
        {
            while (ending.TryPeek(out var ended, out int end) && end < first)
            {
                ending.Dequeue();
                Release(gaps, ended);
            }

            // Room for a vector load at the last element, as in the pool.
            long bytes = (wanted + (2 * BufferPool.Alignment) - 1) / BufferPool.Alignment * BufferPool.Alignment;
            int best = -1;
            for (int i = 0; i < gaps.Count; i++)
            {
                if (gaps[i].Bytes >= bytes && (best < 0 || gaps[i].Bytes < gaps[best].Bytes))
                    best = i;
            }

            long offset;
            if (best >= 0)
            {
                offset = gaps[best].Offset;
                if (gaps[best].Bytes == bytes)
                    gaps.RemoveAt(best);
                else
                    gaps[best] = (offset + bytes, gaps[best].Bytes - bytes);
            }
            else
            {
                offset = top;
                top += bytes;
            }

            place(number, offset);
            ending.Enqueue((offset, bytes), last);
        }

        return top;
    }

    // Gaps are kept in order of offset, with neighbours merged.
    private static void Release(List<(long Offset, long Bytes)> gaps, (long Offset, long Bytes) gap)
    {
        int at = gaps.FindIndex(other => other.Offset > gap.Offset);
        at = at < 0 ? gaps.Count : at;
        gaps.Insert(at, gap);
        if (at + 1 < gaps.Count && gap.Offset + gap.Bytes == gaps[at + 1].Offset)
        {
            gaps[at] = (gap.Offset, gap.Bytes + gaps[at + 1].Bytes);
            gaps.RemoveAt(at + 1);
        }

        if (at > 0 && gaps[at - 1].Offset + gaps[at - 1].Bytes == gaps[at].Offset)
        {
            gaps[at - 1] = (gaps[at - 1].Offset, gaps[at - 1].Bytes + gaps[at].Bytes);
            gaps.RemoveAt(at);
        }
    }
}
