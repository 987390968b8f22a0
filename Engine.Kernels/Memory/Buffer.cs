namespace Engine.Kernels.Memory;

/// <summary>A block of memory on a device. It is returned to the device's pool by <see cref="Device.Free"/>.</summary>
public sealed class Buffer
{
    private readonly long _address;
    private bool _isFreed;

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
    public bool IsFreed
    {
        get => _isFreed || Whole is { _isFreed: true };
        internal set => _isFreed = value;
    }

    /// <summary>Whether the memory is a recording's, which alone returns it.</summary>
    internal bool IsRecorded { get; init; }

    /// <summary>The block of which this is a part, or null.</summary>
    internal Buffer? Whole { get; init; }

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

    private unsafe View<T> See<T>(Access access)
        where T : unmanaged
    {
        Recording.Current?.Touch(this, access);
        return new View<T>(Address, checked((int)(ByteLength / sizeof(T))));
    }
}

/// <summary>What a kernel does with a buffer.</summary>
[Flags]
internal enum Access
{
    Read = 1,
    Write = 2,
}
