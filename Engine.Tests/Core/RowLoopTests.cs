using Engine.Core;
using Engine.Core.Nn;
using Engine.Kernels;
using Engine.Kernels.Gpu;
using Xunit;

namespace Engine.Tests.Core;

/// <summary>
/// Steps of a program that a GPU runs as one command, a row by itself: wherever rows have nothing to do with each other, and only there.
/// </summary>
[Collection(nameof(Gpu.GpuCollection))]
public sealed class RowLoopTests : IDisposable
{
    private const int Rows = 4, Columns = 4;

    private readonly TensorScope _scope = new();

    public static TheoryData<string> Devices => TestDevices.Gpus;

    /// <summary>Steps in which a row needs nothing of others.</summary>
    public static TheoryData<string> Apart =>
    [
        "map", "product", "transposed product", "column", "columns exchanged", "beside each other", "taken", "normalised", "drawn",
        "chosen", "in parts", "summed", "largest of pairs", "softmax", "largest", "taken from each", "convolved", "pooled", "scanned",
    ];

    /// <summary>Steps in which it does.</summary>
    public static TheoryData<string> Mixed =>
    [
        "rows exchanged", "transpose", "sum", "first row", "changing weights", "taken from another", "number", "times itself",
        "times itself transposed", "convolved with itself",
    ];

    public void Dispose() => _scope.Dispose();

    [Theory]
    [MemberData(nameof(Apart))]
    public void WhereRowsAreApartMoreStepsAreNoMoreCommands(string kind) => Assert.Equal(Commands(kind, 6), Commands(kind, 11));

    [Theory]
    [MemberData(nameof(Mixed))]
    public void WhereTheyAreNotMoreStepsAreMoreCommands(string kind) => Assert.True(Commands(kind, 6) + 5 <= Commands(kind, 11));

    // Each kind by itself, and steps of several, drawn at random.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Devices))]
    public void ResultsAreThoseOfTheStepsOneByOne(string name)
    {
        var device = TestDevices.Open(name);
        string[] kinds = [.. Apart.Concat(Mixed).Select(row => row.Data)];
        var random = new Random(1);
        string[][] steps =
        [
            .. kinds.Select(kind => new[] { kind }),
            .. Enumerable.Range(0, name == "emulator" ? 6 : 30).Select(_ => random.GetItems(kinds, random.Next(2, 5))),
        ];
        foreach (string[] step in steps)
        {
            var inputs = Inputs(device);
            Tensor[] expected = Run(step, 5, inputs);
            using var program = new TensorProgram<Start, Tensor[]>(x => Run(step, 5, x));
            for (int run = 0; run < 2; run++)
                RequireSame(expected, program.Run(inputs), string.Join(", ", step));
        }
    }

    // Noise that all rows share is drawn before the loop in whose midst it was asked for, each step's by itself.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Devices))]
    public void WhatAllRowsShareMayBeMadeInTheMidst(string name)
    {
        var inputs = Inputs(TestDevices.Open(name));
        using var program = new TensorProgram<Start, Tensor[]>(Walk);
        RequireSame(Walk(inputs), program.Run(inputs), "noise");

        static Tensor[] Walk(Start start)
        {
            var x = start.X;
            for (int t = 0; t < 6; t++)
            {
                x = x.MatMul(start.Weights).Tanh();
                x = x.LogSoftmax() + Tensor.Normal(start.Keys[0].Fold(t), [Columns]);
                x = x.MatMul(start.Weights).Sin();
            }

            return [x];
        }
    }

    // A number that needs all rows ends a loop; what comes before it stays one, and what comes after.
    [Fact]
    public void ALoopEndsWhereItIsLookedAt()
    {
        int without = Commands(steps => steps < 0), within = Commands(step => step == 11), after = Commands(step => step == 19);
        Assert.InRange(within, without + 1, without + 3);
        Assert.Equal(without + 1, after);

        static int Commands(Func<int, bool> looks)
        {
            using var device = IlgpuDevice.OpenDry();
            using var program = new TensorProgram<Start, Tensor[]>(start =>
            {
                var (x, sum) = (start.X, start.Y);
                for (int t = 0; t < 20; t++)
                {
                    x = x.MatMul(start.Weights).Tanh().LogSoftmax();
                    sum = looks(t) ? x.Sum() : sum;
                }

                return [x, sum];
            });
            program.Run(Inputs(device));
            return program.CommandCount;
        }
    }

    // Recurrences drawn at random, in one or two loops, kept or not on the way, with gradients in states and weights.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Devices))]
    public void RandomStepsGiveWhatTheyGiveAsWritten(string name)
    {
        var device = TestDevices.Open(name);
        for (int seed = 0; seed < (name == "emulator" ? 5 : 60); seed++)
        {
            var random = new Random(seed);
            int rows = random.GetItems([1, 2, 3, 4, 6], 1)[0], columns = random.GetItems([2, 4, 6], 1)[0];
            var type = random.Next(4) == 0 ? ElementType.Float64 : ElementType.Float32;
            var start = RandomSteps.StartOf(Key.Of(seed, device), rows, columns, type);
            using var program = new TensorProgram<RandomSteps.Start, Tensor[]>(x => new RandomSteps(seed, x).Run());
            Tensor[] expected = new RandomSteps(seed, start).Run();
            for (int run = 0; run < 2; run++)
                RequireSame(expected, program.Run(start), $"seed {seed}");
        }
    }

