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
    public void ResultsEqualThoseOfTheFunctionOnAllRows(int rows, int blockRows)
        => Each(device =>
        {
            var shared = Random(device, 1, [1, 3]);
            using var program = new BlockedProgram(Function, blockRows, device);
            for (int run = 0; run < 4; run++)
            {
                Tensor[] inputs = [Random(device, run, [rows, 2, 3]), Random(device, run + 9, [rows, 3])];
                var whole = Function([shared], inputs);
                var blocks = program.Run([shared], inputs);
                Assert.Equal(whole.Length, blocks.Length);
                for (int i = 0; i < whole.Length; i++)
                {
                    Assert.Equal(whole[i].Shape, blocks[i].Shape);
                    Assert.Equal(whole[i].ToDoubles(), blocks[i].ToDoubles());
                }
            }

            static Tensor[] Function(Tensor[] shared, Tensor[] rows)
            {
                var y = (rows[0] * shared[0]).Sin() + rows[1].Unsqueeze(1);
                return [y.Sum(1), Gradient.Of(y.Square().Sum(), rows[0]), rows[1]];
            }
        });

    [Fact]
    public void RowsOfAGroupShareItsTensors()
        => Each(device =>
        {
            using var program = new BlockedProgram((shared, rows) => [rows[0] * shared[0]], 2, device);
            for (int run = 0; run < 3; run++)
            {
                var groups = Tensor.From([10f, 100, 1000], [3, 1], device);
                var rows = Tensor.From([.. Enumerable.Range(run, 15).Select(i => (float)i)], [15, 1], device);
                double[] expected = [.. Enumerable.Range(0, 15).Select(i => (i + run) * Math.Pow(10, 1 + (i / 5)))];
                Assert.Equal(expected, program.Run([groups], [rows])[0].ToDoubles());
            }
        });

    [Fact]
    public void AResultMayBeOneForEachBlock()
        => Each(device =>
        {
            using var program = new BlockedProgram((shared, rows) => [rows[0].Sum(keepDims: true, 0), shared[0] * 2], 2, device);
            for (int run = 0; run < 3; run++)
            {
                var results = program.Run([Tensor.From([5f, 6], [2, 1], device)], [Tensor.From([1f, 2, 3, 4, 5, 6 + run], [6], device)]);
                Assert.Equal([3, 3.0, 9, 6 + run], results[0].ToDoubles());
                Assert.Equal([10.0, 10, 12, 12], results[1].ToDoubles());
            }
        });

    [Fact]
    public void ResultsDoNotDependOnTheNumberOfThreads()
    {
        var results = new List<double[]>();
        foreach (int threads in new[] { 1, 2, 3 })
        {
            using var device = new CpuDevice(threads);
            using var scope = new TensorScope();
            using var program = new BlockedProgram(
                (_, rows) => [rows[0].Exp().MatMul(rows[0], transposeB: true).Sum(-1), rows[0].Mean(0, 1).Unsqueeze(0)], 7, device);
            for (int run = 0; run < 3; run++)
            {
                var found = program.Run([], [Random(device, run, [101, 5, 9])]);
                results.Add([.. found[0].ToDoubles(), .. found[1].ToDoubles()]);
            }
        }

        for (int i = 3; i < results.Count; i++)
            Assert.Equal(results[i % 3], results[i]);
    }

    [Fact]
    public void OtherShapesRunBesideEarlierOnes()
        => Each(device =>
        {
            using var program = new BlockedProgram((_, rows) => [rows[0].Sum(1)], 3, device);
            for (int run = 0; run < 3; run++)
            {
                foreach (int rows in new[] { 7, 2, 9 })
                {
                    var x = Tensor.Full(run, [rows, 2], device: device);
                    Assert.Equal(Enumerable.Repeat(2.0 * run, rows), program.Run([], [x])[0].ToDoubles());
                }
            }
        });

    [Fact]
    public void ErrorsSayWhatDoesNotFit()
        => Each(device =>
        {
            var (three, four) = (Tensor.Ones([3, 1], device: device), Tensor.Ones([4, 1], device: device));
            using var program = new BlockedProgram((shared, rows) => [rows[0]], 2, device);
            Says("4 rows can't be divided evenly among 3 groups", () => program.Run([three], [four]));
            Says("first axes differ: [3, 1], [4, 1]", () => program.Run([], [three, four]));
            Says("0 rows", () => program.Run([], []));
            Says("0 rows", () => program.Run([], [Tensor.Zeros([0, 2], device: device)]));
            Says("first axes differ: []", () => program.Run([], [Tensor.Ones([], device: device)]));
            Assert.Throws<ArgumentOutOfRangeException>(() => new BlockedProgram((shared, rows) => rows, 0));
            using var wrong = new BlockedProgram((shared, rows) => [Tensor.Ones([5], device: device)], 2, device);
            Says("must have size 2, that of the block, or 1; got [5]", () => wrong.Run([], [four]));
            using var outer = new TensorProgram<Tensor[], Tensor[]>(x => program.Run([], x), device);
            Assert.Throws<InvalidOperationException>(() => outer.Run([four]));

            static void Says(string part, Action action) => Assert.Contains(part, Assert.Throws<ArgumentException>(action).Message);
        });

    [Fact]
    public void ABlockWithResultsOfAnotherSizeIsAnError()
        => Each(device =>
        {
            using var program = new BlockedProgram((_, rows) => [Tensor.Ones([2], device: device)], 2, device);
            var failure = Assert.Throws<ArgumentException>(() => program.Run([], [Tensor.Ones([3, 1], device: device)]));
            Assert.Contains("a block of 1 rows must have results Float32 [1]", failure.Message);
            Assert.Contains("got Float32 [2]", failure.Message);
            Assert.Equal([1.0, 1, 1, 1], program.Run([], [Tensor.Ones([4, 1], device: device)])[0].ToDoubles());
        });

    [Fact]
    public void AFunctionThatThrowsLeavesTheProgramUsableAndNothingBehind()
    {
        using var device = new CpuDevice(2);
        int calls = 0, bad = 0;
        using (var program = new BlockedProgram(
            (_, rows) => Interlocked.Increment(ref calls) == bad ? throw new FormatException() : [rows[0].Exp() * 2], 2, device))
        {
            using var x = Tensor.Ones([9, 2], device: device);
            for (bad = 1; bad < 6; bad++)
            {
                calls = 0;
                Assert.Throws<FormatException>(() =>
                {
                    for (int run = 0; run < 20; run++)
                    {
                        // Another shape is recorded anew.
                        using var other = Tensor.Ones([9, 3 + run + (20 * bad)], device: device);
                        foreach (var result in program.Run([], [other]))
                            result.Dispose();
                    }
                });
            }

            bad = 0;
            for (int run = 0; run < 4; run++)
            {
                using var y = program.Run([], [x])[0];
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
}
