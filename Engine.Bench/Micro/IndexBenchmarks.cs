using BenchmarkDotNet.Attributes;
using Engine.Core;

namespace Engine.Bench.Micro;

/// <summary>Rows taken by their numbers, and added where numbers say.</summary>
public class IndexBenchmarks : DeviceBenchmark
{
    private const int Rows = 4096;

    private Tensor _x = null!, _numbers = null!;

    /// <summary>Rows by their numbers.</summary>
    [Benchmark]
    public void Take() => Run(() => _x.Take(0, _numbers));

    /// <summary>Sums of rows that share a number.</summary>
    [Benchmark]
    public void ScatterAdd() => Run(() => _x.ScatterAdd(0, _numbers, Rows));

    /// <inheritdoc/>
    private protected override void MakeInputs()
    {
        _x = Normal(Rows, 256);
        using var scope = new TensorScope();
        _numbers = Keep(scope.Keep(Tensor.Integers(Key.Of(0, Opened), 0, Rows, [Rows])));
    }
}
