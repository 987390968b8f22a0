using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Operations;
using Engine.Kernels;
using Xunit;

namespace Engine.Tests.Core;

public sealed class CustomOperationTests : IDisposable
{
    private readonly TensorScope _scope = new();

    [Fact]
    public void AnOperationOfOnesOwnHasGradientsOfAnyOrder()
        => GradientCheck.Check(x => [new CumulativeSum().Apply(x[0].Square())], [Tensor.From([0.5, -1, 2, 3, 1, -2], [2, 3])], order: 3);

    [Fact]
    public void AnOperationOfOnesOwnIsRecorded()
    {
        using var program = new TensorProgram<Tensor[], Tensor[]>(x =>
        {
            var y = new CumulativeSum().Apply(x[0].Exp());
            return [y, Gradient.Of(y.Square().Sum(), x)[0]];
        });
        for (int run = 0; run < 4; run++)
        {
            var x = Tensor.From([0.5 + run, -1, 2, 3, 1, -2], [2, 3]);
            double[] exp = x.Exp().ToDoubles();
            double[] expected = [exp[0], exp[0] + exp[1], exp[0] + exp[1] + exp[2], exp[3], exp[3] + exp[4], exp[3] + exp[4] + exp[5]];
            var results = program.Run([x]);
            Assert.All(expected.Zip(results[0].ToDoubles()), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
            Assert.Equal(2 * (expected[3] + expected[4] + expected[5]) * exp[3], results[1].ToDoubles()[3], 1e-9);
        }
    }

    [Fact]
    public void ResultsOfOneOperationHaveDerivativesTogetherAndAlone()
    {
        Tensor a = Tensor.From([0.5, -1, 2], [3]), b = Tensor.From([1.5, 3, 1], [3]);
        GradientCheck.Check(x => Both(x[0], x[1]), [a, b], order: 3);
        GradientCheck.Check(x => [Both(x[0], x[1])[0]], [a, b], order: 3);
        GradientCheck.Check(x => [Both(x[0], x[1])[1].Exp()], [a, b], order: 3);
        GradientCheck.Check(x => [Both(Both(x[0], x[1])[1], x[1])[0]], [a, b], order: 3);

        // A derivative in one result goes no further back than that.
        var y = new ProductAndRatio().ApplyAll(a, b);
        Assert.Equal(y[2].ToDoubles(), Gradient.Of((y[1] * y[2]).Sum(), y[1]).ToDoubles());
        Assert.Equal([0, 0, 0], Gradient.Of(y[1].Sum(), y[2]).ToDoubles());

        static Tensor[] Both(Tensor a, Tensor b) => new ProductAndRatio().ApplyAll(a, b)[1..];
    }

    [Fact]
    public void ARuleWithTooFewCotangentsIsNamed()
    {
        var x = Tensor.From(1.0, 2);
        var failure = Assert.Throws<InvalidOperationException>(() => Gradient.Of(new Careless().Apply(x, x).Sum(), x));
        Assert.Contains("Careless gave 1 cotangents for 2 inputs", failure.Message);
    }

    [Fact]
    public void ARuleWithNoCotangentsAtAllIsNamed()
    {
        var x = Tensor.From(1.0, 2);
        var failure = Assert.Throws<InvalidOperationException>(() => Gradient.Of(new Silent().Apply(x).Sum(), x));
        Assert.Contains("Silent gave null in place of 1 cotangents", failure.Message);
    }

    [Fact]
    public void ARuleWithACotangentOfAnotherShapeOrTypeIsNamed()
    {
        var x = Tensor.From(1.0, 2);
        Says("Misfit gave a cotangent Float64 [7] for input 0, Float64 [2]", Tensor.Zeros([7], ElementType.Float64));
        Says("Misfit gave a cotangent Float32 [2] for input 0, Float64 [2]", Tensor.Zeros([2], ElementType.Float32));

        // Neither broadcasts to the other.
        Says("Misfit gave a cotangent Float64 [3, 1] for input 0, Float64 [2]", Tensor.Zeros([3, 1], ElementType.Float64));
        Says("one that broadcasts to it", Tensor.Zeros([3, 1], ElementType.Float64));
        using var device = new Engine.Kernels.Cpu.CpuDevice(1);
        Says("Misfit gave a cotangent on device", Tensor.Zeros([2], ElementType.Float64, device));

        void Says(string part, Tensor cotangent)
        {
            var y = new Misfit(cotangent).Apply(x).Sum();
            Assert.Contains(part, Assert.Throws<InvalidOperationException>(() => Gradient.Of(y, x)).Message);
        }
    }

    [Fact]
    public void InputsThatDoNotFitAreNamed()
    {
        Says("CumulativeSum: needs an axis, got []", Tensor.Full(1, []));
        Says("Int32 [2]", Tensor.From(1, 2));

        static void Says(string part, Tensor x)
            => Assert.Contains(part, Assert.Throws<ArgumentException>(() => new CumulativeSum().Apply(x)).Message);
    }

    [Fact]
    public void AliasesShareMemoryHoweverTheyAreApplied()
    {
        var x = Tensor.From(1.0, 2, 3, 4);
        Operation[] operations = [new Reshape([2, 2]), new StopGradient()];
        foreach (var operation in operations)
        {
            var y = operation.Apply(x);
            Assert.Same(x.Buffer, y.Buffer);
            Assert.Equal(x.ToDoubles(), y.ToDoubles());
        }
    }

    [Fact]
    public void OperationsWithTheSameConstantsAreEqual()
    {
        Assert.Equal<Operation>(new Slice([1], [2], [1]), new Slice([1], [2], [1]));
        Assert.NotEqual<Operation>(new Affine(1, 2), new Affine(1, 3));
    }

    public void Dispose() => _scope.Dispose();

    private sealed record CumulativeSum(bool Backwards = false) : Operation
    {
        public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [new CumulativeSum(!Backwards).Apply(g)];

        protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
            => x[0].Rank > 0 ? (SameFloatType(x), x[0].Shape) : throw Error($"needs an axis, got {x[0].Shape}");

        protected override void Compute(Tensor y, Tensor[] x)
        {
            int size = y.Shape[-1];
            y.Device.For(y.Count / size, new Body(y.Buffer.Write<double>(), x[0].Buffer.Read<double>(), size, Backwards), 64);
        }

        private readonly struct Body(View<double> y, View<double> x, int size, bool backwards) : IBody
        {
            public void Invoke(int index)
            {
                double sum = 0;
                for (int i = 0; i < size; i++)
                {
                    int at = (index * size) + (backwards ? size - 1 - i : i);
                    y[at] = sum += x[at];
                }
            }
        }
    }

    // Signs of a b as integers, a b and a / b.
    private sealed record ProductAndRatio : Primitive
    {
        public override Tensor?[] VjpAll(Tensor?[] g, Tensor[] y, Tensor[] x, bool[] wanted)
        {
            Assert.Null(g[0]);
            var zero = Tensor.Zeros(x[0].Shape, x[0].Type);
            Tensor product = g[1] ?? zero, ratio = g[2] ?? zero;
            return [(product * x[1]) + (ratio / x[1]), (product * x[0]) - (ratio * y[2] / x[1])];
        }

        protected override (ElementType Type, Shape Shape)[] InferAll(Tensor[] x)
            => [(ElementType.Int32, x[0].Shape), (x[0].Type, x[0].Shape), (x[0].Type, x[0].Shape)];

        protected override void ComputeAll(Tensor[] y, Tensor[] x)
        {
            Tensor[] results = [(x[0] * x[1]).Sign().Cast(ElementType.Int32), x[0] * x[1], x[0] / x[1]];
            foreach (var (to, from) in y.Zip(results))
                to.Device.Copy(from.Buffer, 0, to.Buffer, 0, to.Buffer.ByteLength);
        }
    }

    private sealed record Careless : Operation
    {
        public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [g];

        protected override (ElementType Type, Shape Shape) Infer(Tensor[] x) => (x[0].Type, x[0].Shape);

        protected override void Compute(Tensor y, Tensor[] x) => y.Device.Fill(y.Type, y.Buffer, 1);
    }

    private sealed record Silent : Unary<Engine.Kernels.Functions.ExpFunction>
    {
        public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => null!;
    }

    private sealed record Misfit(Tensor Cotangent) : Unary<Engine.Kernels.Functions.ExpFunction>
    {
        public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [Cotangent];
    }
}
