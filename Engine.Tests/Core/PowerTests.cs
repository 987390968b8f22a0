using Engine.Core;
using Engine.Core.Autodiff;
using Xunit;

namespace Engine.Tests.Core;

public sealed class PowerTests : IDisposable
{
    private readonly TensorScope _scope = new();

    [Fact]
    public void PowersOfIntegersAreExactAndWrapAround()
    {
        Same(2, 3, 8);
        Same(10, 9, 1_000_000_000);
        Same(-3, 5, -243);
        Same(7, 0, 1);
        Same(0, 0, 1);
        Same(0, 5, 0);
        Same(2, 31, int.MinValue);
        Same(2, 32, 0);
        Same(3, 21, unchecked((int)10_460_353_203));
        Same(-1, int.MaxValue, -1);
        Same(1, int.MaxValue, 1);
    }

    // As PyTorch has them: rounded towards zero, like quotients of integers.
    [Fact]
    public void IntegersToNegativePowersAreRoundedTowardsZero()
    {
        Same(1, -3, 1);
        Same(-1, -3, -1);
        Same(-1, -4, 1);
        Same(2, -1, 0);
        Same(-2, -1, 0);
        Same(0, -1, 0);
        Same(int.MinValue, int.MinValue, 0);
        Same(-1, int.MinValue, 1);
    }

    [Theory]
    [InlineData(2, 0, 0.5, 0.6931471805599453)]
    [InlineData(2, 3, 4 * (1 + (3 * 0.6931471805599453)), 0)]
    [InlineData(0, 0, 0, 0)]
    [InlineData(0, 0.5, 0, 0)]
    [InlineData(0, 1, 0, 0)]
    [InlineData(0, 2, 0, 0)]
    [InlineData(0, 3, 0, 0)]
    public void MixedDerivativesDoNotDependOnTheirOrder(double a, double b, double mixed, double third)
    {
        var (x, e) = (Tensor.From(a), Tensor.From(b));
        var first = Gradient.Of(x.Pow(e), (Tensor[])[x, e]);
        double[] orders = [Gradient.Of(first[0], e).Item(), Gradient.Of(first[1], x).Item()];
        Assert.All(orders, value => Assert.Equal(mixed, value, 1e-12));
        var second = Gradient.Of(first[0], e);
        var other = Gradient.Of(first[1], e);
        double[] thirds = [Gradient.Of(second, e).Item(), Gradient.Of(other, x).Item()];
        Assert.Equal(thirds[0], thirds[1], 1e-12);
        if (third != 0)
            Assert.Equal(third, thirds[0], 1e-12);
    }

    [Fact]
    public void PowersOfZeroHaveTheDerivativesOfTheirPolynomials()
    {
        var x = Tensor.From(0.0, 0, 0, 0, 0);
        var exponents = Tensor.From(0, 0.5, 1, 2, 3);
        var y = x.Pow(exponents);
        Assert.Equal([1.0, 0, 0, 0, 0], y.ToDoubles());
        foreach (var derivedInBoth in (bool[])[false, true])
        {
            var g = Gradient.Of(y.Sum(), Derived())[0];
            Assert.Equal([0, double.PositiveInfinity, 1, 0, 0], g.ToDoubles());
            g = Gradient.Of(g.Sum(), Derived())[0];
            Assert.Equal([0, double.NegativeInfinity, 0, 2, 0], g.ToDoubles());
            g = Gradient.Of(g.Sum(), Derived())[0];
            Assert.Equal([0, double.PositiveInfinity, 0, 0, 6], g.ToDoubles());

            Tensor[] Derived() => derivedInBoth ? [x, exponents] : [x];
        }
    }

    [Fact]
    public void WhatHasNoDerivativeInTheExponentIsNotANumber()
    {
        var exponent = Tensor.From(3.0);
        Assert.Equal(double.NaN, Gradient.Of(Tensor.From(-2.0).Pow(exponent), exponent).Item());
        Assert.Equal(double.NegativeInfinity, Gradient.Of(Tensor.From(0.0).Pow(-exponent), exponent).Item() * -1);
    }

    [Fact]
    public void ACheckingScopeStopsAtNoLogarithmThatNobodyAskedFor()
    {
        using var scope = new TensorScope(checkFinite: true);
        var x = Tensor.From(-2.0, 0);
        var first = Gradient.Of(x.Pow(Tensor.From(3.0, 2)).Sum(), x);
        Assert.Equal([12.0, 0], first.ToDoubles());
        Assert.Equal([-12.0, 2], Gradient.Of(first.Sum(), x).ToDoubles());
    }

    public void Dispose() => _scope.Dispose();

    // In a register of every width, and behind the last whole one.
    private static void Same(int a, int b, int power)
    {
        using var scope = new TensorScope();
        int[] powers = Tensor.Full(a, [37], Engine.Kernels.ElementType.Int32)
            .Pow(Tensor.Full(b, [37], Engine.Kernels.ElementType.Int32)).ToArray<int>();
        Assert.All(powers, found => Assert.Equal(power, found));
    }
}
