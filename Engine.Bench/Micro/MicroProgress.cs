using BenchmarkDotNet.EventProcessors;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using Engine.Bench.Output;

namespace Engine.Bench.Micro;

/// <summary>Tells how many benchmarks are done, and stops before the next one if asked to.</summary>
/// <param name="progress">What shows it.</param>
/// <param name="total">How many there are.</param>
/// <param name="cancel">Asks to stop.</param>
internal sealed class MicroProgress(IProgressDisplay progress, int total, CancellationToken cancel) : EventProcessor
{
    private int _done;

    /// <inheritdoc/>
    public override void OnStartRunBenchmark(BenchmarkCase benchmarkCase) => cancel.ThrowIfCancellationRequested();

    /// <inheritdoc/>
    public override void OnEndRunBenchmark(BenchmarkCase benchmarkCase, BenchmarkReport report)
        => progress.Report("benchmarks", ++_done, total);
}
