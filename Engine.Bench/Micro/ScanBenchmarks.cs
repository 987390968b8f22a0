using BenchmarkDotNet.Attributes;
using Engine.Core;

namespace Engine.Bench.Micro;

/// <summary>Linear recurrences over 20 time steps of 4,096 environments.</summary>
public class ScanBenchmarks : DeviceBenchmark
{
    private Tensor _factors = null!, _addends = null!;

    /// <summary>From the last to the first, as lambda-returns are.</summary>
    [Benchmark]
    public void Reverse() => Run(() => Tensor.ReverseScan(_factors, _addends));

    /// <summary>From the first to the last, as their gradients are.</summary>
    [Benchmark]
    public void Forward() => Run(() => Tensor.ForwardScan(_factors, _addends));

    /// <inheritdoc/>
    private protected override void MakeInputs() => (_factors, _addends) = (Normal(20, 4096), Normal(20, 4096));
}
