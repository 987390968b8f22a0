using BenchmarkDotNet.Attributes;
using Engine.Bench.Workloads;

namespace Engine.Bench.Micro;

/// <summary>Whole steps: the reference workloads that are replayed programs.</summary>
public class StepBenchmarks : DeviceBenchmark
{
    private IWork _work = null!;

    /// <summary>The workloads' names.</summary>
    public static IEnumerable<string> Names
        => Workloads.Workload.All.Select(workload => workload.Name).Where(
            name => name.StartsWith("snake-", StringComparison.Ordinal) || name.StartsWith("mrp-meta-", StringComparison.Ordinal));

    /// <summary>The workload.</summary>
    [ParamsSource(nameof(Names))]
    public string Workload { get; set; } = "";

    /// <summary>One call.</summary>
    [Benchmark]
    public void Call() => Timing.Call(_work, Opened, Chosen.Cancel);

    /// <inheritdoc/>
    private protected override void MakeInputs()
        => _work = Workloads.Workload.All.Single(workload => workload.Name == Workload).Create(Opened);

    /// <inheritdoc/>
    private protected override IWork Recorded() => _work;
}
