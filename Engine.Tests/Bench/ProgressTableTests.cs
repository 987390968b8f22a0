using Engine.Bench.Output;
using Spectre.Console;
using Xunit;

namespace Engine.Tests.Bench;

public class ProgressTableTests
{
    private static readonly (string Name, double Value)[] s_values =
        [("return", 12.345), ("gamma", 0.99123), ("lambda", double.NaN), ("frames/s", 41234)];

    [Fact]
    public void PartsHaveBarsValuesAndTheCourseOfTheReturn()
    {
        var clock = new Clock();
        var one = Part("3-mix-0", clock, 10, 100, s_values);
        for (int i = 0; i < 8; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            one.Update(20 + i, 100, [("return", i), .. s_values.Skip(1)]);
        }

        string[] lines = Draw(80, 25, "1 of 3 done", one, Part("5-0", clock, 100, 100), new ProgressPart("5-1", clock, 0, 100));
        Assert.Equal(6, lines.Length);
        Assert.Matches(@"^3-mix-0  ━+─+ +27 %  +2.1[23] it/s  +35 s left$", lines[0]);
        Assert.Matches(@"^5-0      ━+  100 % +done$", lines[1]);
        Assert.Matches(@"^5-1      ─+    0 %$", lines[2]);
        Assert.Equal("1 of 3 done", lines[3]);
        Assert.Matches("^ +return +gamma +lambda +frames/s  return so far$", lines[4]);
        Assert.Matches("^3-mix-0 +7.000 +0.9912 +- +41.2k  █▁▁▂▂▃▄▄▅$", lines[5]);
    }

    [Theory]
    [InlineData(200, 50)]
    [InlineData(80, 24)]
    [InlineData(60, 24)]
    [InlineData(40, 10)]
    [InlineData(20, 6)]
    [InlineData(5, 3)]
    public void NothingIsWiderOrHigherThanTheWindow(int width, int height)
    {
        var clock = new Clock();
        ProgressPart[] parts =
        [
            .. Enumerable.Range(0, 30).Select(i => Part($"a part with a long name {i}", clock, i % 3 == 0 ? 9 : i % 3, 9, s_values)),
        ];
        string[] lines = Draw(width, height, "10 of 30 done, 12 min left", parts);
        Assert.InRange(lines.Length, 2, height - 1);
        Assert.All(lines, line => Assert.InRange(line.Length, 0, width - 1));
    }

    [Fact]
    public void WhereRoomIsScarceThoseUnderWayAreShown()
    {
        var clock = new Clock();
        ProgressPart[] parts =
        [
            .. Enumerable.Range(0, 17).Select(i => Part($"part {i}", clock, 5, 5)),
            new("part 17", clock, 0, 5),
            Part("part 18", clock, 1, 5),
            new("part 19", clock, 0, 5),
        ];
        parts[18].Update(2, 5, []);
        Assert.Equal(["part 15", "part 16", "part 17", "part 18", "part 19", "17 of 20 done"], Names(7));
        Assert.Equal(["part 17", "part 18", "17 of 20 done"], Names(4));
        Assert.Equal(["part 18", "17 of 20 done"], Names(3));

        IEnumerable<string> Names(int height) => Draw(80, height, "17 of 20 done", parts).Select(line => line.Split("  ")[0]);
    }

    [Fact]
    public void NarrowWindowsLoseColumnsBeforeTheCourse()
    {
        var part = Part("p", new Clock(), 1, 2, s_values);
        Assert.Contains("41.2k", Draw(80, 24, "", part)[^1]);
        string narrow = Draw(32, 24, "", part)[^1];
        Assert.Contains("12.35", narrow);
        Assert.DoesNotContain("41.2k", narrow);
        Assert.EndsWith("▁", narrow);
    }

    [Theory]
    [InlineData(double.NaN, "-")]
    [InlineData(double.PositiveInfinity, "∞")]
    [InlineData(0, "0")]
    [InlineData(1e-5, "1.0E-5")]
    [InlineData(0.99, "0.9900")]
    [InlineData(0.99996, "1.000")]
    [InlineData(-1.5, "-1.500")]
    [InlineData(12.345678, "12.35")]
    [InlineData(99.996, "100.0")]
    [InlineData(1234.5, "1234")]
    [InlineData(41234, "41.2k")]
    [InlineData(999_700, "1.0M")]
    [InlineData(5e8, "500M")]
    [InlineData(1e30, "1.0E+30")]
    public void NumbersAreShort(double value, string expected)
    {
        Assert.Equal(expected, ShortNumber.Text(value));
        Assert.InRange(expected.Length, 1, ShortNumber.Width);
    }

    [Fact]
    public void SparklineShowsTheWholeCourse()
    {
        var line = new Sparkline();
        Assert.Equal("", line.Text(10));
        line.Add(3);
        Assert.Equal("▁", line.Text(10));
        line.Add(double.NaN);
        line.Add(4);
        Assert.Equal("▁█", line.Text(10));

        // Up for half of the time, then down, over and over longer than the line.
        foreach (int count in new[] { 16, 1000, 12_345 })
        {
            var hill = new Sparkline();
            for (int i = 0; i < count; i++)
                hill.Add(Math.Min(i, count - 1 - i));
            string text = hill.Text(16);
            Assert.Equal(16, text.Length);
            Assert.Equal(string.Concat(text[..8].Order()), text[..8]);
            Assert.Equal('▁', text[0]);
            Assert.InRange(text[8], '▇', '█');
            Assert.InRange(text[15], '▁', '▂');
        }
    }

    [Fact]
    public void TheLiveViewDrawsTheLatestAndRestoresTheCursor()
    {
        using var writer = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.Yes,
            Out = new AnsiConsoleOutput(writer),
        });
        (console.Profile.Width, console.Profile.Height) = (100, 30);
        using (IProgressDisplay view = new ProgressView(console, TimeProvider.System))
            Parallel.For(0, 4, k => Enumerable.Range(0, 101).ToList().ForEach(i => view.Report($"seed {k}", i, 100, [("return", i)])));
        string text = writer.ToString();
        Assert.All(Enumerable.Range(0, 4), k => Assert.Matches($"seed {k} +━+ +100 %", text));
        Assert.Contains("return so far", text);
        Assert.True(text.LastIndexOf("\x1b[?25h", StringComparison.Ordinal) > text.LastIndexOf("\x1b[?25l", StringComparison.Ordinal));
    }

    [Fact]
    public void AViewThatNothingIsReportedToShowsNothing()
    {
        using var writer = new StringWriter();
        var console = Consoles.For(writer);
        new ProgressView(console, TimeProvider.System).Dispose();
        Assert.Empty(writer.ToString());
    }

    private static ProgressPart Part(string name, TimeProvider clock, int done, int total, params (string Name, double Value)[] values)
    {
        var part = new ProgressPart(name, clock, done, total);
        part.Update(done, total, values);
        return part;
    }

    private static string[] Draw(int width, int height, string summary, params ProgressPart[] parts)
    {
        using var writer = new StringWriter();
        var console = Consoles.For(writer);
        console.Write(ProgressTable.Draw(parts, summary, width, height));
        return [.. writer.ToString().TrimEnd('\n', '\r').Split('\n').Select(line => line.TrimEnd('\r', ' '))];
    }
}
