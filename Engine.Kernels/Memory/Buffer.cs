namespace Engine.Kernels.Memory;

/// <summary>A block of memory on a device. It is returned to the device's pool by <see cref="Device.Free"/>.</summary>
public sealed class Buffer
{
    private readonly long _address;

    // Whose turn it is to return the memory is decided here: threads may dispose a tensor at the same time.
    private int _isFreed;
    private Guard? _guard;

    internal Buffer(Device device, long address, long byteLength)
    {
        Device = device;
        _address = address;
        ByteLength = byteLength;
    }

    /// <summary>The device that owns the memory.</summary>
    public Device Device { get; }

    /// <summary>The size that was asked for, in bytes.</summary>
    public long ByteLength { get; }

    /// <summary>Whether the memory has been returned.</summary>
    public bool IsFreed => Volatile.Read(ref _isFreed) != 0 || Whole is { IsFreed: true };

    /// <summary>Whether the memory is a recording's, which alone returns it.</summary>
    internal bool IsRecorded { get; init; }

    /// <summary>The block of which this is a part, or null.</summary>
    internal Buffer? Whole { get; init; }

    /// <summary>Whether the memory is a part of another buffer's, see <see cref="Part"/>.</summary>
    internal bool IsPart { get; private init; }

    /// <summary>The number of this buffer among those of the program under recording, or -1.</summary>
    internal int Slot { get; init; } = -1;

    internal long Address => IsFreed
        ? throw new ObjectDisposedException(nameof(Buffer), "This tensor's memory has been returned: its scope ended or it was disposed.")
        : _address;

    /// <summary>A view for a kernel that only reads.</summary>
    public View<T> Read<T>()
        where T : unmanaged
        => See<T>(Access.Read);

    /// <summary>A view for a kernel that writes every element it is meant to hold, and reads none.</summary>
    public View<T> Write<T>()
        where T : unmanaged
        => See<T>(Access.Write);

    /// <summary>A view for a kernel that builds on what the buffer holds.</summary>
    public View<T> Update<T>()
        where T : unmanaged
        => See<T>(Access.Read | Access.Write);

    /// <summary>
    /// A part of the memory as a buffer of its own, which is returned with the whole. Only within a recording, whose memory nobody returns
    /// while the part is in use.
    /// </summary>
    internal Buffer Part(long startByte, long byteLength)
        => new(Device, Address + startByte, byteLength) { Slot = Slot, IsRecorded = IsRecorded, Whole = Whole ?? this, IsPart = true };

    /// <summary>
    /// Has the garbage collector return the memory when nothing refers to this any more. Costs as much as a small kernel, so it is for
    /// memory that nobody else is sure to return.
    /// </summary>
    public void ReturnWhenUnreachable()
    {
        if (IsRecorded || IsFreed)
            return;
        var guard = new Guard(this);
        if (Interlocked.CompareExchange(ref _guard, guard, null) is not null)
            GC.SuppressFinalize(guard);
        else
            guard.Count();

        // Another thread may have returned it meanwhile, and not have seen the guard.
        if (IsFreed)
            _guard.Release();
    }

    /// <summary>Returns the memory to its device's pool. A second call does nothing, whichever thread it comes from.</summary>
    internal void Free()
    {
        if (Whole is not null || Interlocked.Exchange(ref _isFreed, 1) != 0)
            return;
        Volatile.Read(ref _guard)?.Release();
        Device.Pool.Return(_address, ByteLength);
    }

    /// <summary>Has this and its parts be as if returned. It has no memory of its own.</summary>
    internal void Forget() => Volatile.Write(ref _isFreed, 1);

    private unsafe View<T> See<T>(Access access)
        where T : unmanaged
    {
        Recording.Current?.Touch(this, access);
        return new View<T>(Address, checked((int)(ByteLength / sizeof(T))));
    }

    // The collector does not see memory outside of its heap. It is called when what depends on it has doubled, and not for what is
    // disposed in time, as it would be by GC.AddMemoryPressure.
    private sealed class Guard(Buffer buffer)
    {
        private const long LeastLimit = 256L << 20;

        private static long s_bytes, s_limit = LeastLimit;

        private long _counted;

        public void Count()
        {
            _counted = buffer.ByteLength;
            if (Interlocked.Add(ref s_bytes, buffer.ByteLength) <= Volatile.Read(ref s_limit))
                return;
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Volatile.Write(ref s_limit, Math.Max(LeastLimit, 2 * Interlocked.Read(ref s_bytes)));
        }

        ~Guard()
        {
            try
            {
                buffer.Free();
            }
            catch (Exception)
            {
                // Of a device that is gone: nobody is there to be told, and its memory went with it.
            }
        }

        public void Release()
        {
            GC.SuppressFinalize(this);
            Interlocked.Add(ref s_bytes, -Interlocked.Exchange(ref _counted, 0));
        }
    }
}

/// <summary>What a kernel does with a buffer.</summary>
[Flags]
internal enum Access
{
    Read = 1,
    Write = 2,
}
