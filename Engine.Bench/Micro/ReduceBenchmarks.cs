using BenchmarkDotNet.Attributes;
using Engine.Core;

namespace Engine.Bench.Micro;

/// <summary>Sums and maxima.</summary>
public class ReduceBenchmarks : DeviceBenchmark
{
    private Tensor _x = null!;

    /// <summary>The sum of all.</summary>
    [Benchmark]
    public void SumAll() => Run(() => _x.Sum());

    /// <summary>Sums of rows.</summary>
    [Benchmark]
    public void SumRows() => Run(() => _x.Sum(-1));

    /// <summary>Sums of columns.</summary>
    [Benchmark]
    public void SumColumns() => Run(() => _x.Sum(0));

    /// <summary>Maxima of rows.</summary>
    [Benchmark]
    public void MaxRows() => Run(() => _x.Max(-1));

    /// <inheritdoc/>
    private protected override void MakeInputs() => _x = Normal(4096, 256);
}
