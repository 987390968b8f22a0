using BenchmarkDotNet.Attributes;
using Engine.Core;
using Engine.Core.Operations;
using Engine.Kernels;

namespace Engine.Bench.Micro;

/// <summary>A million random numbers, in 1,024 streams.</summary>
public class RandomBenchmarks : DeviceBenchmark
{
    private const int Rows = 1024;

    private static readonly Shape s_shape = [Rows, 1024];

    private Tensor _streams = null!;

    /// <summary>Uniform ones.</summary>
    [Benchmark]
    public void Uniform() => Run(() => new DrawUniform(0, 1, Purpose.FirstFree, 0, s_shape, ElementType.Float32).Apply(_streams));

    /// <summary>Normal ones.</summary>
    [Benchmark]
    public void Normal() => Run(() => new DrawNormal(0, 1, Purpose.FirstFree, 0, s_shape, ElementType.Float32).Apply(_streams));

    /// <summary>Integers.</summary>
    [Benchmark]
    public void Integers() => Run(() => new DrawIntegers(0, 10, Purpose.FirstFree, 0, s_shape).Apply(_streams));

    /// <inheritdoc/>
    private protected override void MakeInputs() => _streams = Keep(Streams.Of(0, replicates: Rows, device: Opened));
}
