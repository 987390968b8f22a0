using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Kernels;
using Engine.Kernels.Cpu;
using Xunit;

namespace Engine.Tests.Core;

public class BlockedProgramTests
{
    [Theory]
    [InlineData(12, 4)]
    [InlineData(13, 4)]
    [InlineData(3, 4)]
    [InlineData(5, 1)]
    [InlineData(29, null)]
    public void ResultsEqualThoseOfTheFunctionOnEachRow(int rows, int? blockRows)
        => Each(device =>
        {
            using var program = BlockedProgram.Map<Tensor, Row, (Tensor, Tensor, Tensor)>(Function, device, blockRows);
            for (int run = 0; run < 4; run++)
            {
                var shared = Random(device, 1 + run, [2, 3]);
                var inputs = new Row(Random(device, run, [2, rows, 2, 3]), Random(device, run + 9, [2, rows, 3]));
                var (sums, slopes, same) = program.Run(shared, inputs);
                Assert.Equal($"[2, {rows}, 2, 3]", slopes.Shape.ToString());
                Assert.Equal(inputs.Y.ToDoubles(), same.ToDoubles());
                for (int group = 0; group < 2; group++)
                {
                    for (int row = 0; row < rows; row++)
                    {
                        var (sum, slope, _) = Function(shared[group], new Row(inputs.X[group, row], inputs.Y[group, row]));
                        Assert.Equal(sum.ToDoubles(), sums[group, row].ToDoubles());
                        Assert.Equal(slope.ToDoubles(), slopes[group, row].ToDoubles());
                    }
                }
            }

            static (Tensor, Tensor, Tensor) Function(Tensor shared, Row row)
            {
                var y = (row.X * shared).Sin() + row.Y;
                return (y.Sum(0), Gradient.Of(y.Square().Sum(), row.X), row.Y);
            }
        });

