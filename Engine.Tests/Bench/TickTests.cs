using Engine.Bench.Figures;
using ScottPlot;
using Xunit;

namespace Engine.Tests.Bench;

public class TickTests
{
    [Theory]
    [InlineData(0, "0")]
    [InlineData(0.5, "0.5")]
    [InlineData(-50, "−50")]
    [InlineData(2000, "2000")]
    [InlineData(25_000, "25k")]
    [InlineData(2.5e6, "2.5M")]
    [InlineData(3e9, "3G")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(2e-5, "2×10⁻⁵")]
    [InlineData(-1e-18, "−10⁻¹⁸")]
    [InlineData(1e15, "10¹⁵")]
    [InlineData(0.1 + 0.2, "0.3")]
    public void NumbersAreShort(double value, string expected) => Assert.Equal(expected, Ticks.Label(value));

    [Theory]
    [InlineData(0.001, 10, new[] { "0.001", "0.01", "0.1", "1", "10" })]
    [InlineData(1, 20, new[] { "1", "2", "5", "10", "20" })]
    [InlineData(2.1, 5.5, new[] { "3", "4", "5" })]
    [InlineData(2.1, 2.9, new[] { "2.2", "2.4", "2.6", "2.8" })]
    [InlineData(0.99, 1.006, new[] { "0.99", "0.995", "1", "1.005" })]
    [InlineData(1e-8, 1e8, new[] { "10⁻⁸", "10⁻⁶", "0.0001", "0.01", "1", "100", "10k", "1M", "100M" })]
    public void LogarithmicAxesHaveRoundNumbers(double low, double high, string[] expected)
        => Assert.Equal(expected, All(Math.Log10(low), Math.Log10(high)).Where(tick => tick.IsMajor).Select(tick => tick.Label));

    [Theory]
    [InlineData(6e-5, 8e-3, 32, new[] { "0.0001", "0.001" })]
    [InlineData(6e-5, 8e-3, 40, new[] { "0.0001", "0.0002", "0.0005", "0.001", "0.002", "0.005" })]
    [InlineData(1, 20, 10, new[] { "1", "2", "5", "10", "20" })]
    [InlineData(0.0002, 0.002, 3, new[] { "0.0002", "0.0005", "0.001", "0.002" })]
    public void NumbersBesideEachOtherHaveRoom(double low, double high, int room, string[] expected)
        => Assert.Equal(expected, All(Math.Log10(low), Math.Log10(high), room).Where(tick => tick.IsMajor).Select(tick => tick.Label));

    [Theory]
    [InlineData(0.001, 10)]
    [InlineData(1, 20)]
    [InlineData(1e-300, 1e300)]
    public void LogarithmicTicksLieWithinTheAxisAndOnlyOnce(double low, double high)
    {
        var (from, to) = (Math.Log10(low), Math.Log10(high));
        var ticks = All(from, to);
        Assert.InRange(ticks.Count(tick => tick.IsMajor), 2, 12);
        Assert.All(ticks, tick => Assert.InRange(tick.Position, from - 1e-8, to + 1e-8));
        Assert.Equal(ticks.Length, ticks.Select(tick => tick.Position).Distinct().Count());
    }

    private static Tick[] All(double low, double high, int room = int.MaxValue)
    {
        using var paint = Paint.NewDisposablePaint();
        var ticks = Ticks.Log(low, high, room);
        ticks.Regenerate(new CoordinateRange(low, high), Edge.Left, 200, paint, new LabelStyle());
        return ticks.Ticks;
    }
}
