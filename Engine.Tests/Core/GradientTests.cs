using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Operations;
using Engine.Kernels;
using FsCheck;
using FsCheck.Xunit;
using Xunit;

namespace Engine.Tests.Core;

public sealed class GradientTests : IDisposable
{
    private readonly TensorScope _scope = new();

    [Fact]
    public void IntermediateResultsHaveGradients()
    {
        var x = Tensor.From(1.0, 2, 3);
        var middle = x.Square();
        var y = (middle * middle).Sum();
        var gradients = Gradient.Of(y, (Tensor[])[middle, x]);
        Assert.Equal([2.0, 8, 18], gradients[0].ToDoubles());
        Assert.Equal([4.0, 32, 108], gradients[1].ToDoubles());
    }

    [Fact]
    public void WhatAResultDoesNotDependOnHasAGradientOfZeros()
    {
        var x = Tensor.From(1.0, 2);
        var other = Tensor.Ones([2, 3]);
        var older = x * 2;
        var gradients = Gradient.Of(x.Sum(), (Tensor[])[other, older]);
        Assert.Equal(new double[6], gradients[0].ToDoubles());
        Assert.Equal("Float32 [2, 3]", $"{gradients[0].Type} {gradients[0].Shape}");
        Assert.Equal(new double[2], gradients[1].ToDoubles());
        Assert.Equal(new double[2], Gradient.Jvp(other, x, x).ToDoubles()[..2]);
    }

    [Fact]
    public void WhatACallerPutsIntoAnArrayLaterDoesNotCount()
    {
        Tensor a = Tensor.From(1.0, 2), b = Tensor.From(3.0, 4);
        Tensor[] window = [a, b];
        Tensor joined = Tensor.Concatenate(0, window).Square().Sum();
        window[0] = b;
        Assert.Equal([2.0, 4], Gradient.Of(joined, a).ToDoubles());
        Assert.Equal([6.0, 8], Gradient.Of(joined, b).ToDoubles());
    }

    [Fact]
    public void ATensorUsedRepeatedlyGathersAllContributions()
    {
        var x = Tensor.From(2.0, 3);
        Assert.Equal([12.0, 27], Gradient.Of((x * x * x).Sum(), x).ToDoubles());
        Assert.Equal([2.0, 2], Gradient.Of((x + x).Sum(), x).ToDoubles());
        var twice = Gradient.Of(x.Square().Sum(), (Tensor[])[x, x]);
        Assert.Equal(twice[0].ToDoubles(), twice[1].ToDoubles());
        Assert.Equal([0.0, 0], Gradient.Of((x - x).Sum(), x).ToDoubles());
    }

    [Fact]
    public void AResultIsItsOwnGradientOfOne()
    {
        var x = Tensor.From(7.0);
        Assert.Equal([1.0], Gradient.Of(x, x).ToDoubles());
        var y = x.Square();
        var gradients = Gradient.Of(y, (Tensor[])[y, x]);
        Assert.Equal(1, gradients[0].Item());
        Assert.Equal(14, gradients[1].Item());
        Assert.Equal([3.0], Gradient.Jvp(x, x, Tensor.From(3.0)).ToDoubles());
    }

    [Fact]
    public void StopGradientMakesAConstant()
    {
        var x = Tensor.From(2.0, 3);
        Assert.Equal([2.0, 3], Gradient.Of((x * x.StopGradient()).Sum(), x).ToDoubles());
        Assert.Equal([0.0, 0], Gradient.Of(x.Exp().StopGradient().Sum(), x).ToDoubles());
        var stopped = x.StopGradient();
        Assert.Equal([4.0, 6], Gradient.Of(stopped.Square().Sum(), stopped).ToDoubles());
    }

    [Fact]
    public void ThirdDerivatives()
    {
        double[] at = [0.5, -1.25, 2];
        Same(x => x.Square() * x.Square() * x, x => 60 * x * x);
        Same(x => x.Sin(), x => -Math.Cos(x));
        Same(x => (x * 3).Exp(), x => 27 * Math.Exp(3 * x));
        Same(x => 1 / x, x => -6 / Math.Pow(x, 4));
        Same(x => x.Tanh(), x => -2 * (1 - Math.Pow(Math.Tanh(x), 2)) * (1 - (3 * Math.Pow(Math.Tanh(x), 2))));

        void Same(Func<Tensor, Tensor> function, Func<double, double> third)
        {
            var x = Tensor.From(at);
            var y = function(x);
            for (int order = 0; order < 3; order++)
                y = Gradient.Of(y.Sum(), x);
            double[] found = y.ToDoubles();
            for (int i = 0; i < at.Length; i++)
                Assert.Equal(third(at[i]), found[i], 1e-11 * (1 + Math.Abs(third(at[i]))));
        }
    }

    [Fact]
    public void DeepChainsDoNotExhaustTheStack()
    {
        var x = Tensor.From(0.5);
        var y = x;
        for (int i = 0; i < 10_000; i++)
            y = i % 2 == 0 ? y.Sin() : y * 1.01;
        var first = Gradient.Of(y, x);
        Assert.True(double.IsFinite(first.Item()));
        Assert.True(double.IsFinite(Gradient.Of(first, x).Item()));
        Assert.Equal(first.Item(), Gradient.Jvp(y, x, Tensor.From(1.0)).Item(), 1e-12);
    }

