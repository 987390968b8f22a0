using BenchmarkDotNet.EventProcessors;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using Engine.Bench.Commands;
using Engine.Bench.Output;

namespace Engine.Bench.Micro;

/// <summary>Tells how many benchmarks are done and why some failed, and stops before the next one if asked to.</summary>
/// <param name="progress">What shows it.</param>
/// <param name="total">How many there are.</param>
/// <param name="failures">Receives a line for each that failed.</param>
/// <param name="cancel">Asks to stop.</param>
internal sealed class MicroProgress(IProgressDisplay progress, int total, ICollection<string> failures, CancellationToken cancel)
    : EventProcessor
{
    private int _done;

    /// <summary>What BenchmarkDotNet tells only there.</summary>
    public MicroLog Log { get; } = new();

    /// <inheritdoc/>
    public override void OnStartRunBenchmark(BenchmarkCase benchmarkCase)
    {
        cancel.ThrowIfCancellationRequested();
        Log.Clear();
    }

    /// <inheritdoc/>
    public override void OnEndRunBenchmark(BenchmarkCase benchmarkCase, BenchmarkReport report)
    {
        if (!report.Success)
        {
            var device = benchmarkCase.Parameters.Items.FirstOrDefault(item => item.Name == nameof(DeviceBenchmark.Device));
            string where = device is null ? "" : $" on {device.Value}";
            failures.Add($"{MicroCommand.Name(benchmarkCase)} failed{where}: {Log.Reason ?? "the log among the reports says more"}.");
        }

        progress.Report("benchmarks", ++_done, total);
    }
}
