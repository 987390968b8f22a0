using System.Diagnostics;
using Engine.Kernels;

namespace Engine.Bench.Workloads;

/// <summary>Times of calls of a piece of work, in milliseconds.</summary>
/// <param name="Median">The median.</param>
/// <param name="Min">The least.</param>
/// <param name="Calls">How many calls were timed.</param>
/// <param name="ManagedBytes">Managed memory taken in a call.</param>
internal sealed record Timing(double Median, double Min, int Calls, long ManagedBytes)
{
    /// <summary>
    /// The time to warm up: the first calls record a program, and the runtime takes some more to compile its kernels for good.
    /// </summary>
    public static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);

    /// <summary>One call, with its results thrown away.</summary>
    public static TimeSpan Call(IWork work, Device device, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        long start = Stopwatch.GetTimestamp();
        var results = work.Run();
        device.Synchronize();
        var time = Stopwatch.GetElapsedTime(start);
        foreach (var result in results)
            result.Dispose();
        return time;
    }

    /// <summary>Times calls of work that is warm.</summary>
    /// <param name="work">The work.</param>
    /// <param name="device">Where it is done.</param>
    /// <param name="repeats">How many calls.</param>
    /// <param name="until">No call begins after this, but for the first.</param>
    /// <param name="cancel">Asks to stop.</param>
    public static Timing Of(IWork work, Device device, int repeats, Deadline until, CancellationToken cancel)
    {
        var times = new List<double>(repeats);
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        do
            times.Add(Call(work, device, cancel).TotalMilliseconds);
        while (times.Count < repeats && !until.IsPast);
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        times.Sort();
        return new(times[times.Count / 2], times[0], times.Count, allocated / times.Count);
    }
}

/// <summary>A moment after which nothing long should begin.</summary>
internal readonly struct Deadline(TimeSpan time)
{
    private readonly long _began = Stopwatch.GetTimestamp();

    /// <summary>Whether it has passed.</summary>
    public bool IsPast => Stopwatch.GetElapsedTime(_began) > time;
}
