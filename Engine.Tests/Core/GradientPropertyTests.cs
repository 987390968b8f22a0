using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Kernels;
using Engine.Kernels.Cpu;
using FsCheck;
using FsCheck.Xunit;
using Xunit;

namespace Engine.Tests.Core;

public class GradientPropertyTests
{
    private const double Tolerance = 1e-9;

    [Property(MaxTest = 60)]
    public void VjpIsLinearInItsCotangent(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        using var scope = new TensorScope();
        var (xs, function) = Composition(random);
        var y = function(xs);
        var (a, b) = (Like(random, y), Like(random, y));
        var first = Gradient.Vjp(y, xs, a);
        var second = Gradient.Vjp(y, xs, b);
        var both = Gradient.Vjp(y, xs, (a * 2) - (b * 3));
        for (int i = 0; i < xs.Length; i++)
            Close(((first[i] * 2) - (second[i] * 3)).ToDoubles(), both[i].ToDoubles());
    }

    [Property(MaxTest = 60)]
    public void JvpAndVjpAreTransposesOfEachOther(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        using var scope = new TensorScope();
        var (xs, function) = Composition(random);
        var y = function(xs);
        var tangents = xs.Select(x => Like(random, x)).ToArray();
        var cotangent = Like(random, y);
        double forward = Dot([cotangent], Gradient.Jvp((Tensor[])[y], xs, tangents));
        Close([forward], [Dot(tangents, Gradient.Vjp(y, xs, cotangent))]);
    }

    [Property(MaxTest = 40)]
    public void HessiansAreSymmetric(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        using var scope = new TensorScope();
        var (xs, function) = Composition(random);
        var u = xs.Select(x => Like(random, x)).ToArray();
        var v = xs.Select(x => Like(random, x)).ToArray();
        double left = Dot(u, Gradient.HessianVector(x => function(x).Sum(), xs, v));
        Close([left], [Dot(v, Gradient.HessianVector(x => function(x).Sum(), xs, u))]);
    }

    [Property(MaxTest = 25)]
    public void ReplaysEqualEagerRunsBitForBit(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        using var device = new CpuDevice(2);
        using (var scope = new TensorScope())
        {
            var (xs, function) = Composition(random, device);
            Tensor[] Derivatives(Tensor[] x)
            {
                var y = function(x);
                var gradients = Gradient.Of(y.Sum(), x);
                return [y, .. gradients, .. Gradient.Of(gradients.Select(g => g.Square().Sum()).Aggregate((a, b) => a + b), x)];
            }

            using var program = new TensorProgram<Tensor[], Tensor[]>(Derivatives, device);
            for (int run = 0; run < 4; run++)
            {
                Tensor[] inputs = [.. xs.Select(x => Like(random, x))];
                var eager = Derivatives(inputs);
                var replayed = program.Run(inputs);
                for (int i = 0; i < eager.Length; i++)
                    Assert.True(eager[i].ToDoubles().SequenceEqual(replayed[i].ToDoubles()), $"run {run}, result {i}");
            }
        }

        Assert.Equal(0, device.Pool.LiveBlocks);
    }

    // Random operations on tensors that broadcast with each other; the same ones each time the function is called.
    private static (Tensor[] Inputs, Func<Tensor[], Tensor> Function) Composition(Random random, Device? device = null)
    {
        Shape[] shapes = [[3, 4], [4], [3, 1], []];
        int seed = random.Next(), length = random.Next(2, 9);
        Tensor[] inputs = [.. shapes.Select(shape => Like(random, Tensor.Zeros(shape, ElementType.Float64, device)))];
        return (inputs, Compose);

        Tensor Compose(Tensor[] xs)
        {
            var choices = new Random(seed);
            var made = xs.ToList();
            for (int i = 0; i < length; i++)
            {
                var a = made[choices.Next(made.Count)];
                var b = made[choices.Next(made.Count)];
                made.Add(Step(choices, a, b));
            }

            return made.TakeLast(3).Aggregate((a, b) => a * b);
        }
    }

    private static Tensor Step(Random choices, Tensor a, Tensor b)
    {
        bool matrix = a.Rank == 2 && a.Count == 12;
        return choices.Next(17) switch
        {
            0 => a + b,
            1 => a * b,
            2 => (a - b).Tanh(),
            3 => a.Sin() / (b.Square() + 1),
            4 => (a.Square() + 0.5).Log(),
            5 => a.Sigmoid() + b.Cos(),
            6 => Tensor.MultiplyAdd(a, b, a),
            7 => (a * 0.3).Exp(),
            8 => a.Mean() - b,
            9 => Tensor.Where(a > b, a.Square(), b * 2),
            10 => Tensor.Maximum(a, b).Softplus(),
            11 => (a.Square() + 0.1).Sqrt() * b.StopGradient(),
            12 when matrix => Tensor.Concatenate(0, a[1..3], a[0..1]) * b,
            13 when matrix => a.MatMul(a, transposeB: true).MatMul(a) * 0.1,
            14 when matrix => a.Sum(keepDims: true, 1) * b,
            15 when matrix => Tensor.Stack(1, a[.., 1], a[.., 0], a[.., 3], a[.., 0]),
            16 when matrix => a.Transpose().Reshape(3, 4) + a.Max(0),
            _ => a.BroadcastTo([3, 4]) * 0.7,
        };
    }

    private static Tensor Like(Random random, Tensor x)
        => Tensor.From([.. Enumerable.Range(0, x.Count).Select(_ => (2 * random.NextDouble()) - 1)], x.Shape, x.Type, x.Device);

    private static double Dot(Tensor[] a, Tensor[] b)
        => a.Zip(b).Sum(pair => pair.First.ToDoubles().Zip(pair.Second.ToDoubles()).Sum(values => values.First * values.Second));

    private static void Close(double[] expected, double[] actual)
    {
        double scale = 1 + expected.Select(Math.Abs).DefaultIfEmpty().Max();
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], Tolerance * scale);
    }
}
