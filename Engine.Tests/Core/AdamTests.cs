using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Operations;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.Tests.Gpu;
using Xunit;

namespace Engine.Tests.Core;

/// <summary>That Adam's pass over everything at once is the formula, step by step.</summary>
public sealed class AdamTests : IDisposable
{
    private static readonly Adam s_adam = new(0.05, 0.8, 0.95, 1e-4, 1e-3);

    private readonly TensorScope _scope = new();

    [Theory]
    [InlineData(ElementType.Float32, false)]
    [InlineData(ElementType.Float32, true)]
    [InlineData(ElementType.Float64, false)]
    [InlineData(ElementType.Float64, true)]
    public void ResultsAndDerivativesAreThoseOfTheFormula(ElementType type, bool detached)
    {
        var adam = s_adam with { DetachDenominator = detached };
        Shape[][] shapes =
        [
            [[5, 7], [5, 7], []],
            [[6, 37], [1, 37], []],
            [[6, 37], [37], [6, 1]],
            [[2, 3, 4], [3, 1], [2, 1, 1]],
            [[], [], []],
        ];
        foreach (var each in shapes)
        {
            Tensor[] x = [Draw(each[0], 1), Draw(each[0], 2), Draw(each[1], 3), Draw(each[1], 4).Square(), Draw(each[2], 5)];
            Tensor[] once = Results(Once, x), apart = Results(Apart, x);
            for (int i = 0; i < once.Length; i++)
            {
                // Bit for bit, up to what is added up in another order: the second derivatives.
                Assert.Equal(apart[i].Shape, once[i].Shape);
                double tolerance = i < 8 ? 0 : type == ElementType.Float32 ? 1e-6 : 1e-14;
                Assert.True(Difference.Of(apart[i], once[i]) <= tolerance, $"{each[0]}, {each[1]}, {each[2]}, result {i}");
            }
        }

        Tensor Draw(Shape shape, int seed)
        {
            var random = new Random(seed);
            return Tensor.From([.. Enumerable.Range(0, shape.ElementCount).Select(_ => (2 * random.NextDouble()) - 1)], shape, type);
        }

        Tensor[] Once(Tensor[] x)
        {
            var step = Tensor.Full(2, [], ElementType.Int32);
            var given = new AdamState<Tensor>(step, x[2].BroadcastTo(x[0].Shape), x[3].BroadcastTo(x[0].Shape));
            var (p, state) = adam.At(x[4]).Update(x[0], x[1], given);
            return [p, .. state.Averages()];
        }

        Tensor[] Apart(Tensor[] x)
        {
            var time = Tensor.Full(3, [], type);
            var rate = x[4] / (time * Math.Log(adam.Beta1)).Expm1();
            var correction = -(time * Math.Log(adam.Beta2)).Expm1().Reciprocal();
            var first = new LinearCombination(adam.Beta1, 1 - adam.Beta1).Apply(x[2], x[1]);
            var second = new SquareCombination(adam.Beta2, 1 - adam.Beta2).Apply(x[3], x[1]);
            var scale = new AdamScale(adam.Epsilon, adam.EpsilonRoot).Apply(second, correction);
            return [Tensor.MultiplyAdd(first * (detached ? scale.StopGradient() : scale), rate, x[0]), first, second];
        }

        static Tensor[] Results(Func<Tensor[], Tensor[]> update, Tensor[] x)
        {
            var y = update(x);
            Tensor[] cotangents = [.. y.Select(each => each.Cos())], allButRate = x[..4];
            var first = Gradient.Vjp(y, allButRate, cotangents);
            var second = Gradient.Vjp(first, allButRate, (Tensor[])[.. first.Select(each => each.Cos())]);
            return [.. y, .. first, .. Gradient.Vjp(y, x[4..], cotangents), .. second];
        }
    }

