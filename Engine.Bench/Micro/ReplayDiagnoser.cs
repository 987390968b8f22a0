using BenchmarkDotNet.Analysers;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Engines;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Validators;
using Engine.Bench.Workloads;

namespace Engine.Bench.Micro;

/// <summary>
/// Puts what a replay of each benchmark gives to its device beside its time, in all reports: commands, kernels, copies, working_bytes. A
/// benchmark counts them when it closes its device, see <see cref="DeviceBenchmark"/>.
/// </summary>
internal sealed class ReplayDiagnoser : IDiagnoser
{
    /// <summary>What is counted, by the names that reports have it under.</summary>
    public static readonly IReadOnlyList<(string Name, Func<ReplayCounts, long> Count)> Metrics =
    [
        ("commands", counts => counts.Commands),
        ("kernels", counts => counts.Kernels),
        ("copies", counts => counts.Copies),
        ("working_bytes", counts => counts.WorkingBytes),
    ];

    /// <inheritdoc/>
    public IEnumerable<string> Ids => [nameof(ReplayDiagnoser)];

    /// <inheritdoc/>
    public IEnumerable<IExporter> Exporters => [];

    /// <inheritdoc/>
    public IEnumerable<IAnalyser> Analysers => [];

    /// <inheritdoc/>
    public RunMode GetRunMode(BenchmarkCase benchmarkCase) => RunMode.NoOverhead;

    /// <inheritdoc/>
    public bool RequiresBlockingAcknowledgments(BenchmarkCase benchmarkCase) => false;

    /// <inheritdoc/>
    public void Handle(HostSignal signal, DiagnoserActionParameters parameters)
    {
        // The benchmark counts by itself.
    }

    /// <inheritdoc/>
    public IEnumerable<Metric> ProcessResults(DiagnoserResults results)
        => DeviceBenchmark.Counted is { } counts
            ? Metrics.Select((metric, number) => new Metric(new Descriptor(metric.Name, number), metric.Count(counts)))
            : [];

    /// <inheritdoc/>
    public void DisplayResults(ILogger logger)
    {
        // Reports have them.
    }

    /// <inheritdoc/>
    public IEnumerable<ValidationError> Validate(ValidationParameters validationParameters) => [];

    private sealed class Descriptor(string name, int number) : IMetricDescriptor
    {
        public string Id => name;

        public string DisplayName => name;

        public string Legend => $"{name} of a replay";

        public string NumberFormat => "0";

        public UnitType UnitType => UnitType.Dimensionless;

        public string Unit => "";

        public bool TheGreaterTheBetter => false;

        public int PriorityInCategory => number;

        public bool GetIsAvailable(Metric metric) => true;
    }
}
