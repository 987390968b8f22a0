using Engine.Bench.Figures;
using Xunit;

namespace Engine.Tests.Bench;

public class TickTests
{
    [Theory]
    [InlineData(0, 1, 6, new[] { 0, 0.2, 0.4, 0.6, 0.8, 1 })]
    [InlineData(0, 5000, 6, new double[] { 0, 1000, 2000, 3000, 4000, 5000 })]
    [InlineData(-0.3, 0.72, 6, new[] { -0.2, 0, 0.2, 0.4, 0.6 })]
    [InlineData(0, 10, 5, new[] { 0, 2.5, 5, 7.5, 10 })]
    public void LinearTicksAreRound(double low, double high, int most, double[] expected)
        => Assert.Equal(expected, Ticks.Linear(low, high, most));

    [Theory]
    [InlineData(0.001, 10, 6, new[] { 0.001, 0.01, 0.1, 1, 10 })]
    [InlineData(1, 20, 6, new double[] { 1, 2, 5, 10, 20 })]
    [InlineData(0.04, 6, 6, new[] { 0.1, 0.3, 1, 3 })]
    [InlineData(1e-8, 1e8, 6, new[] { 1e-6, 1e-3, 1, 1e3, 1e6 })]
    [InlineData(2.1, 3.9, 4, new[] { 2.5, 3, 3.5 })]
    public void LogTicksAreRound(double low, double high, int most, double[] expected)
        => Assert.Equal(expected, Ticks.Log(low, high, most));

    [Fact]
    public void AnyRangeHasSomeTicksWithinIt()
    {
        var random = new Random(1);
        for (int i = 0; i < 2000; i++)
        {
            double low = (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-12, 12));
            double high = low + Math.Pow(10, random.Next(-6, 6)) * Math.Max(1e-9, Math.Abs(low)) * (0.1 + random.NextDouble());
            double[] ticks = Ticks.Linear(low, high, 6);
            Assert.InRange(ticks.Length, 1, 6);
            Assert.All(ticks, tick => Assert.InRange(tick, low - 1e-5 * (high - low), high + 1e-5 * (high - low)));
        }
    }

    [Theory]
    [InlineData(new[] { 0, 0.5, 1 }, new[] { "0", "0.5", "1.0" })]
    [InlineData(new double[] { -50, 0, 50 }, new[] { "−50", "0", "50" })]
    [InlineData(new double[] { 0, 2000, 4000 }, new[] { "0", "2000", "4000" })]
    [InlineData(new double[] { 0, 5e7, 1e8 }, new[] { "0", "50M", "100M" })]
    [InlineData(new[] { 0, 2e-5, 4e-5 }, new[] { "0", "2×10^−5", "4×10^−5" })]
    public void LinearLabelsAgree(double[] ticks, string[] expected) => Assert.Equal(expected, TickLabel.Linear(ticks).Select(Text));

    [Theory]
    [InlineData(new[] { 0.01, 0.1, 1, 10 }, new[] { "0.01", "0.1", "1", "10" })]
    [InlineData(new[] { 1e-6, 1e-3, 1 }, new[] { "10^−6", "10^−3", "10^0" })]
    [InlineData(new[] { 2e-5, 5e-5 }, new[] { "2×10^−5", "5×10^−5" })]
    public void LogLabelsAgree(double[] ticks, string[] expected) => Assert.Equal(expected, TickLabel.Log(ticks).Select(Text));

    [Fact]
    public void TextBreaksIntoLinesThatFit()
    {
        Assert.Equal(["one two"], Typesetting.Wrap("one two", 200, 12));
        string text = "a title that is long, and a word" + new string('x', 60);
        Assert.All(Typesetting.Wrap(text, 90, 12), line => Assert.True(Typesetting.Width(line, 12) <= 90));
        Assert.Empty(Typesetting.Wrap("", 90, 12));
    }

    private static string Text(TickLabel label) => label.Raised.Length == 0 ? label.Text : $"{label.Text}^{label.Raised}";
}
