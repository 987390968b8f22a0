using System.Numerics;
using System.Runtime.ExceptionServices;

namespace Engine.Kernels.Memory;

/// <summary>
/// Memory in size classes (four to a power of two), aligned to 64 bytes. Returned blocks are kept for the next request of their
/// class. Each block ends in 64 spare bytes, so that a vector load at its last element stays inside it.
/// </summary>
/// <remarks>
/// Thread-safe. With the environment variable ENGINE_POISON=1 every pool is <see cref="Poisoned"/>: a search for reads of memory that
/// nobody wrote. With ENGINE_TRACE_BLOCKS=1 every pool is <see cref="Traced"/>: a search for what never returns memory. A pool says so once
/// on standard error when a million blocks (65,536 if traced) are in use of which the garbage collector can return none.
/// </remarks>
public sealed class BufferPool : IDisposable
{
    /// <summary>Alignment of every block and the number of spare bytes behind it.</summary>
    public const int Alignment = 64;

    // As a float, a double or an int alike: NaN, NaN or -1.
    private const byte Poison = 0xFF;

    private static readonly bool s_poisoned = Environment.GetEnvironmentVariable("ENGINE_POISON") == "1";
    private static readonly bool s_traced = Environment.GetEnvironmentVariable("ENGINE_TRACE_BLOCKS") == "1";

    private readonly Dictionary<long, Stack<long>> _free = [];
    private readonly Lock _lock = new();
    private readonly Dictionary<long, string> _sites = [];
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

    /// <summary>Whether what is handed out is filled with bytes 0xFF (NaN, or -1) first, so that undefined contents show.</summary>
    public bool Poisoned { get; set; } = s_poisoned;

    /// <summary>
    /// Whether note is taken of where in the user's code each block is taken, for <see cref="Sites"/>. Slow: some 50 microseconds a block.
    /// </summary>
    public bool Traced { get; set; } = s_traced;

    /// <summary>Where blocks in use were taken while the pool was <see cref="Traced"/>, and how many there, most first.</summary>
    public IReadOnlyList<(string Site, int Blocks)> Sites
    {
        get
        {
            lock (_lock)
                return [.. _sites.Values.CountBy(site => site).Select(site => (site.Key, site.Value)).OrderBy(site => -site.Value)];
        }
    }

    /// <summary>What looks after <see cref="LiveBlocks"/>.</summary>
    internal BlockGrowth Growth { get; set; } = new(s_traced ? 1 << 16 : 1 << 20);

    /// <summary>Takes a block of at least <paramref name="byteLength"/> bytes, with undefined contents.</summary>
    /// <exception cref="OutOfMemoryException">The machine has no such block.</exception>
    /// <exception cref="DeviceException">The device is lost.</exception>
    public long Rent(long byteLength)
    {
        long size = SizeClass(byteLength);
        long address = Kept(size) ?? Allocate(size);
        Spoil(address, size + Alignment);
        string? site = Traced ? CallSite.Here() : null;
        lock (_lock)
        {
            LiveBlocks++;
            LiveBytes += size;
            PeakBytes = Math.Max(PeakBytes, LiveBytes);
            if (site is not null)
                _sites[address] = site;
        }

        if (LiveBlocks >= Growth.Limit)
            Growth.Check(this);
        return address;
    }

    /// <summary>Makes contents undefined that must not be read any more, if the pool is <see cref="Poisoned"/>.</summary>
    internal void Spoil(long address, long byteLength)
    {
        if (Poisoned)
            _source.Fill(address, byteLength, Poison);
    }

    /// <summary>Returns a block that <see cref="Rent"/> gave for the same <paramref name="byteLength"/>.</summary>
    public void Return(long address, long byteLength)
    {
        long size = SizeClass(byteLength);
        lock (_lock)
        {
            LiveBlocks--;
            LiveBytes -= size;
            if (_sites.Count > 0)
                _sites.Remove(address);
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
    /// <exception cref="DeviceException">The device is lost. There is nothing left to give back.</exception>
    public void Dispose()
    {
        lock (_lock)
            _disposed = true;
        ReleaseKept();
    }

    private long? Kept(long size)
    {
        lock (_lock)
            return _free.TryGetValue(size, out var blocks) && blocks.TryPop(out long address) ? address : null;
    }

    private long Allocate(long size)
    {
        if (TryAllocate(size) is { } address)
            return address;

        // What is missing now may be kept for later, or be held by tensors that nobody can reach any more.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        ReleaseKept();
        return TryAllocate(size) ?? throw new OutOfMemoryException(
            $"No block of {size:N0} bytes is to be had with {LiveBytes:N0} bytes in use: "
            + "use smaller batches, or return tensors with a TensorScope.");
    }

    private long? TryAllocate(long size)
    {
        try
        {
            return _source.Allocate(size + Alignment);
        }
        catch (OutOfMemoryException)
        {
            return null;
        }
    }

    /// <summary>Gives back what is kept for later: all of it, whatever becomes of one; the first failure is told in the end.</summary>
    internal void ReleaseKept()
    {
        ExceptionDispatchInfo? failure = null;
        lock (_lock)
        {
            foreach (long address in _free.Values.SelectMany(blocks => blocks))
            {
                try
                {
                    _source.Free(address);
                }
                catch (Exception e)
                {
                    failure ??= ExceptionDispatchInfo.Capture(e);
                }
            }

            _free.Clear();
        }

        failure?.Throw();
    }

    private static long SizeClass(long byteLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteLength);
        long step = Math.Max(Alignment, (long)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(byteLength, 1)) >> 3);
        return Math.Max(step, (byteLength + step - 1) / step * step);
    }
}