    [Fact]
    public void SlicesThatTileAreJoined()
    {
        var x = Matrix();
        var y = ((x[0..2] * 2).Sum() + (x[2..3] * 3).Sum() + (x[3..4] * 5).Sum());
        var gradient = Gradient.Of(y, x);
        Assert.Equal([2.0, 2, 2, 2, 2, 2, 3, 3, 3, 5, 5, 5], gradient.ToDoubles());
        Assert.IsType<Concatenate>(gradient.Operation);
        var columns = Gradient.Of((x[.., 1..3] * 2).Sum() + x[.., 0].Square().Sum(), x);
        Assert.Equal([0.0, 2, 2, 6, 2, 2, 12, 2, 2, 18, 2, 2], columns.ToDoubles());
    }

    [Fact]
    public void SlicesThatLeaveGapsOrOverlapAddUp()
    {
        var x = Matrix();
        Same(x[0..2].Sum() + x[3..4].Sum(), 1, 1, 0, 1);
        Same(x[0..2].Sum() + x[1..4].Sum(), 1, 2, 1, 1);
        Same(x[0..2].Sum() + x[0..2].Sum() + x[2..4].Sum() + x[2..4].Sum(), 2, 2, 2, 2);
        Same(x[0..2].Sum() + x[2..4].Sum() + x.Sum(), 2, 2, 2, 2);
        Same(x[0..4].Sum() + x[0..0].Sum() + x[1..1].Sum(), 1, 1, 1, 1);
        Same(x[Along.Every(2)].Sum() + x[1..2].Sum() + x[3..4].Sum(), 1, 1, 1, 1);
        Same(x[0..2].Sum() + x[2..4, 0..2].Sum() + x[2..4, 2..3].Sum(), 1, 1, 1, 1);

        void Same(Tensor y, params double[] rows)
            => Assert.Equal(rows.SelectMany(row => Enumerable.Repeat(row, 3)), Gradient.Of(y, x).ToDoubles());
    }

    [Fact]
    public void ASliceOfASumIsNoPartOfWhatWasSummed()
    {
        var x = Matrix();
        var sum = x.Sum(keepDims: true, 0);
        var y = sum[0..1].Sum() + x[1..4].Sum();
        Assert.Equal([1.0, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2], Gradient.Of(y, x).ToDoubles());
    }

    [Property(MaxTest = 30)]
    public void FlatParametersEqualSeparateOnes(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        int[] cuts = [0, .. Enumerable.Range(0, 3).Select(_ => random.Next(13)).Order(), 12];
        var flat = Tensor.From([.. Enumerable.Range(0, 12).Select(_ => random.NextDouble())], [12]);
        var y = Tensor.Zeros([], ElementType.Float64);
        double[] expected = new double[12];
        for (int part = 0; part + 1 < cuts.Length; part++)
        {
            y += flat[cuts[part]..cuts[part + 1]].Square().Sum() * (part + 1);
            for (int i = cuts[part]; i < cuts[part + 1]; i++)
                expected[i] = 2 * (part + 1) * flat.ToDoubles()[i];
        }

        double[] found = Gradient.Of(y, flat).ToDoubles();
        Assert.All(found.Zip(expected), pair => Assert.Equal(pair.Second, pair.First, 1e-12));
    }

    [Fact]
    public void TheDerivativeOfAPowerOfZeroInItsExponentIsZeroWhereThePowerIsFinite()
    {
        var exponents = Tensor.From(-1.0, 0, 0.5, 2);
        double[] expected = [double.NegativeInfinity, 0, 0, 0];
        Assert.Equal(expected, Gradient.Of(Tensor.From(0.0).Pow(exponents).Sum(), exponents).ToDoubles());
    }

    [Fact]
    public void ErrorsNameTheShapes()
    {
        var x = Tensor.From([1.0, 2, 3, 4], [2, 2]);
        var whole = Tensor.From([1, 2, 3], [3]);
        Says<ArgumentException>(() => Gradient.Of(x, x), "[2, 2] is not a single number");
        Says<ArgumentException>(() => Gradient.Of(x.Sum(), whole), "Int32 [3]");
        Says<ArgumentException>(() => Gradient.Of(whole.Sum(), x), "Int32 []");
        var one = Tensor.From(1.0);
        Says<ArgumentException>(() => Gradient.Vjp(x, x, one), "cotangent is Float64 [1], but its tensor is Float64 [2, 2]");
        Says<ArgumentException>(() => Gradient.Vjp(x, x, x.Cast(ElementType.Float32)), "Float32 [2, 2]");
        Says<ArgumentException>(() => Gradient.Vjp([x], x, Array.Empty<Tensor>()), "one has [0], the other nothing more");
        Says<ArgumentException>(() => Gradient.Jvp(x, (x, one), (x[0], one)), "tangent Item1 is Float64 [2]");
        Says<ArgumentException>(() => Gradient.HessianVector(y => y.Sum(), x, x[0]), "vector is Float64 [2]");
    }

    public void Dispose() => _scope.Dispose();

    private static void Says<TException>(Action action, string part)
        where TException : Exception
        => Assert.Contains(part, Assert.ThrowsAny<TException>(action).Message);

    private static Tensor Matrix() => Tensor.From([.. Enumerable.Range(0, 12).Select(i => (double)i)], [4, 3]);
}
