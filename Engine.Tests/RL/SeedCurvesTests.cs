using Engine.RL.Statistics;
using Xunit;

namespace Engine.Tests.RL;

public class SeedCurvesTests
{
    private const double NaN = double.NaN;

    [Fact]
    public void SeedsAreComparedWhereAllHaveBeen()
    {
        var curves = new SeedCurves([new([10, 20, 30], [1, 2, 3]), new([10, 20], [3, 6])], points: 100);
        Assert.Equal([10, 20], curves.X);
        Assert.Equal([2, 4], curves.Points.Select(point => point.Mean));
        Assert.Equal(new Interval(2, 6), curves.Points[1].MeanInterval);
        Assert.Equal(4, curves.Final.Mean);
        Assert.True(curves.IsCut);
        Assert.False(new SeedCurves([new([10, 20], [1, 2]), new([10, 20], [3, 6])], points: 100).IsCut);
    }

    [Fact]
    public void PointsAreMeansOverAsManyRows()
    {
        double[] x = [.. Enumerable.Range(1, 40).Select(i => 10.0 * i)];
        var curves = new SeedCurves([new(x, [.. x.Select(value => value / 10)])], points: 4);
        Assert.Equal([100, 200, 300, 400], curves.X);
        Assert.Equal([5.5, 15.5, 25.5, 35.5], curves.Points.Select(point => point.Mean));
        Assert.All(curves.Points, point => Assert.Null(point.MeanInterval));
        Assert.Equal((37 + 38 + 39 + 40) / 4.0, curves.Final.Mean);
    }

    // As returns where no episode ended: they are left out of means, and where a seed has none there is a gap.
    [Fact]
    public void RowsWithoutAValueAreLeftOut()
    {
        var curves = new SeedCurves([new([1, 2, 3, 4], [NaN, 2, NaN, NaN]), new([1, 2, 3, 4], [4, 4, 4, 4])], points: 2);
        Assert.Equal([3, NaN], curves.Points.Select(point => point.Mean));
        Assert.Equal(NaN, curves.Final.Mean);
    }

    [Fact]
    public void SeedsThatHaveNoPlaceInCommonAreRefused()
        => Assert.Throws<ArgumentException>(() => new SeedCurves([new([1], [1]), new([2], [1])], points: 1));

    [Fact]
    public void APlaceThatASeedHasTwiceIsRefused()
        => Assert.Throws<ArgumentException>(() => new SeedCurves([new([1, 1], [1, 2])], points: 1));
}
