using System.Diagnostics;
using Engine.Bench.Comparing;
using Engine.Bench.Workloads;
using static System.FormattableString;

namespace Engine.Bench.Scaling;

/// <summary>Measures points, each in memory of its own, and leaves out those that would take too much.</summary>
/// <param name="settings">What is measured.</param>
/// <param name="cancel">Asks to stop.</param>
internal sealed class Scaler(ScalingSettings settings, CancellationToken cancel)
{
    private const double GiB = 1 << 30;

    // The rest is others'.
    private const double MostOfMemory = 0.5;

    // A replay that is counted, one that is timed.
    private const int LeastReplays = 2;

    /// <summary>Measures a point, or says why not.</summary>
    /// <param name="ladder">What grows.</param>
    /// <param name="value">Its value.</param>
    /// <param name="device">Where.</param>
    /// <param name="smaller">The points of smaller values there.</param>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    public ScalingPoint Measure(ScalingLadder ladder, int value, ComparedDevice device, IEnumerable<ScalingPoint> smaller)
    {
        var point = new ScalingPoint(ladder.Axis, value, device.Name);
        if (Refusal(ladder, value, device, [.. smaller]) is { } reason)
            return point with { Skipped = reason };
        try
        {
            return Measure(point, ladder, device);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // One failure should not cost what all the others show.
            device.Note(e);
            return point with { Failed = Outcome.Describe(e) };
        }
    }

    // A call can't be interrupted, nor is memory easily had back: what is bound to take too much is not begun.
    private string? Refusal(ScalingLadder ladder, int value, ComparedDevice device, ScalingPoint[] smaller)
    {
        if (device.Lost is not null)
            return "the device was lost";
        if (Array.Find(smaller, point => point.Failed is not null) is { } failed)
            return Invariant($"{failed.Value} failed");
        if (smaller.LastOrDefault(point => point.MedianMs is not null) is not { } last)
            return null;
        double times = ladder.Times(value, last.Value);
        double seconds = times * (last.PrepareMs + (LeastReplays * last.MedianMs))!.Value / 1000;
        double bytes = times * last.WorkingBytes!.Value, most = settings.MemoryLimit * GiB ?? MostOfMemory * device.Device.MemoryBytes;
        return seconds > settings.Limit ? Invariant($"about {seconds:0.#} s, over the limit of {settings.Limit:0.#}")
            : bytes > most ? Invariant($"about {bytes / GiB:0.##} GiB, over the {most / GiB:0.##} allowed")
            : null;
    }

    private ScalingPoint Measure(ScalingPoint point, ScalingLadder ladder, ComparedDevice device)
    {
        var end = new Deadline(TimeSpan.FromSeconds(settings.Limit));
        var warm = new Deadline(TimeSpan.FromSeconds(Math.Min(settings.WarmUp, settings.Limit / 2)));
        cancel.ThrowIfCancellationRequested();
        using var own = device.Device.Fork();
        long start = Stopwatch.GetTimestamp();
        var (work, frames) = ladder.Create(settings, point.Value, own);
        using (work)
        {
            Timing.Call(work, own, cancel);
            var prepare = Stopwatch.GetElapsedTime(start);
            var counts = ReplayCounts.Of(work, own, cancel);
            while (!warm.IsPast)
                Timing.Call(work, own, cancel);
            var timing = Timing.Of(work, own, settings.Repeats, end, cancel);
            return point with
            {
                MedianMs = timing.Median,
                MinMs = timing.Min,
                Calls = timing.Calls,
                PrepareMs = prepare.TotalMilliseconds,
                FramesPerSecond = frames / (timing.Median / 1000),
                Commands = counts.Commands,
                Kernels = counts.Kernels,
                Copies = counts.Copies,
                WorkingBytes = counts.WorkingBytes,
            };
        }
    }
}
