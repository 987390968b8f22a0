using Engine.RL.Statistics;
using Xunit;

namespace Engine.Tests.RL;

public class VarianceBySourceTests
{
    // 0 1 2 in rows and columns alike: mean squares by hand are 3 (rows), 3 (columns), 0 (rest).
    [Fact]
    public void SumsOfTwoSourcesAreSplitBetweenThem()
    {
        var (first, second, both) = Variance.BySource([0, 1, 2, 1, 2, 3, 2, 3, 4], 3);
        Assert.Equal((0.5, 0.5, 0), (first, second, both));
        Assert.Equal((1.0, 0.0, 0.0), Variance.BySource([5, 5, 7, 7], 2));
        Assert.Equal((0.0, 1.0, 0.0), Variance.BySource([5, 7, 5, 7], 2));
        Assert.Equal((0.0, 0.0, 1.0), Variance.BySource([1, -1, -1, 1], 2));
    }

    [Fact]
    public void PartsOfRandomNumbersAreThoseTheyWereMadeOf()
    {
        const int Size = 300;
        var random = new Random(1);
        double[] rows = [.. Enumerable.Range(0, Size).Select(_ => 3 * Normal())];
        double[] columns = [.. Enumerable.Range(0, Size).Select(_ => Normal())];
        double[] samples = [.. Enumerable.Range(0, Size * Size).Select(i => rows[i / Size] + columns[i % Size] + (2 * Normal()))];
        var (first, second, both) = Variance.BySource(samples, Size);
        Assert.InRange(first, 0.5, 0.75);
        Assert.InRange(second, 0.04, 0.11);
        Assert.InRange(both, 0.2, 0.4);
        Assert.Equal(1, first + second + both, 1e-12);

        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
    }
}
