using BenchmarkDotNet.Attributes;
using Engine.Core;

namespace Engine.Bench.Micro;

/// <summary>Matrix products.</summary>
public class MatMulBenchmarks : DeviceBenchmark
{
    private Tensor _square = null!, _features = null!, _weights = null!, _hidden = null!, _small = null!;

    /// <summary>[512, 512] x [512, 512].</summary>
    [Benchmark]
    public void Square() => Run(() => _square.MatMul(_square));

    /// <summary>[640, 288] x [288, 40]: the dense layer of the Snake network.</summary>
    [Benchmark]
    public void Dense() => Run(() => _features.MatMul(_weights));

    /// <summary>[288, 640] x [640, 40]: its weights' gradient.</summary>
    [Benchmark]
    public void DenseWeights() => Run(() => _features.MatMul(_hidden, transposeA: true));

    /// <summary>2,048 products [10, 10] x [10, 10], as in thousands of small networks.</summary>
    [Benchmark]
    public void Batch() => Run(() => _small.MatMul(_small));

    /// <inheritdoc/>
    private protected override void MakeInputs()
    {
        (_square, _small) = (Normal(512, 512), Normal(2048, 10, 10));
        (_features, _weights, _hidden) = (Normal(640, 288), Normal(288, 40), Normal(640, 40));
    }
}