    [Theory]
    [InlineData(7)]
    [InlineData(1)]
    [InlineData(null)]
    public void SumsAreThoseOfEachGroup(int? blockRows)
        => Each(device =>
        {
            // The gradient of what rows add up to, in what they share.
            using var program = BlockedProgram.Sum<Tensor, Tensor, (Tensor Loss, Tensor Gradient)>(
                (shared, rows) =>
                {
                    var loss = Batch.Map(row => (row * shared).Square().Sum(), rows).Sum();
                    return (loss, Gradient.Of(loss, shared));
                },
                device,
                blockRows);
            for (int run = 0; run < 3; run++)
            {
                Tensor shared = Random(device, run, [3, 2]), rows = Random(device, run + 5, [3, 20, 2]);
                var (loss, gradient) = program.Run(shared, rows);
                Assert.Equal(["[3]", "[3, 2]"], [loss.Shape.ToString(), gradient.Shape.ToString()]);
                var expected = (rows.Square() * shared.Unsqueeze(1)).Sum(1) * 2;
                Assert.All(expected.ToDoubles().Zip(gradient.ToDoubles()), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
            }
        });

    // Rows that work in much come in small blocks, those that work in little in large ones, but there are several blocks.
    [Theory]
    [InlineData(1 << 20, 64, 1)]
    [InlineData(1 << 14, 64, 8)]
    [InlineData(4, 64, 8)]
    [InlineData(4, 800, 64)]
    [InlineData(4, 3, 1)]
    public void BlocksAreAsLargeAsTheCachesAllow(int size, int rows, int expected)
        => Each(device =>
        {
            int most = 0;
            using var program = BlockedProgram.Sum<ValueTuple, Tensor, Tensor>(
                (_, x) =>
                {
                    lock (device)
                        most = Math.Max(most, x.Shape[0]);
                    return (x.Unsqueeze(1) * Tensor.Ones([size], device: device)).Exp().Sum();
                },
                device);
            program.Run(default, Tensor.Ones([1, rows], device: device));
            Assert.Equal(expected, most);
        });

    [Fact]
    public void ResultsDoNotDependOnTheNumberOfThreads()
    {
        var results = new List<double[]>();
        foreach (int threads in new[] { 1, 2, 3 })
        {
            using var device = new CpuDevice(threads);
            using var scope = new TensorScope();
            using var program = BlockedProgram.Sum<ValueTuple, Tensor, (Tensor, Tensor)>(
                (_, rows) => (rows.Exp().MatMul(rows, transposeB: true).Sum(0), rows.Mean()), device, 7);
            for (int run = 0; run < 3; run++)
            {
                var (products, mean) = program.Run(default, Random(device, run, [1, 101, 5, 9]));
                results.Add([.. products.ToDoubles(), .. mean.ToDoubles()]);
            }
        }

        for (int i = 3; i < results.Count; i++)
            Assert.Equal(results[i % 3], results[i]);
    }

    // 2,000 numbers that stay until the end are too much for a cache from 16 rows on, but commands for so few are not worth giving.
    [Fact]
    public void RowsOfTinyTensorsComeInBlocksThatAreWorthTheirCommands()
    {
        using var device = new CpuDevice(1);
        using var scope = new TensorScope();
        var sizes = new List<int>();
        using var program = BlockedProgram.Sum<ValueTuple, Tensor, Tensor>(
            (_, rows) =>
            {
                sizes.Add(rows.Shape[0]);
                Tensor[] kept = [.. Enumerable.Range(0, 2000).Select(i => rows + i)];
                return kept.Aggregate((a, b) => a * b).Sum(0);
            },
            device);
        for (int run = 0; run < 2; run++)
            program.Run(default, Tensor.Ones([1, 1024, 8], device: device));
        Assert.Equal([1, 128], sizes.Distinct());
    }

    [Fact]
    public void OtherShapesRunBesideEarlierOnes()
        => Each(device =>
        {
            using var program = BlockedProgram.Map<ValueTuple, Tensor, Tensor>((_, row) => row.Sum(), device, 3);
            for (int run = 0; run < 3; run++)
            {
                foreach (int rows in new[] { 7, 2, 9 })
                {
                    var x = Tensor.Full(run, [1, rows, 2], device: device);
                    Assert.Equal(Enumerable.Repeat(2.0 * run, rows), program.Run(default, x).ToDoubles());
                }
            }
        });

    // With blocks of two rows there are five of them, and as many at once as there are threads.
    [Theory]
    [InlineData(2)]
    [InlineData(null)]
    public void WhatItWouldTakeIsKnownWithoutRunningIt(int? blockRows)
    {
        long one = Need(1), three = Need(3);
        Assert.Equal(one * 3, three);
        Assert.Equal(one * 5, blockRows is null ? one * 5 : Need(7));

        long Need(int threads)
        {
            using var device = new CpuDevice(threads);
            using var scope = new TensorScope();
            using var program = BlockedProgram.Map<ValueTuple, Tensor, Tensor>((_, row) => Long(row), device, blockRows);
            var rows = Tensor.Ones([1, 9, 50_000], device: device);
            long before = device.Pool.LiveBytes;
            long need = program.Plan(default, rows);
            Assert.InRange(device.Pool.PeakBytes, before, before + 1_000_000);
            if (threads > 1)
                return need;
            for (int run = 0; run < 3; run++)
                program.Run(default, rows).Dispose();
            Assert.InRange(device.Pool.PeakBytes - before, need, (2.5 * need) + 1_000_000);
            return need;
        }

        static Tensor Long(Tensor x)
        {
            for (int i = 0; i < 40; i++)
                x = x.Softmax(0) * 2;
            return x.Sum(0);
        }
    }

    [Fact]
    public void ErrorsSayWhatDoesNotFit()
        => Each(device =>
        {
            var (three, four) = (Tensor.Ones([3, 1], device: device), Tensor.Ones([4, 1], device: device));
            using var program = BlockedProgram.Map<Tensor[], Tensor[], Tensor>((shared, rows) => rows[0], device);
            Says("has their 3 groups along its first axis, got [4, 1]", () => program.Run([four], [Tensor.Ones([3, 2], device: device)]));
            Says("one or more, got [3, 1], [4, 1]", () => program.Run([], [three, four]));
            Says("one or more, got no tensor", () => program.Run([], []));
            Says("one or more, got [0, 2]", () => program.Run([], [Tensor.Zeros([0, 2], device: device)]));
            Says("one or more, got [2]", () => program.Run([], [Tensor.Ones([2], device: device)]));
            Assert.Throws<ArgumentOutOfRangeException>(
                () => BlockedProgram.Map<Tensor[], Tensor[], Tensor>((shared, rows) => rows[0], device, 0));
            using var outer = new TensorProgram<Tensor[], Tensor>(x => program.Run([], x), device);
            Assert.Throws<InvalidOperationException>(() => outer.Run([four]));

            static void Says(string part, Action action) => Assert.Contains(part, Assert.Throws<ArgumentException>(action).Message);
        });

    [Fact]
    public void ABlockWithResultsOfAnotherSizeIsAnError()
        => Each(device =>
        {
            using var program = BlockedProgram.Sum<ValueTuple, Tensor, Tensor>((_, rows) => rows * 2, device, 2);
            var failure = Assert.Throws<ArgumentException>(() => program.Run(default, Tensor.Ones([1, 3], device: device)));
            Assert.Contains("a block of 1 rows must have results Float32 [2]; got Float32 [1]", failure.Message);
        });

    [Fact]
    public void AFunctionThatThrowsLeavesTheProgramUsableAndNothingBehind()
    {
        using var device = new CpuDevice(2);
        int calls = 0, bad = 0;
        using (var program = BlockedProgram.Map<ValueTuple, Tensor, Tensor>(
            (_, row) => Interlocked.Increment(ref calls) == bad ? throw new FormatException() : row.Exp() * 2, device, 2))
        {
            using var x = Tensor.Ones([1, 9, 2], device: device);
            for (bad = 1; bad < 6; bad++)
            {
                calls = 0;
                Assert.Throws<FormatException>(() =>
                {
                    for (int run = 0; run < 20; run++)
                    {
                        // Another shape is recorded anew.
                        using var other = Tensor.Ones([1, 9, 3 + run + (20 * bad)], device: device);
                        program.Run(default, other).Dispose();
                    }
                });
            }

            bad = 0;
            for (int run = 0; run < 4; run++)
            {
                using var y = program.Run(default, x);
                Assert.All(y.ToDoubles(), value => Assert.Equal(2 * Math.E, value, 1e-5));
            }
        }

        Assert.Equal(0, device.Pool.LiveBlocks);
    }

    private static Tensor Random(Device device, int seed, Shape shape)
    {
        var random = new Random(seed);
        return Tensor.From([.. Enumerable.Range(0, shape.ElementCount).Select(_ => random.NextSingle() - 0.5f)], shape, device);
    }

    private static void Each(Action<CpuDevice> check)
    {
        foreach (int threads in new[] { 1, 3 })
        {
            using var device = new CpuDevice(threads);
            using (var scope = new TensorScope())
                check(device);
            Assert.Equal(0, device.Pool.LiveBlocks);
        }
    }

    private sealed record Row(Tensor X, Tensor Y);
}
