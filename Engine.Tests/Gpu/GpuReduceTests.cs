using System.Numerics;
using Engine.Core;
using Engine.Core.Operations;
using Engine.Kernels;
using Engine.Kernels.Functions;
using Engine.Kernels.Gpu;
using Engine.Kernels.Gpu.Reductions;
using Engine.Tests.Kernels;
using Xunit;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Tests.Gpu;

/// <summary>Reductions on every GPU device against naive ones.</summary>
[Collection(nameof(GpuCollection))]
public class GpuReduceTests
{
    public static TheoryData<string> Names => TestDevices.ForKernels;

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Names))]
    public void SumsAndLargestAlongAnyAxesEqualNaiveOnes(string name)
    {
        for (int seed = 0; seed < (name == "emulator" ? 10 : 300); seed++)
        {
            var random = new Random(seed);
            var shape = Nest.Shape(random, name == "emulator" ? 1_000 : 20_000);
            int[] axes = [.. Enumerable.Range(0, shape.Rank).Where(_ => random.Next(2) == 0)];
            Check<float>(name, shape, axes, random);
            Check<double>(name, shape, axes, random);
            Check<int>(name, shape, axes, random);
        }
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Names))]
    public void LongReductionsInPieces(string name)
    {
        var random = new Random(1);
        Check<float>(name, [40_003], [0], random);
        Check<int>(name, [5_003, 3], [0], random);
        if (name == "emulator")
            return;
        Check<double>(name, [2, 17_001], [1], random);
        Check<float>(name, [9, 8000, 10], [1], random);
        Check<float>(name, [130, 7, 60], [0, 2], random);
        Check<float>(name, [1 << 20], [0], random);
        Check<double>(name, [1 << 16, 40], [0], random);
        Check<float>(name, [1 << 12, 300], [1], random);
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Names))]
    public void NestsDeeperThanAKernelHasLoops(string name)
    {
        // Every other axis, so that no two loops are one.
        var random = new Random(2);
        Shape shape = [.. Enumerable.Repeat(2, 14)];
        Check<float>(name, shape, [0, 2, 4, 6, 8, 10, 12], random);
        if (name == "emulator")
            return;
        Check<int>(name, shape, [1, 3, 5, 7, 9, 11, 13], random);
        Check<double>(name, [.. Enumerable.Repeat(2, 15)], [1, 3, 6], random);
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Names))]
    public void NaNIsTheLargestElementWhereverItStands(string name)
    {
        var device = TestDevices.Open(name);
        foreach (int length in new[] { 1, 5, 37, 20_000 })
        {
            foreach (int at in length < 20_000 ? [0, length / 2, length - 1] : new[] { length / 3 })
            {
                float[] values = new float[length];
                values[at] = float.NaN;
                using var scope = new TensorScope();
                Assert.True(double.IsNaN(Tensor.From(values, [length], device).Max().Item()));
                Assert.True(double.IsNaN(Tensor.From(values, [length, 1], device).Sum(0).Item()));
            }
        }
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Names))]
    public void EmptyAxesSumToZeroWhereverTheyAre(string name)
    {
        using var scope = new TensorScope();
        var empty = Tensor.Zeros([0, 5, 3], device: TestDevices.Open(name));
        foreach (int[] axes in new int[][] { [0], [0, 1], [0, 2], [0, 1, 2] })
            Assert.All(new Sum(axes).Apply(empty).ToDoubles(), sum => Assert.Equal(0, sum));
        Assert.Empty(new Sum([1]).Apply(empty).ToDoubles());
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Names))]
    public void LargestOfTheSmallestNumbers(string name)
    {
        using var scope = new TensorScope();
        var device = TestDevices.Open(name);
        int[] integers = [.. Enumerable.Repeat(int.MinValue, 19)];
        float[] infinities = [.. Enumerable.Repeat(float.NegativeInfinity, 19)];
        Assert.Equal(int.MinValue, Tensor.From(integers, [19], device).Max().Item());
        Assert.Equal(double.NegativeInfinity, Tensor.From(infinities, [19], device).Max().Item());
    }

    [Fact]
    public void ThreadsShareEveryElementOnce()
    {
        int[] sizes = [1, 2, 3, 5, 8, 31, 33, 100, 257, 1000, 5000];
        foreach (int results in sizes)
        {
            foreach (int count in (int[])[0, .. sizes, 70_000])
            {
                if ((long)results * count > 3_000_000)
                    continue;
                SharesEveryElementOnce(results, count, false);
                SharesEveryElementOnce(results, count, true);
            }
        }
    }

    // As many results as a view counts, near enough: no number on the way is more than an int holds.
    [Theory]
    [InlineData((1 << 30) + 1, 1, false)]
    [InlineData((1 << 30) + 1, 1, true)]
    [InlineData(int.MaxValue - 256, 1, true)]
    [InlineData(int.MaxValue - 256, 2, false)]
    [InlineData(1, int.MaxValue - 256, false)]
    [InlineData(100_000, int.MaxValue - 256, true)]
    public void TheLargestReductionsAreSharedOut(int results, int count, bool across)
    {
        var grid = new ReduceGrid(results, count, across);
        Assert.InRange(grid.GroupSize, 1, 256);
        Assert.InRange((long)grid.Groups * grid.GroupSize / grid.Parts, (long)results * grid.Pieces, ((long)results * grid.Pieces) + 255);
        var first = grid.Part(0, 0);
        Assert.Equal((0, 0, 0, 0), (first.Result, first.Piece, first.Number, first.Start));
        int last = Enumerable.Range(0, grid.GroupSize).Max(thread => grid.Part(grid.Groups - 1, thread) is { } part
            && part.Piece == grid.Pieces - 1 ? part.Result : -1);
        Assert.Equal(results - 1, last);
        Assert.Contains(
            Enumerable.Range(0, grid.GroupSize).Select(thread => grid.Part(grid.Groups - 1, thread)), part => part.End == count);
    }

    [Fact]
    public void AReductionThatIsTooLargeSaysSo()
    {
        // Sizes alone: kernels are only noted.
        using var device = IlgpuDevice.OpenDry();
        var buffer = new Buffer(device, 4096, 4);
        var all = Loops.Of([int.MaxValue], [0], [0]);
        var failure = Assert.Throws<ArgumentException>(
            () => device.Reduce(ElementType.Float32, default(SumReducer), all, Loops.Of([1], [0]), buffer, buffer));
        Assert.Contains("2,147,483,647", failure.Message);
    }

    private static void SharesEveryElementOnce(int results, int count, bool across)
    {
        var grid = new ReduceGrid(results, count, across);
        var seen = new byte[results, count];
        var writers = new int[grid.Pieces, results];
        Assert.InRange(grid.GroupSize, 1, 256);
        for (int group = 0; group < grid.Groups; group++)
        {
            for (int thread = 0; thread < grid.GroupSize; thread++)
            {
                var part = grid.Part(group, thread);
                if (part.Piece >= grid.Pieces)
                    continue;
                writers[part.Piece, part.Result] += part.Number == 0 ? 1 : 0;
                for (int i = part.Start; i < part.End; i += grid.Parts)
                    seen[part.Result, i]++;

                // Its partner, half of the threads away, works on the same result.
                int half = grid.Parts / 2;
                if (half > 0 && part.Number < half)
                {
                    var partner = grid.Part(group, thread + (half * grid.PartStride));
                    Assert.Equal((part.Result, part.Piece, part.Number + half), (partner.Result, partner.Piece, partner.Number));
                }
            }
        }

        Assert.True(seen.Cast<byte>().All(times => times == 1), $"{results} results of {count} elements, across: {across}");
        Assert.All(writers.Cast<int>(), times => Assert.Equal(1, times));
    }

    private static void Check<T>(string name, Shape shape, int[] axes, Random random)
        where T : unmanaged, INumber<T>
    {
        using var scope = new TensorScope();
        var device = TestDevices.Open(name);
        T[] whole = [.. Enumerable.Range(0, shape.ElementCount).Select(_ => T.CreateChecked(random.Next(-50, 50)))];
        int[] kept = [.. Enumerable.Range(0, shape.Rank).Except(axes)];
        int[] strides = shape.Strides();
        int[] starts = Nest.Offsets([.. kept.Select(axis => shape[axis])], [.. kept.Select(axis => strides[axis])]);
        int[] along = Nest.Offsets([.. axes.Select(axis => shape[axis])], [.. axes.Select(axis => strides[axis])]);
        T[] sums = [.. starts.Select(start => along.Aggregate(T.Zero, (sum, offset) => sum + whole[start + offset]))];
        Assert.Equal(sums, new Sum(axes).Apply(Tensor.From(whole, shape, device)).ToArray<T>());
        if (along.Length > 0)
        {
            T[] largest = [.. starts.Select(start => along.Max(offset => whole[start + offset]))];
            Assert.Equal(largest, new Max(axes).Apply(Tensor.From(whole, shape, device)).ToArray<T>());
        }

        // The same bits each time.
        T[] fractions = [.. whole.Select(_ => T.CreateTruncating(random.NextDouble() * 100))];
        var sum = new Sum(axes);
        T[] first = sum.Apply(Tensor.From(fractions, shape, device)).ToArray<T>();
        Assert.Equal(first, sum.Apply(Tensor.From(fractions, shape, device)).ToArray<T>());
    }
}
