namespace Engine.Kernels;

/// <summary>
/// A fixed set of threads that share commands. A command that comes while the team is busy (from inside another one, or from a
/// second caller) runs on the calling thread alone, so nesting costs nothing and can't deadlock.
/// </summary>
internal sealed class ThreadTeam : IDisposable
{
    private const int SpinsBeforeParking = 200;

    private readonly Thread[] _helpers;
    private readonly SemaphoreSlim[] _wake;
    private readonly bool[] _parked;
    private readonly Lock _busy = new();
    private SharedCommand? _command;
    private Exception? _failure;
    private int _tasks;
    private int _pending;
    private int _epoch;
    private bool _stopped;

    public ThreadTeam(int threads)
    {
        Threads = threads;
        _helpers = new Thread[threads - 1];
        _wake = new SemaphoreSlim[threads - 1];
        _parked = new bool[threads - 1];
        for (int i = 0; i < _helpers.Length; i++)
        {
            int number = i;
            _wake[i] = new SemaphoreSlim(0);
            _helpers[i] = new Thread(() => Help(number)) { IsBackground = true, Name = $"engine {i + 1}" };
            _helpers[i].Start();
        }
    }

    public int Threads { get; }

    public void Run(SharedCommand command)
    {
        int tasks = Math.Min(Threads, command.Count / Math.Max(1, command.Grain));
        if (tasks <= 1 || _busy.IsHeldByCurrentThread || !_busy.TryEnter())
        {
            if (command.Count > 0)
                command.Run(0, command.Count);
            return;
        }

        try
        {
            if (_stopped)
            {
                command.Run(0, command.Count);
                return;
            }

            _command = command;
            _failure = null;
            _tasks = tasks;
            _pending = _helpers.Length;
            Interlocked.Increment(ref _epoch);
            for (int i = 0; i < _helpers.Length; i++)
            {
                if (Volatile.Read(ref _parked[i]))
                    _wake[i].Release();
            }

            Share(0);
            var spin = default(SpinWait);
            while (Volatile.Read(ref _pending) > 0)
                spin.SpinOnce(sleep1Threshold: -1);
            _command = null;
            if (_failure is { } failure)
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        }
        finally
        {
            _busy.Exit();
        }
    }

    public void Dispose()
    {
        // Not while helpers are counted on.
        lock (_busy)
        {
            _stopped = true;
            Interlocked.Increment(ref _epoch);
        }

        foreach (var wake in _wake)
            wake.Release();
        foreach (var helper in _helpers)
            helper.Join();
    }

    // Task k of n does its n-th part of the units, whoever runs it.
    private void Share(int task)
    {
        if (task >= _tasks)
            return;
        var command = _command!;
        int start = (int)((long)command.Count * task / _tasks);
        int end = (int)((long)command.Count * (task + 1) / _tasks);
        try
        {
            command.Run(start, end);
        }
        catch (Exception failure)
        {
            Interlocked.CompareExchange(ref _failure, failure, null);
        }
    }

    private void Help(int number)
    {
        int seen = 0;
        while (true)
        {
            var spin = default(SpinWait);
            for (int i = 0; Volatile.Read(ref _epoch) == seen; i++)
            {
                if (i < SpinsBeforeParking)
                {
                    spin.SpinOnce(sleep1Threshold: -1);
                    continue;
                }

                // Between the announcement and the wait the caller may start: it then sees the announcement and releases.
                Volatile.Write(ref _parked[number], true);
                Interlocked.MemoryBarrier();
                if (Volatile.Read(ref _epoch) == seen)
                    _wake[number].Wait();
                Volatile.Write(ref _parked[number], false);
            }

            seen = Volatile.Read(ref _epoch);
            if (_stopped)
                return;
            Share(number + 1);
            Interlocked.Decrement(ref _pending);
        }
    }
}
