using Engine.Core;
using Engine.Core.Operations;
using Engine.Kernels;
using Xunit;

namespace Engine.Tests.Core;

/// <summary>
/// Maps of a program that become parts of others: on the processor results stay those of maps by themselves, bit for bit.
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

        // A sum is no map, and a part of a result is no whole one.
        RequireCommands(3, x, x => (x + 1) * (x + 1).Sum(0));
        RequireCommands(2, x, x => -(x.Reshape(2, 3, 50) * 2)[1]);
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
