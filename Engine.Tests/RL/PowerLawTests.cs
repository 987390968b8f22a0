using Engine.RL.Statistics;
using FsCheck.Xunit;
using Xunit;

namespace Engine.Tests.RL;

public class PowerLawTests
{
    [Theory]
    [InlineData(3, 1)]
    [InlineData(0.02, 2)]
    [InlineData(7, 0)]
    [InlineData(1e9, -0.5)]
    public void WhatIsAPowerIsFoundAgain(double factor, double exponent)
    {
        double[] x = [1, 2, 5, 10, 20, 40];
        var fit = PowerLaw.Of(x, [.. x.Select(at => factor * Math.Pow(at, exponent))])!;
        Assert.Equal(factor, fit.Factor, 1e-12 * factor);
        Assert.Equal(exponent, fit.Exponent.Value, 1e-12);
        Assert.Equal(0, fit.Exponent.Error, 1e-7);
        Assert.Equal(factor * Math.Pow(3, exponent), fit.At(3), 1e-12 * factor * Math.Pow(3, exponent));
    }

    // By hand: logarithms to base 2 are 0, 1, 2 and 0, 2, 1; the slope is 1 / 2, residuals are -1 / 2, 1, -1 / 2, and the error is
    // sqrt(1.5 / 1 / 2).
    [Fact]
    public void NoiseHasAnError()
    {
        var fit = PowerLaw.Of([1, 2, 4], [1, 4, 2])!;
        Assert.Equal(0.5, fit.Exponent.Value, 1e-12);
        Assert.Equal(Math.Sqrt(0.75), fit.Exponent.Error, 1e-12);
        Assert.Equal(Math.Sqrt(2), fit.Factor, 1e-12);
    }

    [Fact]
    public void TwoPointsTellNothingOfTheError() => Assert.Equal(double.NaN, PowerLaw.Of([1, 2], [1, 4])!.Exponent.Error);

    [Fact]
    public void PointsWithoutLogarithmsAreLeftOut()
        => Assert.Equal(
            PowerLaw.Of([1, 2, 8], [3, 5, 4]),
            PowerLaw.Of([1, 0, 2, 3, 8, 4, 5], [3, 1, 5, 0, 4, double.NaN, double.PositiveInfinity]));

    [Fact]
    public void OnePlaceHasNoSlope()
    {
        Assert.Null(PowerLaw.Of([], []));
        Assert.Null(PowerLaw.Of([2, 2], [1, 3]));
        Assert.Null(PowerLaw.Of([1, 2], [0, 3]));
        Assert.Contains("2 places, but 1", Assert.Throws<ArgumentException>(() => PowerLaw.Of([1, 2], [1])).Message);
    }

    // Units change no slope, and neither a doubling of both.
    [Property]
    public void SlopesHaveNoUnit(byte a, byte b, byte c)
    {
        double[] x = [1, 2, 4], y = [a + 1, b + 1, c + 1];
        var (one, other) = (PowerLaw.Of(x, y)!, PowerLaw.Of([.. x.Select(at => 60 * at)], [.. y.Select(value => 1e-3 * value)])!);
        Assert.Equal(one.Exponent.Value, other.Exponent.Value, 1e-9);
        Assert.Equal(1e-3 * one.At(3), other.At(180), 1e-9 * one.At(3));
    }
}
