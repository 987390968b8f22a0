using Engine.Bench.Output;
using Engine.RL.Experiments;
using Xunit;

namespace Engine.Tests.Bench;

public class ProgressTests
{
    [Fact]
    public void LinesComeNowAndThenWithSpeedAndTimeLeft()
    {
        var clock = new Clock();
        using var writer = new StringWriter();
        using (var progress = Progress.Start(writer, quiet: false, clock))
        {
            for (int i = 1000; i <= 2000; i++)
            {
                progress.Report("n=5  seed-set", i, 2000);
                clock.Advance(TimeSpan.FromMilliseconds(10));
            }
        }

        Assert.Equal(
            ["n=5  seed-set  1500/2000  75 %  100 it/s  5 s left", "n=5  seed-set  2000/2000  100 %  100 it/s  in 10 s"],
            writer.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void LinesEndWithTheLatestValues()
    {
        var clock = new Clock();
        using var writer = new StringWriter();
        using (var progress = Progress.Start(writer, quiet: false, clock))
        {
            progress.Report("3-mix-0", 0, 10, [("return_mean", double.NaN), ("gamma", 0.99)]);
            clock.Advance(TimeSpan.FromSeconds(6));
            progress.Report("3-mix-0", 5, 10);
            progress.Report("3-mix-0", 10, 10, [("return_mean", 1.5), ("gamma", 0.98)]);
        }

        string[] lines = writer.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.EndsWith("  6 s left  return_mean -  gamma 0.9900", lines[0]);
        Assert.EndsWith("  in 6 s  return_mean 1.500  gamma 0.9800", lines[1]);
    }

    [Fact]
    public void QuietIsQuiet()
    {
        using var writer = new StringWriter();
        using (var progress = Progress.Start(writer, quiet: true))
            progress.Report("x", 5, 5);
        Assert.Empty(writer.ToString());
    }

    [Fact]
    public void ThreadsMayReportAtTheSameTime()
    {
        using var writer = new StringWriter();
        using (var progress = Progress.Start(writer, quiet: false))
            Parallel.For(0, 8, k => Enumerable.Range(0, 101).ToList().ForEach(i => progress.Report($"seed {k}", i, 100)));
        Assert.Equal(8, writer.ToString().Split("100/100").Length - 1);
    }

    [Fact]
    public void ClaimsPrintInFullWhenRedirected()
    {
        using var writer = new StringWriter();
        string text = string.Join(' ', Enumerable.Repeat("rises", 60));
        Consoles.For(writer).WriteClaims(
            [new Claim('a', text, "1 | 2", true), new Claim('b', "falls", "3 ± 1", false), new Claim('c', "", "", null)]);
        string[] lines = writer.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(5, lines.Length);
        Assert.Contains($"| (a) | {text} | 1 \\| 2  | holds ", lines[2]);
        Assert.Contains("does not hold", lines[3]);
        Assert.Contains("not tested", lines[4]);
    }
}
