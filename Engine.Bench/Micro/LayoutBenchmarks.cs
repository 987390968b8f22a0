using BenchmarkDotNet.Attributes;
using Engine.Core;

namespace Engine.Bench.Micro;

/// <summary>Copies between strided layouts.</summary>
public class LayoutBenchmarks : DeviceBenchmark
{
    private Tensor _x = null!;

    /// <summary>Rows and columns exchanged.</summary>
    [Benchmark]
    public void Transpose() => Run(() => _x.Permute(1, 0));

    /// <summary>Every second column.</summary>
    [Benchmark]
    public void SliceInSteps() => Run(() => _x[.., Along.Every(2)]);

    /// <summary>Two after one another.</summary>
    [Benchmark]
    public void Concatenate() => Run(() => Tensor.Concatenate(1, _x, _x));

    /// <inheritdoc/>
    private protected override void MakeInputs() => _x = Normal(1024, 1024);
}
