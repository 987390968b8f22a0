using Engine.Bench.Output;
using Spectre.Console;
using static System.FormattableString;

namespace Engine.Bench.Comparing;

/// <summary>Prints comparisons.</summary>
internal static class ComparisonTables
{
    /// <summary>Prints devices, workloads and operations.</summary>
    public static void Write(IAnsiConsole console, ComparisonReport report)
    {
        console.WriteTable(
            ["Device", ">Threads", ">GFLOP/s", ">GB/s", "Description"],
            report.Devices.Select(device => (string[])[
                device.Name,
                Invariant($"{device.Device.Concurrency}"),
                device.Peak is { } peak ? Invariant($"{peak.FlopsPerSecond / 1e9:0.###}") : "-",
                device.Peak is { } same ? Invariant($"{same.BytesPerSecond / 1e9:0.###}") : "-",
                device.Lost is { } loss ? $"lost: {loss}"
                    : device.Failed is { } reason ? $"failed: {reason}"
                    : device.Device.Description]));
        if (report.Workloads.Count > 0)
        {
            console.WriteTable(
                ["Workload", "Device", ">ms", ">Ratio", ">Of peak", ">Difference", ">Allowed", ""],
                report.Workloads.SelectMany(work => work.Outcomes.Select((outcome, i) => (string[])[
                    i == 0 ? work.Name : "",
                    outcome.Device,
                    Time(outcome.MedianMs),
                    Ratio(outcome.Ratio),
                    outcome.ShareOfPeak is { } share ? Invariant($"{share:0.0%}") : "-",
                    Difference(outcome.Difference),
                    i == 0 ? "" : Invariant($"{work.Tolerance:0E+0}"),
                    Verdict(outcome, i == 0)])));
        }

        if (report.Operations.Count > 0)
        {
            console.WriteTable(
                ["Operation", "Case", "Device", ">ms", ">Ratio", ">Float64", ">Float32", ""],
                report.Operations.GroupBy(work => (work.Name, work.Case)).SelectMany(sample => Rows([.. sample])));
        }
    }

    /// <summary>A ratio of times as people say it: 3.2, or 1/15.</summary>
    public static string Ratio(double? ratio)
    {
        return ratio switch
        {
            null => "-",
            >= 1 and { } more => Text(more),
            { } less => "1/" + Text(1 / less),
        };

        static string Text(double times) => times < 10 ? Invariant($"{times:0.0}") : Invariant($"{times:0}");
    }

    // A sample's comparisons differ in the element type. Times are those of the last, Float32. The reference has a row if something
    // went wrong on it.
    private static IEnumerable<string[]> Rows(IReadOnlyList<Comparison> types)
    {
        for (int device = 0; device < types[0].Outcomes.Count; device++)
        {
            Outcome[] outcomes = [.. types.Select(type => type.Outcomes[device])];
            var worst = outcomes.MaxBy(outcome => outcome switch
            {
                { Failed: not null } => 3,
                { Skipped: not null } => 2,
                { Passed: not true } => 1,
                _ => 0,
            })!;
            if (device == 0 && worst is { Failed: null, Skipped: null })
                continue;
            var (name, kind, last) = (types[0].Name, types[0].Case, outcomes[^1]);
            yield return
            [
                name, kind, last.Device, Time(last.MedianMs), Ratio(last.Ratio),
                .. outcomes.Select(outcome => Difference(outcome.Difference)), Verdict(worst, false),
            ];
        }
    }

    private static string Verdict(Outcome outcome, bool isReference) => outcome switch
    {
        { Failed: { } reason } => $"failed: {reason}",
        { Skipped: { } reason } => $"skipped: {reason}",
        { Passed: false } => "differs",
        { Passed: true } => "ok",
        _ => isReference ? "reference" : "not compared",
    };

    private static string Time(double? ms) => ms is { } known ? ShortNumber.Text(known) : "-";

    private static string Difference(double? difference) => difference is { } known ? Invariant($"{known:0.0E+0}") : "-";
}
