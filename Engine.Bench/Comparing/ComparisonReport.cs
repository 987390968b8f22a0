using Engine.Bench.Output;
using Engine.Bench.Workloads;

namespace Engine.Bench.Comparing;

/// <summary>All comparisons of a run, and the files and the verdict that they lead to.</summary>
/// <param name="devices">The devices, the reference first.</param>
internal sealed class ComparisonReport(IReadOnlyList<ComparedDevice> devices)
{
    /// <summary>The devices, the reference first.</summary>
    public IReadOnlyList<ComparedDevice> Devices => devices;

    /// <summary>Comparisons on workloads.</summary>
    public IList<Comparison> Workloads { get; } = [];

    /// <summary>Comparisons on samples of operations.</summary>
    public IList<Comparison> Operations { get; } = [];

    /// <summary>Whether there is no more to come; false if the run was interrupted.</summary>
    public bool Complete { get; set; }

    /// <summary>Whether something was compared, and nothing failed or differs by more than is allowed.</summary>
    public bool Passed
        => All.All(comparison => comparison.Passed) && Others.Any(outcome => outcome.Passed == true)
        && devices.All(device => device is { Failed: null, Lost: null });

    private IEnumerable<Comparison> All => Workloads.Concat(Operations);

    private IEnumerable<Outcome> Others => All.SelectMany(comparison => comparison.Outcomes.Skip(1));

    /// <summary>What came of it, in a sentence.</summary>
    public string Verdict
    {
        get
        {
            int failed = All.Sum(comparison => comparison.Outcomes.Count(outcome => outcome.Failed is not null))
                + devices.Count(device => device.Failed is not null);
            int skipped = All.Sum(comparison => comparison.Outcomes.Count(outcome => outcome.Skipped is not null));
            int compared = Others.Count(outcome => outcome.Difference is not null);
            int differ = Others.Count(outcome => outcome is { Difference: not null, Passed: false });
            string text = FormattableString.Invariant($"{compared - differ} of {compared} comparisons with {devices[0].Name} agree");
            return text + (failed > 0 ? FormattableString.Invariant($"; {failed} runs failed") : "")
                + (skipped > 0 ? FormattableString.Invariant($"; {skipped} were skipped") : "")
                + string.Concat(devices.Where(device => device.Lost is not null).Select(device => $"; {device.Name} was lost on the way"))
                + ".";
        }
    }

    /// <summary>The whole as JSON.</summary>
    /// <param name="repeats">Timed calls of each piece of work.</param>
    /// <param name="limitSeconds">The time after which no further call was made.</param>
    public string ToJson(int repeats, double limitSeconds) => Json.Write(new
    {
        reference = devices[0].Name,
        Complete,
        Passed = Complete && Passed,
        repeats,
        limitSeconds,
        devices = devices.Select(device => new
        {
            device.Name,
            device.Device.Description,
            device.Device.Driver,
            device.Device.Concurrency,
            device.Peak?.FlopsPerSecond,
            device.Peak?.BytesPerSecond,
            device.Failed,
            device.Lost,
        }),
        workloads = Workloads.Select(comparison =>
        {
            var workload = Workload.All.Single(workload => workload.Name == comparison.Name);
            return new
            {
                comparison.Name,
                description = workload.Describe,
                floatOperations = Known(workload.Effort.Operations),
                bytes = Known(workload.Effort.Bytes),
                comparison.Tolerance,
                comparison.Outcomes,
            };
        }),
        operations = Operations,
    });

    /// <summary>A row for each piece of work on each device.</summary>
    public void WriteCsv(MetricsFile file)
    {
        foreach (var comparison in All)
        {
            foreach (var outcome in comparison.Outcomes)
            {
                file.AppendRow(
                    comparison.Name, comparison.Case, comparison.Type, outcome.Device, outcome.MedianMs, outcome.Calls, outcome.Ratio,
                    outcome.ShareOfPeak, outcome.Difference, comparison.Tolerance, outcome.Passed, outcome.Skipped, outcome.Failed);
            }
        }
    }

    /// <summary>The columns of <see cref="WriteCsv"/>.</summary>
    public static string[] Columns { get; } =
    [
        "name", "case", "type", "device", "median_ms", "calls", "ratio", "share_of_peak", "difference", "tolerance", "passed", "skipped",
        "failed",
    ];

    private static double? Known(double number) => number > 0 ? number : null;
}
