using BenchmarkDotNet.Attributes;
using Engine.Core;

namespace Engine.Bench.Micro;

/// <summary>Functions of each element.</summary>
public class MapBenchmarks : DeviceBenchmark
{
    private Tensor _x = null!, _row = null!;

    /// <summary>tanh of each.</summary>
    [Benchmark]
    public void Tanh() => Run(() => _x.Tanh());

    /// <summary>2 x + x, which takes no time but for the memory.</summary>
    [Benchmark]
    public void Axpy() => Run(() => Tensor.LinearCombination(2, _x, 1, _x));

    /// <summary>x + row, where the row is repeated.</summary>
    [Benchmark]
    public void AddRow() => Run(() => _x + _row);

    /// <summary>x y + z in one pass.</summary>
    [Benchmark]
    public void MultiplyAdd() => Run(() => Tensor.MultiplyAdd(_x, _row, _x));

    /// <inheritdoc/>
    private protected override void MakeInputs() => (_x, _row) = (Normal(4096, 256), Normal(256));
}
