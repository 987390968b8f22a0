using System.Numerics;
using Engine.Core;
using Engine.Core.Operations;
using Engine.Kernels.Cpu;
using FsCheck;
using FsCheck.Xunit;
using Xunit;

namespace Engine.Tests.Kernels;

public sealed class ReduceTests : IDisposable
{
    private readonly CpuDevice[] _devices = [new(1), new(2), new(3)];

    [Property(MaxTest = 150)]
    public void SumsAndLargestAlongAnyAxesEqualNaiveOnes(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        var shape = Nest.Shape(random);
        int[] axes = [.. Enumerable.Range(0, shape.Rank).Where(_ => random.Next(2) == 0)];
        Check<float>(shape, axes, random);
        Check<double>(shape, axes, random);
        Check<int>(shape, axes, random);
    }

    [Fact]
    public void LongReductionsAndManyResults()
    {
        var random = new Random(1);
        Check<float>([32_767], [0], random);
        Check<float>([32_768], [0], random);
        Check<double>([100_003], [0], random);
        Check<int>([5 * 16_384], [0], random);
        Check<float>([2, 50_001], [1], random);
        Check<float>([50_001, 2], [0], random);
        Check<float>([50_001, 2], [1], random);
        Check<double>([70, 9, 130], [0, 2], random);
        Check<float>([3, 40_000], [0], random);
        Check<float>([3, 40_000], [0, 1], random);
    }

    // Vectors of a row spill into the next one, which another thread may have written by then.
    [Fact]
    public void NarrowRowsOfResultsByManyThreads()
    {
        var random = new Random(2);
        foreach (int columns in (int[])[1, 3, 7, 10, 15, 16])
        {
            Check<float>([20_000, 9, columns], [1], random);
            Check<double>([20_000, 5, columns], [1], random);
            Check<int>([20_000, 6, columns], [1], random);
            Check<float>([20_000, columns], [1], random);
        }
    }

    // Chains of this many additions of one number are off by a part in 10 to 1,000.
    [Theory]
    [InlineData(new[] { 1 << 22 }, new[] { 0 })]
    [InlineData(new[] { 1 << 22, 3 }, new[] { 0 })]
    [InlineData(new[] { 3, 1 << 22 }, new[] { 1 })]
    [InlineData(new[] { 1 << 11, 3, 1 << 11 }, new[] { 0, 2 })]
    [InlineData(new[] { 1 << 20, 3, 2 }, new[] { 0, 2 })]
    [InlineData(new[] { 3, 1 << 20, 2 }, new[] { 1 })]
    [InlineData(new[] { 1 << 20, 2, 3, 2 }, new[] { 0, 2 })]
    public void LongSumsLoseLittle(int[] shape, int[] axes)
    {
        using var scope = new TensorScope();
        var x = Tensor.Full(0.1, shape, device: _devices[1]);
        Assert.All(x.Mean(axes).ToDoubles(), mean => Assert.Equal(0.1, mean, 1e-7));
    }

    [Fact]
    public void EmptyAxesSumToZeroWhereverTheyAre()
    {
        foreach (int[] axes in new int[][] { [0], [0, 1], [0, 2], [0, 1, 2] })
        {
            var y = new Sum(axes).Apply(Tensor.Zeros([0, 5, 3], device: _devices[2]));
            Assert.All(y.ToDoubles(), value => Assert.Equal(0, value));
            Assert.Equal((axes.Contains(1) ? 1 : 5) * (axes.Contains(2) ? 1 : 3), y.Count);
            y.Dispose();
        }

        Assert.Empty(new Sum([1]).Apply(Tensor.Zeros([0, 5, 3], device: _devices[2])).ToDoubles());
    }

    [Fact]
    public void NaNIsTheLargestElementWhereverItStands()
    {
        foreach (int length in new[] { 1, 5, 16, 37, 40_000 })
        {
            foreach (int at in new[] { 0, length / 2, length - 1 })
            {
                float[] values = new float[length];
                values[at] = float.NaN;
                using var scope = new TensorScope();
                Assert.True(double.IsNaN(Tensor.From(values, [length], _devices[1]).Max().Item()));
                Assert.True(double.IsNaN(Tensor.From(values, [length, 1], _devices[1]).Sum(0).Item()));
            }
        }
    }

    [Fact]
    public void LargestOfTheSmallestNumbers()
    {
        using var scope = new TensorScope();
        Assert.Equal(int.MinValue, Tensor.From(Enumerable.Repeat(int.MinValue, 19).ToArray()).Max().Item());
        Assert.Equal(double.NegativeInfinity, Tensor.From(Enumerable.Repeat(float.NegativeInfinity, 19).ToArray()).Max().Item());
        Assert.Equal(-5, Tensor.From(-7f, -5, -6).Max().Item());
    }

    public void Dispose()
    {
        foreach (var device in _devices)
            device.Dispose();
    }

    private void Check<T>(Shape shape, int[] axes, Random random)
        where T : unmanaged, INumber<T>
    {
        using var scope = new TensorScope();
        T[] whole = [.. Enumerable.Range(0, shape.ElementCount).Select(_ => T.CreateChecked(random.Next(-50, 50)))];
        int[] kept = [.. Enumerable.Range(0, shape.Rank).Except(axes)];
        int[] strides = shape.Strides();
        int[] starts = Nest.Offsets([.. kept.Select(axis => shape[axis])], [.. kept.Select(axis => strides[axis])]);
        int[] along = Nest.Offsets([.. axes.Select(axis => shape[axis])], [.. axes.Select(axis => strides[axis])]);
        T[] sums = [.. starts.Select(start => along.Aggregate(T.Zero, (sum, offset) => sum + whole[start + offset]))];
        Assert.Equal(sums, new Sum(axes).Apply(Tensor.From(whole, shape, _devices[2])).ToArray<T>());
        if (along.Length > 0)
        {
            T[] largest = [.. starts.Select(start => along.Max(offset => whole[start + offset]))];
            Assert.Equal(largest, new Max(axes).Apply(Tensor.From(whole, shape, _devices[2])).ToArray<T>());
        }

        T[] fractions = [.. whole.Select(_ => T.CreateTruncating(random.NextDouble() * 100))];
        T[] one = new Sum(axes).Apply(Tensor.From(fractions, shape, _devices[0])).ToArray<T>();
        foreach (var device in _devices[1..])
            Assert.Equal(one, new Sum(axes).Apply(Tensor.From(fractions, shape, device)).ToArray<T>());
    }
}
