using System.Numerics;

namespace Engine.Kernels.Memory;

/// <summary>
/// Memory in size classes (four to a power of two), aligned to 64 bytes. Returned blocks are kept for the next request of their
/// class. Each block ends in 64 spare bytes, so that a vector load at its last element stays inside it.
/// </summary>
/// <remarks>Thread-safe.</remarks>
public sealed class BufferPool : IDisposable
{
    /// <summary>Alignment of every block and the number of spare bytes behind it.</summary>
    public const int Alignment = 64;

    private readonly Dictionary<long, Stack<long>> _free = [];
    private readonly Lock _lock = new();
    private readonly IMemorySource _source;
    private bool _disposed;

    /// <summary>A pool over the memory of the processor.</summary>
    public BufferPool()
        : this(new NativeMemorySource())
    {
    }

    /// <summary>A pool over the memory of a device.</summary>
    internal BufferPool(IMemorySource source) => _source = source;

    /// <summary>Blocks handed out and not yet returned: zero when nothing leaks.</summary>
    public int LiveBlocks { get; private set; }

    /// <summary>Bytes handed out, rounded up to size classes.</summary>
    public long LiveBytes { get; private set; }

    /// <summary>The most that <see cref="LiveBytes"/> has been.</summary>
    public long PeakBytes { get; private set; }

    /// <summary>Takes a block of at least <paramref name="byteLength"/> bytes, with undefined contents.</summary>
    /// <exception cref="OutOfMemoryException">The machine has no such block.</exception>
    public long Rent(long byteLength)
    {
        long size = SizeClass(byteLength);
        lock (_lock)
        {
            LiveBlocks++;
            LiveBytes += size;
            PeakBytes = Math.Max(PeakBytes, LiveBytes);
            if (_free.TryGetValue(size, out var blocks) && blocks.TryPop(out long address))
                return address;
        }

        try
        {
            return _source.Allocate(size + Alignment);
        }
        catch (OutOfMemoryException)
        {
            // What is kept for later may be what is missing now.
            ReleaseKept();
        }

        try
        {
            return _source.Allocate(size + Alignment);
        }
        catch (OutOfMemoryException)
        {
            Forget(size);
            throw new OutOfMemoryException(
                $"No block of {size:N0} bytes is to be had with {LiveBytes:N0} bytes in use: "
                + "use smaller batches, or return tensors with a TensorScope.");
        }
    }

    /// <summary>Returns a block that <see cref="Rent"/> gave for the same <paramref name="byteLength"/>.</summary>
    public void Return(long address, long byteLength)
    {
        long size = SizeClass(byteLength);
        Forget(size);
        lock (_lock)
        {
            if (_disposed)
            {
                _source.Free(address);
                return;
            }

            if (!_free.TryGetValue(size, out var blocks))
                _free.Add(size, blocks = new Stack<long>());
            blocks.Push(address);
        }
    }

    /// <summary>Gives the kept blocks back to the operating system. Blocks still handed out stay valid.</summary>
    public void Dispose()
    {
        lock (_lock)
            _disposed = true;
        ReleaseKept();
    }

    private void ReleaseKept()
    {
        lock (_lock)
        {
            foreach (long address in _free.Values.SelectMany(blocks => blocks))
                _source.Free(address);
            _free.Clear();
        }
    }

    private static long SizeClass(long byteLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteLength);
        long step = Math.Max(Alignment, (long)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(byteLength, 1)) >> 3);
        return Math.Max(step, (byteLength + step - 1) / step * step);
    }

    private void Forget(long size)
    {
        lock (_lock)
        {
            LiveBlocks--;
            LiveBytes -= size;
        }
    }
}
