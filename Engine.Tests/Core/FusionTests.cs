using Engine.Core;
using Engine.Core.Operations;
using Engine.Kernels;
using Xunit;

namespace Engine.Tests.Core;

/// <summary>
/// Maps of a program that become parts of others, or of reductions: on the processor results stay those of commands by themselves, bit
/// for bit.
/// </summary>
public sealed class FusionTests : IDisposable
{
    private readonly TensorScope _scope = new();

    public static TheoryData<string> Devices => TestDevices.ForNetworks;

    // Programs drawn at random: maps of one to three operands, with broadcasts, slices, permutations, sums and products between them.
    [Theory]
    [MemberData(nameof(Devices))]
    public void RandomProgramsGiveWhatTheyGiveAsWritten(string name)
    {
        var device = TestDevices.Open(name);
        for (int seed = 0; seed < (name == "cpu" ? 150 : 10); seed++)
        {
            Tensor[] inputs = [.. Inputs(seed, device)];
            var expected = Random(seed, inputs);
            using var program = new TensorProgram<Tensor[], Tensor[]>(x => Random(seed, x));
            for (int run = 0; run < 3; run++)
                RequireSame(name, expected, program.Run(inputs), $"seed {seed}, run {run}");
        }
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void AChainIsOneCommand(string name)
    {
        var x = Tensor.Normal(Key.Of(1, TestDevices.Open(name)), [6, 50]);
        RequireCommands(1, x, x => ((x * 2) + 1).Square() - x);
        RequireCommands(1, x, x => Tensor.Where(x > 0, x * 3, x.Exp()));

        // What is repeated, or cut out, is read where it lies; but not a column, whose numbers are far apart.
        RequireCommands(1, x, x => (x * x[0].BroadcastTo(x.Shape)) + 1);
        RequireCommands(1, x, x => x[.., 7..].Exp());
        RequireCommands(2, x, x => (x * x[.., ..1].BroadcastTo(x.Shape)) + 1);

        // A part of a result is no whole one.
        RequireCommands(2, x, x => -(x.Reshape(2, 3, 50) * 2)[1]);
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void AMapIsAPartOfTheReductionThatReadsIt(string name)
    {
        var x = Tensor.Normal(Key.Of(1, TestDevices.Open(name)), [6, 50]);
        RequireCommands(1, x, x => (x.Square() * 3).Sum());
        RequireCommands(1, x, x => x.Exp().Sum(0));
        RequireCommands(1, x, x => x.Abs().Max(1));
        RequireCommands(2, x, x => (x + 1) * (x + 1).Sum(0));

        // What is repeated, or cut out, is read where it lies; but not what more than the reduction reads and costs much.
        RequireCommands(1, x, x => (x * x[0].BroadcastTo(x.Shape)).Sum(1));
        RequireCommands(1, x, x => x[.., 7..].Sum(1));
        RequireCommands(3, x, x => Softmax(x.Exp()));

        // Not where elements would be combined in another order: these are sums of sums of rows.
        RequireCommands(2, x, x => (x.Reshape(2, 3, 50) * 2).Sum(0, 2));
        RequireCommands(2, x, x => (x * x[0].BroadcastTo(x.Shape)).Sum());

        static Tensor Softmax(Tensor y) => y / y.Sum(true, 1);
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void AMapOfAReductionsResultsEndsIt(string name)
    {
        var x = Tensor.Normal(Key.Of(1, TestDevices.Open(name)), [6, 50]);
        RequireCommands(1, x, x => x.Mean(0));
        RequireCommands(1, x, x => x.Square().Sum(1).Sqrt() + 1);
        RequireCommands(1, x, x => x[0] - x.Sum(0));
        RequireCommands(1, x, x => Tensor.Where(x[0] > x.Max(0), x[0], x[0, 0]));

        // The map that ends it may have parts of its own.
        RequireCommands(1, x, x => x[0].Exp() - (x.Square().Sum(0) * x[1]));

        // Not one of another shape, nor of two; and what others read is written down.
        RequireCommands(2, x, x => x - x.Sum(true, 0));
        RequireCommands(2, x, x => x.Sum(0) * x.Max(0));
        RequireCommands(4, x, x => Twice(x.Sum(0)));

        static Tensor Twice(Tensor y) => Tensor.Concatenate(0, y.Square(), y * 3);
    }

    // Every way in which elements are combined: along rows and across them, in one block and in many, cut among threads, in pieces.
    [Theory]
    [MemberData(nameof(Devices))]
    public void RandomReductionsGiveWhatTheyGiveAsWritten(string name)
    {
        var device = TestDevices.Open(name);
        using var threads = name == "cpu" ? device.Fork(3) : null;
        Shape[] shapes = name == "cpu"
            ? [[], [7], [70_003], [640, 4], [3, 9001], [1500, 5], [700, 130], [40, 33, 20], [20_000, 2, 3]]
            : [[7], [50, 4], [3, 40], [20, 2, 3]];
        for (int seed = 0; seed < (name == "cpu" ? 250 : 16); seed++)
        {
            using var scope = new TensorScope();
            var shape = shapes[seed % shapes.Length];
            var type = (ElementType)(seed / shapes.Length % 3);
            Tensor[] inputs = [.. Operands(seed, shape, type, seed % 2 == 1 && threads is not null ? threads : device)];
            var expected = Reduced(seed, inputs);
            using var program = new TensorProgram<Tensor[], Tensor>(x => Reduced(seed, x));
            for (int run = 0; run < 2; run++)
                RequireSame(name, [expected], [program.Run(inputs)], $"seed {seed}, {type} {shape}, run {run}");
        }
    }

    // The sums of pieces lie in memory that was asked for when the first of the passes came by.
    [Fact]
    public void WhatALongReductionWorksInIsNobodyElses()
    {
        using var program = new TensorProgram<Tensor, Tensor[]>(Sums);
        var x = Tensor.Normal(Key.Of(3), [100_000]);
        var expected = Sums(x);
        for (int run = 0; run < 3; run++)
            RequireSame("cpu", expected, program.Run(x), $"run {run}");

        static Tensor[] Sums(Tensor x)
        {
            // As large as they, and read later on; and a sum that nobody reads.
            Tensor kept = x[..7].Tanh(), all = x.Square().Sum(), other = x[..7].Exp();
            x.Exp().Sum();
            var product = other.Reshape(1, 7).MatMul(kept.Reshape(7, 1));
            return [product, all / 3, (kept + all).Reshape(1, 7).MatMul(other.Reshape(7, 1)), x.Abs().Sum() * kept];
        }
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void WhatCostsLittleIsComputedTwiceAndWhatCostsMuchOnce(string name)
    {
        var x = Tensor.Normal(Key.Of(1, TestDevices.Open(name)), [300]);
        RequireCommands(3, x, x => Twice(x + 1));
        RequireCommands(4, x, x => Twice(x.Exp()));

        static Tensor Twice(Tensor y) => Tensor.Concatenate(0, y.Square(), y * 3);
    }

    [Fact]
    public void ResultsAndWhatOthersReadStay()
    {
        using var program = new TensorProgram<Tensor, Tensor[]>(x =>
        {
            var y = x * 2;
            var z = y + 1;
            return [y, z, z.Sum(), (z * y).Exp()];
        });
        var x = Tensor.From(1.0, 2, 3);
        for (int run = 0; run < 3; run++)
        {
            var found = program.Run(x);
            Assert.Equal([2.0, 4, 6], found[0].ToDoubles());
            Assert.Equal([3.0, 5, 7], found[1].ToDoubles());
            Assert.Equal(15, found[2].Item());
            Assert.Equal((x * 2 * ((x * 2) + 1)).Exp().ToDoubles(), found[3].ToDoubles());
        }
    }

    // Memory that a map reads which waits for another must not be given away meanwhile.
    [Fact]
    public void WhatAWaitingMapReadsIsKept()
    {
        using var program = new TensorProgram<Tensor, Tensor>(x =>
        {
            var early = x.Sum(true, 1) * 0.5;
            var waiting = early + 1;
            var other = x;
            for (int i = 0; i < 20; i++)
                other = (other.MatMul(x) * 0.01).Tanh();
            return waiting * other.Sum(true, 1);
        });
        var x = Tensor.Normal(Key.Of(2), [8, 8]);
        var expected = Eager(x);
        for (int run = 0; run < 3; run++)
            Assert.Equal(expected, program.Run(x).ToDoubles());

        static double[] Eager(Tensor x)
        {
            var other = x;
            for (int i = 0; i < 20; i++)
                other = (other.MatMul(x) * 0.01).Tanh();
            return (((x.Sum(true, 1) * 0.5) + 1) * other.Sum(true, 1)).ToDoubles();
        }
    }

    // All kernels of products: small, with transposed operands, scalar products, large, batches, a column.
    [Theory]
    [MemberData(nameof(Devices))]
    public void AProductWithAReluIsTheProductAndTheRelu(string name)
    {
        var device = TestDevices.Open(name);
        foreach (var type in (ElementType[])[ElementType.Float32, ElementType.Float64])
        {
            foreach (var (a, b) in ((Shape, Shape)[])[
                ([32, 288], [288, 40]), ([7, 5], [5, 3]), ([1, 70], [70, 21]), ([33, 9], [9, 1]), ([3, 4, 5], [3, 5, 6]),
                ([70, 300], [300, 700])])
            {
                foreach (bool transposed in (bool[])[false, true])
                {
                    var left = Tensor.Normal(Key.Of(1, device), a, type: type);
                    var right = Tensor.Normal(Key.Of(2, device), transposed ? [.. b.Sizes[..^2], b[-1], b[-2]] : b, type: type);
                    var bias = Tensor.Normal(Key.Of(3, device), [b[-1]], type: type);
                    var expected = left.MatMul(right, false, transposed, bias).Relu();
                    var found = left.MatMul(right, new MatMul(false, transposed, Rectifies: true), bias);
                    Assert.Equal(expected.ToDoubles(), found.ToDoubles());
                }
            }

            var odd = Tensor.From([1, double.NaN, -2, 0], [2, 2], type, device);
            var unit = Tensor.From([1.0, 0, 0, 1], [2, 2], type, device);
            Assert.Equal([double.NaN, double.NaN, 0, 0], odd.MatMul(unit, new MatMul(Rectifies: true), null).ToDoubles());
        }
    }

    public void Dispose() => _scope.Dispose();

    private static IEnumerable<Tensor> Inputs(int seed, Device device)
    {
        var key = Key.Of(seed, device);
        yield return Tensor.Normal(key.Fold(0), [6, 20]);
        yield return Tensor.Normal(key.Fold(1), [6, 20]);
        yield return Tensor.Normal(key.Fold(2), [20]);
        yield return Tensor.Normal(key.Fold(3), [6, 1]);
        yield return Tensor.Normal(key.Fold(4), []);
    }

    // A tensor of the shape, another one, a last axis, all but the last, a number.
    private static IEnumerable<Tensor> Operands(int seed, Shape shape, ElementType type, Device device)
    {
        int[] sizes = [.. shape];
        Shape last = [.. sizes.TakeLast(1)], first = [.. sizes.SkipLast(1), .. sizes.TakeLast(1).Select(_ => 1)];
        var key = Key.Of(seed, device);
        foreach (var (i, of) in ((Shape[])[shape, shape, last, first, []]).Index())
            yield return (Tensor.Normal(key.Fold(i), of, type: type.IsFloat() ? type : ElementType.Float32) * 3).Cast(type);
    }

    private static Tensor Reduced(int seed, Tensor[] x)
    {
        var random = new Random(seed);
        var y = x[random.Next(x.Length)].BroadcastTo(x[0].Shape);
        for (int i = random.Next(3); i >= 0; i--)
        {
            Tensor a = x[random.Next(x.Length)], b = x[random.Next(x.Length)];
            y = random.Next(6) switch
            {
                0 => y + a,
                1 => y * a,
                2 => Tensor.Where(a > b, y, b),
                3 when y.Type.IsFloat() => y.Tanh(),
                4 => Tensor.MultiplyAdd(y, a, b),
                5 => y.Abs(),
                _ => -y,
            };
            if (y.Type.IsFloat())
                y = y.Clamp(-2, 2);
        }

        if (y.Rank > 0 && random.Next(3) == 0)
            y = y.Narrow(y.Rank - 1, y.Shape[-1] / 2, (y.Shape[-1] + 1) / 2);

        int[] axes = [.. Enumerable.Range(0, y.Rank).Where(_ => random.Next(2) == 0)];
        var result = random.Next(5) switch
        {
            0 => y.Max(axes),
            1 => y.Min(axes),
            2 => y.Prod(axes),
            _ => y.Sum(axes),
        };
        for (int i = random.Next(3); i > 0; i--)
        {
            result = random.Next(5) switch
            {
                0 => result * x[4],
                1 => x[4] - result,
                2 => Tensor.Where(x[4] > result, result, x[4]),
                3 => Tensor.MultiplyAdd(x[4], y.Min(axes), result),
                _ => -result,
            };
        }

        return result;
    }

    private static Tensor[] Random(int seed, Tensor[] x)
    {
        var random = new Random(seed);
        var known = x.ToList();
        for (int i = 0; i < 25; i++)
        {
            Tensor a = known[random.Next(known.Count)], b = known[random.Next(known.Count)], c = known[random.Next(known.Count)];
            var made = random.Next(14) switch
            {
                0 => a + b,
                1 => a * b,
                2 => a - (b * 0.5),
                3 => a.Tanh(),
                4 => Tensor.Where(a > b, b, c),
                5 => Tensor.MultiplyAdd(a, b, c),
                6 => a.Square() * 0.1,
                7 => a.Relu(),
                8 => Tensor.Maximum(a, b),
                9 when a.Rank == 2 => a[1..].Pad([1, 0], [0, 0]),
                10 when a.Rank == 2 && a.Shape[1] == 20 => a[.., 3..].Sum(true, 1),
                11 when a.Rank == 2 => a.Transpose().Exp().Clamp(-3, 3).Transpose(),
                12 when a.Shape == [6, 20] => a.Reshape(3, 2, 20).BroadcastTo([3, 2, 20]).Reshape(6, 20) * 0.7,
                13 when a.Shape == [6, 20] => a.MatMul(a, transposeB: true).MatMul(a) * 0.01,
                _ => a * 0.9,
            };
            known.Add(made.Clamp(-5, 5));
        }

        return [.. known.TakeLast(4), Tensor.Concatenate(0, [.. known.Skip(5).Select(y => y.Sum().Reshape(1))])];
    }

    private static void RequireCommands(int count, Tensor x, Func<Tensor, Tensor> function)
    {
        using var program = new TensorProgram<Tensor, Tensor>(function);
        var expected = function(x);
        for (int run = 0; run < 3; run++)
            RequireSame(x.Device.Name, [expected], [program.Run(x)], $"run {run}");
        Assert.Equal(count, program.CommandCount);
    }

    // A GPU's compiler may fuse a product and a sum that follow each other.
    private static void RequireSame(string device, Tensor[] expected, Tensor[] found, string where)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i].Shape, found[i].Shape);
            double[] a = expected[i].ToDoubles(), b = found[i].ToDoubles();
            for (int k = 0; k < a.Length; k++)
            {
                bool same = device == "cpu" ? a[k].Equals(b[k]) : Math.Abs(a[k] - b[k]) <= 1e-4 * (1 + Math.Abs(a[k]));
                Assert.True(same, $"{where}, result {i}, element {k}: {a[k]} became {b[k]}");
            }
        }
    }
}
