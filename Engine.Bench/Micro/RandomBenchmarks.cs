using BenchmarkDotNet.Attributes;
using Engine.Core;

namespace Engine.Bench.Micro;

/// <summary>A million random numbers, from 1,024 keys.</summary>
public class RandomBenchmarks : DeviceBenchmark
{
    private const int Rows = 1024;

    private const int Columns = 1024;

    private Key _key;

    /// <summary>Uniform ones.</summary>
    [Benchmark]
    public void Uniform() => Run(() => Tensor.Uniform(_key, [Columns]));

    /// <summary>Normal ones.</summary>
    [Benchmark]
    public void Normal() => Run(() => Tensor.Normal(_key, [Columns]));

    /// <summary>Integers.</summary>
    [Benchmark]
    public void Integers() => Run(() => Tensor.Integers(_key, 0, 10, [Columns]));

    /// <inheritdoc/>
    private protected override void MakeInputs() => _key = new Key(Keep(Made()));

    private Tensor Made()
    {
        using var scope = new TensorScope();
        return scope.Keep(Key.Of(0, Opened).Split(Rows).Words);
    }
}
