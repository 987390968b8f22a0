using Engine.Bench.Workloads;
using Engine.Core.Autodiff;
using Engine.Kernels;
using static System.FormattableString;

namespace Engine.Bench.Comparing;

/// <summary>Runs the same work on several devices, the first of which is the reference.</summary>
/// <param name="devices">The devices.</param>
/// <param name="repeats">Timed calls of each piece of work.</param>
/// <param name="limit">The time that one piece of work may take on one device before no further call of it is made.</param>
/// <param name="cancel">Asks to stop.</param>
internal sealed class Comparer(IReadOnlyList<ComparedDevice> devices, int repeats, TimeSpan limit, CancellationToken cancel)
{
    /// <summary>The largest relative difference allowed for operations in an element type.</summary>
    public static double OperationTolerance(ElementType type) => type == ElementType.Float64 ? 1e-10 : 1e-5;

    /// <summary>Compares devices on a workload.</summary>
    public Comparison Compare(Workload workload)
        => new(workload.Name, "", nameof(ElementType.Float32), workload.Tolerance, Run(workload, Timing.WarmUp));

    /// <summary>Compares devices on the sample of an operation, with derivatives.</summary>
    public Comparison Compare(OperationSample sample, ElementType type)
    {
        var work = new Workload(sample.Operation.Name, sample.Case, device => new OperationWork(sample, type, device))
        {
            Tolerance = OperationTolerance(type),
        };
        return new(work.Name, sample.Case, type.ToString(), work.Tolerance, Run(work, TimeSpan.Zero));
    }

    private Outcome[] Run(Workload workload, TimeSpan warmUp)
    {
        var (first, results) = Run(workload, devices[0], warmUp, null, null);
        return [first, .. devices.Skip(1).Select(device => Run(workload, device, warmUp, first, results).Outcome)];
    }

    private (Outcome Outcome, double[][]? Results) Run(
        Workload workload, ComparedDevice device, TimeSpan warmUp, Outcome? reference, double[][]? expected)
    {
        var outcome = new Outcome(device.Name);
        if (device.Lost is not null)
            return (outcome with { Skipped = "the device was lost" }, null);

        // A call can't be interrupted: what is bound to take too long is not begun.
        if (reference?.MedianMs is { } median && device.Peak is { } peak && devices[0].Peak is { } fast
            && peak.TimesSlowerThan(fast) is var slower
            && slower * median > limit.TotalMilliseconds)
        {
            string reason = Invariant($"over {limit.TotalSeconds:0.#} s, since the device is {slower:0} times slower");
            return (outcome with { Skipped = reason }, null);
        }

        try
        {
            var (results, timing) = Measure(workload, device.Device, warmUp);
            if (results is null)
                return (outcome with { Skipped = Invariant($"over {limit.TotalSeconds:0.#} s") }, null);
            double? difference = expected is null ? null : RelativeDifference.Of(results, expected);
            return (outcome with
            {
                MedianMs = timing!.Median,
                Calls = timing.Calls,
                Ratio = timing.Median / reference?.MedianMs,
                ShareOfPeak = workload.Effort == default ? null : device.Peak?.LeastSeconds(workload.Effort) / (timing.Median / 1000),
                Difference = difference,
                Passed = difference is null ? null : difference <= workload.Tolerance,
            }, results);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // One failure should not cost what all the others show.
            device.Note(e);
            return (outcome with { Failed = Outcome.Describe(e), Passed = false }, null);
        }
    }

    private (double[][]? Results, Timing? Timing) Measure(Workload workload, Device device, TimeSpan warmUp)
    {
        Deadline end = new(limit), warm = new(warmUp < limit / 2 ? warmUp : limit / 2);
        using var work = workload.Create(device);
        cancel.ThrowIfCancellationRequested();
        var results = work.Run();
        double[][] values = [.. results.Select(result => result.ToDoubles())];
        foreach (var result in results)
            result.Dispose();
        if (end.IsPast)
            return (null, null);
        while (!warm.IsPast)
            Timing.Call(work, device, cancel);
        return (values, Timing.Of(work, device, repeats, end, cancel));
    }
}
