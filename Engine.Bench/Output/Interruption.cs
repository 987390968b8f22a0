using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Engine.Bench.Output;

/// <summary>Turns Ctrl-C, a request to terminate and a closed terminal into a token. Whoever asks a second time is not held up.</summary>
public sealed class Interruption : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(0.2);

    // One request may come twice: from the terminal, and from the program that has started this one.
    private static readonly TimeSpan s_echo = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;
    private long _first;

    /// <summary>Listens to the signals until it is disposed.</summary>
    public Interruption()
        => _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, Handle),
        ];

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();

        // The source stays usable: a signal that came just before may still be on its way to the handler.
    }

    private void Handle(PosixSignalContext context)
    {
        long first = Interlocked.CompareExchange(ref _first, Stopwatch.GetTimestamp(), 0);
        if (first != 0 && Stopwatch.GetElapsedTime(first) > s_echo)
        {
            // The end comes at once, even where the terminal takes nothing any more.
            Task.Run(Consoles.ShowCursor).Wait(s_patience);
            return;
        }

        context.Cancel = true;
        _source.Cancel();
    }
}
