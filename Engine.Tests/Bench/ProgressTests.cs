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
    public void LinesTellTheTimeLeftOfTheWhole()
    {
        var clock = new Clock();
        using var writer = new StringWriter();
        using (var progress = Progress.Start(writer, quiet: false, clock))
        {
            // One is done by an earlier run, one half done; 5 + 10 are left, and each takes two seconds.
            foreach (var (part, done) in new[] { ("a", 10), ("b", 5), ("c", 0) })
                progress.Expect(part, done, 10);
            for (int i = 6; i <= 10; i++)
            {
                clock.Advance(TimeSpan.FromSeconds(2));
                progress.Report("b", i, 10);
            }

            clock.Advance(TimeSpan.FromHours(1));
        }

        Assert.Equal(
            [
                "b  9/10  90 %  2 s/it  2 s left  (1 of 3 done, 22 s left)",
                "b  10/10  100 %  2 s/it  in 8 s  (2 of 3 done, 20 s left)",
            ],
            writer.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void PartsToComeAreAsSlowAsThoseUnderWay()
    {
        var clock = new Clock();
        var parts = new ProgressParts(clock);
        foreach (string part in (string[])["fast", "slow", "like slow"])
            parts.Expect(part, 0, 10);
        foreach (var (part, seconds) in new[] { ("fast", 1), ("slow", 5) })
        {
            for (int i = 0; i <= (part == "fast" ? 10 : 4); i++)
            {
                parts.Report(part, i, 10, []);
                clock.Advance(TimeSpan.FromSeconds(seconds));
            }
        }

        Assert.Equal("1 of 3 done, 1 min 40 s left", parts.Summary);
    }

    [Fact]
    public void PartsToComeTakeAsLongAsTheirUnitsCost()
    {
        var clock = new Clock();
        var parts = new ProgressParts(clock);
        foreach (var (part, cost) in new[] { ("0", 1.0), ("1", 2.5), ("3", 6) })
            parts.Expect(part, 0, 100, cost);
        for (int i = 0; i <= 50; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            parts.Report("0", i, 100, []);
        }

        // 50 + 250 + 600 units.
        Assert.Equal("0 of 3 done, 15 min 00 s left", parts.Summary);
    }

    [Fact]
    public void WhatHasEndedKeepsItsTimeAndSpeed()
    {
        var clock = new Clock();
        var pace = new Pace(clock);
        for (int i = 0; i <= 100; i++)
        {
            pace.Update(i, 100);
            clock.Advance(TimeSpan.FromSeconds(i < 50 ? 1 : 3));
        }

        var (speed, time) = (pace.Speed, pace.Remaining);
        Assert.Equal(("2 s/it", "in 3 min 20 s"), (speed, time));
        clock.Advance(TimeSpan.FromHours(1));
        pace.Update(100, 100);
        Assert.Equal((speed, time), (pace.Speed, pace.Remaining));
    }

    [Fact]
    public void WhatAnEarlierRunEndedTookNoTimeHere()
    {
        var parts = new ProgressParts(new Clock());
        parts.Expect("a", 10, 10);
        Assert.Equal(("done", ""), (parts.All[0].Pace.Remaining, parts.Summary));
        parts.Expect("b", 10, 10);
        Assert.Equal("2 of 2 done", parts.Summary);
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
        Assert.Equal(6, lines.Length);
        Assert.Contains($"| (a) | {text} | 1 \\| 2  | holds ", lines[2]);
        Assert.Contains("| fails ", lines[3]);
        Assert.Contains("| open ", lines[4]);
        Assert.StartsWith("In brackets", lines[5]);
    }
}