    [Fact]
    public void AnUpdateIsOneCommandForEachTensor()
    {
        int one = Commands(1), four = Commands(4);
        Assert.Equal(3, four - one);

        int Commands(int count)
        {
            using var program = new TensorProgram<Tensor[], Tensor[]>(x => Update(x, count));
            Tensor[] inputs = [.. Enumerable.Range(0, 4 * count).Select(i => Tensor.Full(i + 1, [3, 2 + (i % count)]))];
            for (int run = 0; run < 3; run++)
                program.Run(inputs);
            return program.CommandCount;
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void AProgramMayWantAnyOneOfTheResults(int wanted)
    {
        Tensor[] x = [Tensor.From(1.0, 2, 3), Tensor.From(0.5, -2, 0.1), Tensor.From(0.3, 0.2, -0.4), Tensor.From(0.1, 0.2, 4)];
        var expected = Function(x)[0].ToDoubles();
        using var program = new TensorProgram<Tensor[], Tensor[]>(Function);
        for (int run = 0; run < 3; run++)
            Assert.Equal(expected, program.Run(x)[0].ToDoubles());

        // In between comes much that would overwrite memory that is wrongly thought free.
        Tensor[] Function(Tensor[] x)
        {
            var y = Update(x, 1)[wanted];
            for (int i = 0; i < 5; i++)
                y = (y.Tanh() + x[0]) * x[1];
            return [y + Update(x, 1)[wanted]];
        }
    }

    [Fact]
    public void MemoryDoesNotGrowWithUpdates()
    {
        long few = Bytes(3), many = Bytes(30);
        Assert.Equal(few, many);

        static long Bytes(int updates)
        {
            using var program = new TensorProgram<Tensor[], Tensor[]>(x =>
            {
                for (int i = 0; i < updates; i++)
                {
                    var y = Update(x, 1);
                    x = [y[0], x[1], y[1], y[2]];
                }

                return [x[0]];
            });
            for (int run = 0; run < 2; run++)
                program.Run([Tensor.Ones([1000]), Tensor.Ones([1000]), Tensor.Zeros([1000]), Tensor.Zeros([1000])]);
            return program.WorkingBytes;
        }
    }

    [Fact]
    public void TheDerivativeInTheLearningRateIsTheStepDividedByIt()
    {
        Tensor[] p = [Tensor.From(1.0, -2, 3)];
        var rate = Tensor.Full(0.2, [], ElementType.Float64);
        var (updated, _) = s_adam.At(rate).Update(p, [Tensor.From(0.3, 0.5, -4)], s_adam.Initial(p));
        double step = (updated[0] - p[0]).Sum().Item();
        Assert.NotEqual(0, step);
        Assert.Equal(step / 0.2, Gradient.Of(updated[0].Sum(), rate).Item(), 1e-12);
    }

    [Fact]
    public void WhatIsNotFiniteIsNamedByThePartThatMadeIt()
    {
        using var scope = new TensorScope(checkFinite: true);
        Tensor[] p = [Tensor.From(1.0, 2)];
        var adam = new Adam(0.1, Epsilon: 0, EpsilonRoot: 0);
        adam.Update(p, [Tensor.From(1.0, 2)], adam.Initial(p));
        var failure = Assert.Throws<NotFiniteNumberException>(() => adam.Update(p, [Tensor.From(1.0, 0)], adam.Initial(p)));
        Assert.Contains("AdamUpdate(", failure.Message);
        Assert.Contains("element 1", failure.Message);
    }

    [Fact]
    public void AveragesThatKeepNothingPassACheckingScope()
    {
        using var scope = new TensorScope(checkFinite: true);
        Tensor[] p = [Tensor.From(1.0, 2)];
        var adam = new Adam(0.1, Beta1: 0, Beta2: 0, Epsilon: 0, EpsilonRoot: 0);
        Assert.Equal([0.9, 2.1], adam.Update(p, [Tensor.From(3.0, -2)], adam.Initial(p)).Parameters[0].ToDoubles());
    }

    [Fact]
    public void AnUpdateIsItsPartsOneByOne()
    {
        Tensor g = Tensor.From(0.5, 0.3), m = Tensor.From(1.0, 2), v = Tensor.From(3.0, 4), p = Tensor.From(5.0, 6), r = Tensor.From(-0.1);
        var first = new LinearCombination(0.9, 1 - 0.9).Apply(m, g);
        var second = new SquareCombination(0.8, 1 - 0.8).Apply(v, g);
        var scale = new AdamScale(0.1, 0.2).Apply(second, p);
        Tensor[] expected = [Tensor.MultiplyAdd(first * scale, r, p), first, second, scale];
        var update = new AdamUpdate(0.9, 0.8, 0.1, 0.2, DetachDenominator: false);
        Assert.Equal(expected.Select(y => y.ToDoubles()), update.ApplyAll(g, m, v, p, r, p).Select(y => y.ToDoubles()));
        var row = Tensor.Ones([3, 1], ElementType.Float64);
        Assert.Contains("must have one shape", Assert.Throws<ArgumentException>(() => update.ApplyAll(g, m, v, p, row, p)).Message);
    }

    public void Dispose() => _scope.Dispose();

    // Parameters, gradients, first and second moments, so many of each, and what becomes of all but the gradients.
    private static Tensor[] Update(Tensor[] x, int count)
    {
        var step = Tensor.Full(2, [], ElementType.Int32, x[0].Device);
        var state = new AdamState<Tensor[]>(step, x[(2 * count)..(3 * count)], x[(3 * count)..(4 * count)]);
        var (updated, next) = s_adam.Update(x[..count], x[count..(2 * count)], state);
        return [.. updated, .. next.Averages()];
    }
}