    private static void RequireSame(Tensor[] expected, Tensor[] found, string what)
    {
        foreach (var (wanted, got) in expected.Zip(found))
        {
            double[] a = wanted.ToDoubles(), b = got.ToDoubles();
            double most = 2e-3 * (1 + a.Select(Math.Abs).DefaultIfEmpty().Max());
            Assert.All(a.Zip(b), pair => Assert.True(Math.Abs(pair.First - pair.Second) < most, $"{what}: {pair}"));
        }
    }

    private static int Commands(string kind, int steps)
    {
        using var device = IlgpuDevice.OpenDry();
        using var program = new TensorProgram<Start, Tensor[]>(x => Run([kind], steps, x));
        program.Run(Inputs(device));
        return program.CommandCount;
    }

    private static Start Inputs(Device device)
    {
        var key = Key.Of(1, device);
        return new(
            Tensor.Normal(key.Fold(0), [Rows, Columns]), Tensor.Normal(key.Fold(1), [Rows, Columns]),
            Tensor.Normal(key.Fold(2), [Columns, Columns]), Tensor.Normal(key.Fold(4), [3, 3, 1, 1]), key.Fold(3).Split(Rows));
    }

    // Two tensors go from step to step; a map before and after, for a step to be more than one command.
    private static Tensor[] Run(string[] kinds, int steps, Start inputs)
    {
        var (x, y, weights) = (inputs.X, inputs.Y, inputs.Weights);
        var kept = new List<Tensor>();
        for (int t = 0; t < steps; t++)
        {
            foreach (string kind in kinds)
            {
                (x, y) = (Step(kind, x.Tanh(), y, ref weights, inputs.Kernel, inputs.Keys.Fold(t)).Sin() * 0.9, x);
                kept.Add(x);
            }
        }

        return [x, y, weights, Tensor.Concatenate(0, [.. kept])];
    }

    private static Tensor Step(string kind, Tensor x, Tensor y, ref Tensor weights, Tensor kernel, Key keys)
    {
        var device = x.Device;
        switch (kind)
        {
            case "map": return x - (y * 0.5);
            case "product": return x.MatMul(weights);
            case "transposed product": return y.MatMul(weights, transposeB: true) + x;
            case "column": return x * y[.., 1..2].BroadcastTo(x.Shape);
            case "columns exchanged": return Tensor.Concatenate(1, x[.., 2..], y[.., ..2]);
            case "beside each other": return Tensor.Concatenate(1, x[.., ..2], y[.., ..2]).MatMul(weights);
            case "taken": return weights.Take(0, y[.., 0].Abs().Floor().Cast(ElementType.Int32)) - x;
            case "normalised": return x.LogSoftmax() * 0.1;
            case "drawn": return x + Batch.Map(key => Tensor.Normal(key, [Columns]), keys);
            case "chosen": return x + Batch.Map(of => Categorical.Sample(of.Key, of.X), (Key: keys, X: x)).Cast(x.Type).Unsqueeze(1);
            case "in parts": return x.Reshape(Rows, 2, 2).Transpose().Exp().Reshape(Rows, Columns);
            case "largest": return x - y.ArgMax(1).Unsqueeze(1).Cast(x.Type);
            case "taken from each": return x.Take(1, Tensor.From([3, 1, 0, 2], [Columns], device)) * y;
            case "convolved": return x.Reshape(Rows, 2, 2, 1).Convolve(kernel).Reshape(Rows, Columns);
            case "pooled": return x.Reshape(Rows, 2, 2, 1).MaxPool(2).Reshape(Rows, 1) * y;
            case "summed": return x - (y.Square().Sum(true, 1) * 0.1);
            case "largest of pairs": return Tensor.Concatenate(1, x[.., 2..], y.Reshape(Rows, 2, 2).Max(1).Exp());
            case "softmax": return x.Exp() / x.Exp().Sum(true, 1);
            case "scanned": return Batch.Map(of => Tensor.ReverseScan(of.X, of.Y, init: of.Y[0]), (X: x, Y: y));
            case "rows exchanged": return Tensor.Concatenate(0, x[2..], y[..2]);
            case "transpose": return x.Transpose().Exp() - y;
            case "sum": return x - x.Sum(true, 0);
            case "first row": return x * y[..1].BroadcastTo(x.Shape);
            case "changing weights":
                weights *= 0.9;
                return x.MatMul(weights);
            case "taken from another": return x.Take(0, Tensor.From([3, 1, 0, 2], [Rows], device));
            case "times itself": return x.MatMul(x);
            case "times itself transposed": return x.MatMul(x, transposeB: true);
            case "convolved with itself":
                return x.Reshape(Rows, 1, 1, Columns).Convolve(x.Reshape(1, 1, Rows, Columns)).Reshape(Rows, Columns);
            case "number": return x * y[0, 0];
            default: throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such step.");
        }
    }

    private sealed record Start(Tensor X, Tensor Y, Tensor Weights, Tensor Kernel, Key Keys);
}
