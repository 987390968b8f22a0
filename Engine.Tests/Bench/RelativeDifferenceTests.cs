using Engine.Bench.Comparing;
using Xunit;

namespace Engine.Tests.Bench;

public class RelativeDifferenceTests
{
    private const double NaN = double.NaN, Infinity = double.PositiveInfinity;

    [Theory]
    [InlineData(0, new[] { 1.0, -2 }, new[] { 1.0, -2 })]
    [InlineData(0.25, new[] { 1.0, -3 }, new[] { 2.0, -4 })]
    [InlineData(0.5, new[] { 1e-9, 2 }, new[] { 2.0, 4 })]
    [InlineData(0, new double[0], new double[0])]
    [InlineData(0, new[] { 0.0, -0.0 }, new[] { 0.0, 0 })]
    [InlineData(0, new[] { NaN, Infinity, 1 }, new[] { NaN, Infinity, 1 })]
    [InlineData(Infinity, new[] { NaN, 1 }, new[] { 1.0, 1 })]
    [InlineData(Infinity, new[] { 1.0, 1 }, new[] { NaN, 1 })]
    [InlineData(Infinity, new[] { 1e308, 1 }, new[] { Infinity, 1 })]
    [InlineData(Infinity, new[] { Infinity }, new[] { -Infinity })]
    [InlineData(Infinity, new[] { Infinity }, new[] { NaN })]
    public void IsTheLargestDifferenceOverTheReferencesLargestElement(double expected, double[] values, double[] reference)
        => Assert.Equal(expected, RelativeDifference.Of(values, reference));

    [Fact]
    public void SizeOfTheReferenceDoesNotMatter()
    {
        Assert.Equal(0.1, RelativeDifference.Of([1.1e-12], [1e-12]), 1e-12);
        Assert.Equal(0.1, RelativeDifference.Of([1.1e12], [1e12]), 1e-12);
    }

    [Fact]
    public void NothingButZeroAgreesWithZero() => Assert.True(RelativeDifference.Of([1e-20], [0]) > 1);

    [Fact]
    public void InfiniteElementsDoNotHideDifferencesOfOthers()
        => Assert.Equal(0.5, RelativeDifference.Of([Infinity, 1], [Infinity, 2]));

    [Fact]
    public void EachTensorHasItsOwnScale()
        => Assert.Equal(0.5, RelativeDifference.Of([[1e6], [1e-6]], [[1e6], [2e-6]]), 1e-12);

    [Fact]
    public void OtherShapesAreNoResultsToCompare()
    {
        Assert.Throws<ArgumentException>(() => RelativeDifference.Of([1.0], [1.0, 2]));
        Assert.Throws<ArgumentException>(() => RelativeDifference.Of([[1.0]], [[1.0], [2.0]]));
    }
}
