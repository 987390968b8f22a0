namespace Engine.Core;

/// <summary>Sees to it that something is used by one thread at a time, and not after its end.</summary>
/// <param name="name">What is used, for messages.</param>
internal sealed class SingleUse(string name)
{
    private const int Idle = 0, Busy = 1, Ended = 2;

    private int _state;

    /// <summary>Begins a use, which ends when what is returned is disposed.</summary>
    /// <exception cref="InvalidOperationException">It is in use.</exception>
    /// <exception cref="ObjectDisposedException">It has ended.</exception>
    public Turn Begin()
    {
        int state = Interlocked.CompareExchange(ref _state, Busy, Idle);
        ThrowIfEnded();
        return state == Idle ? new Turn(this) : throw InUse("run");
    }

    /// <summary>Ends it. Returns whether it had not ended before.</summary>
    /// <exception cref="InvalidOperationException">It is in use.</exception>
    public bool End()
    {
        int state = Interlocked.CompareExchange(ref _state, Ended, Idle);
        return state == Busy ? throw InUse("be disposed") : state == Idle;
    }

    /// <summary>Fails if it has ended.</summary>
    public void ThrowIfEnded()
    {
        if (Volatile.Read(ref _state) == Ended)
            throw new ObjectDisposedException(name);
    }

    private InvalidOperationException InUse(string what)
        => new($"{name}: can't {what} while it is running. It is used by one thread at a time: give each thread one of its own.");

    /// <summary>A use.</summary>
    public readonly struct Turn(SingleUse of) : IDisposable
    {
        /// <inheritdoc/>
        public void Dispose() => Volatile.Write(ref of._state, Idle);
    }
}
