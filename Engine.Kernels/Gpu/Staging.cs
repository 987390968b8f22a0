using Engine.Kernels.Memory;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace Engine.Kernels.Gpu;

/// <summary>
/// Memory of the host that copies from and to a CUDA device go through. It is page-locked, so that the card reaches it at any time;
/// what becomes of other memory after the call that names it is up to the driver. Its segments take turns: the host fills or empties
/// one while the card is at another.
/// </summary>
/// <param name="accelerator">The device.</param>
/// <param name="queue">Its queue.</param>
/// <param name="segments">The number of segments, at least 2.</param>
/// <remarks>For copies one way: who waits for a result keeps nobody from an upload. One thread at a time; others wait their turn.</remarks>
internal sealed unsafe class Staging(Accelerator accelerator, CudaQueue queue, int segments) : IDisposable
{
    // Long enough that a copy takes longer than it takes to start it.
    private const int SegmentBytes = 1 << 20;

    private readonly Lock _turn = new();
    private readonly nint[] _marks = new nint[segments];
    private byte* _memory;
    private int _segment;
    private int _used;

    /// <summary>Copies to the device after the commands given so far; the source may be changed afterwards.</summary>
    public void Upload(byte* source, long destination, long byteLength)
    {
        using var binding = accelerator.BindScoped();
        lock (_turn)
        {
            for (long start = 0; start < byteLength; start += SegmentBytes)
            {
                int length = (int)Math.Min(SegmentBytes, byteLength - start);
                byte* place = Room(length);
                System.Buffer.MemoryCopy(source + start, place, length, length);
                lock (queue.Gate)
                {
                    queue.CountLaunches(1);
                    Copy(destination + start, (long)place, length);
                }
            }
        }
    }

    /// <summary>Copies from the device after the commands given so far, and waits for it.</summary>
    public void Download(long source, byte* destination, long byteLength)
    {
        using var binding = accelerator.BindScoped();
        lock (_turn)
        {
            queue.CountWait();

            // A download that failed may have left some.
            for (int segment = 0; segment < segments; segment++)
                Await(segment);
            Ask(0);
            for (long start = 0; start < byteLength; start += SegmentBytes)
            {
                Ask(start + SegmentBytes);
                Await(Number(start));
                System.Buffer.MemoryCopy(Segment(start), destination + start, Length(start), Length(start));
            }
        }

        void Ask(long start)
        {
            if (start >= byteLength)
                return;
            lock (queue.Gate)
            {
                queue.CountLaunches(1);
                Copy((long)Segment(start), source + start, Length(start));
                _marks[Number(start)] = queue.Mark();
            }
        }

        int Length(long start) => (int)Math.Min(SegmentBytes, byteLength - start);

        int Number(long start) => (int)(start / SegmentBytes % segments);

        byte* Segment(long start) => Memory + ((long)Number(start) * SegmentBytes);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_memory == null)
            return;
        using var binding = accelerator.BindScoped();
        CudaAPI.CurrentAPI.FreeHostMemory((nint)_memory);
        _memory = null;
    }

    private byte* Memory
    {
        get
        {
            if (_memory == null)
            {
                CudaException.ThrowIfFailed(CudaAPI.CurrentAPI.AllocateHostMemory(out nint memory, segments * SegmentBytes));
                _memory = (byte*)memory;
            }

            return _memory;
        }
    }

    // A place for a copy of at most a segment; small ones follow each other in a segment, so that a wait comes after many of them.
    private byte* Room(int length)
    {
        if (_used + length > SegmentBytes)
        {
            if (_marks[_segment] == 0)
                _marks[_segment] = queue.Mark();
            int next = (_segment + 1) % segments;
            Await(next);
            (_segment, _used) = (next, 0);
        }

        byte* place = Memory + ((long)_segment * SegmentBytes) + _used;
        _used += (length + BufferPool.Alignment - 1) / BufferPool.Alignment * BufferPool.Alignment;
        return place;
    }

    private void Await(int segment)
    {
        if (_marks[segment] == 0)
            return;
        queue.Await(_marks[segment]);
        _marks[segment] = 0;
    }

    private void Copy(long to, long from, int length)
        => CudaException.ThrowIfFailed(CudaAPI.CurrentAPI.MemcpyAsync((nint)to, (nint)from, length, queue.Stream));
}
