using System.Text;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Engine.Bench;
using Engine.Bench.Comparing;
using Engine.Bench.Output;
using Engine.Bench.Scaling;
using Engine.Kernels.Cpu;
using Engine.Tests.Core;
using Xunit;

namespace Engine.Tests.Bench;

[Collection(nameof(AloneOnTheProcessor))]
public sealed class ScalingCommandTests : IDisposable
{
    // However busy the machine is, no point takes too long.
    private const string Small = "scaling --grid 4 --max 2 --repeats 2 --warm-up 0 --limit 1000";

    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void TableFilesAndFigureHaveEveryPoint()
    {
        string folder = _temporary.At("out");
        var (code, output, error) = Run($"{Small} --device cpu@1,cpu@2 --only agents,n,replicates,width --out {folder}");
        Assert.True(code == ExitCodes.Ok, error);
        Assert.Contains("width 2  2/2", error);
        Assert.Contains("(8 of 8 done in", error);
        Assert.Matches(@"\| agents +\| +2 \| cpu@1 +\| +[\d.]+ \| +[\d.]+ \| +2 \| +[\d.kM]+ \| +\d+ \| +[\d.]+ \|", output);
        Assert.Matches(@"\| width +\| cpu@2 +\| +2 \| +-?\d\.\d\d \| +-?\d\.\d\d \| +-?\d\.\d\d \|", output);
        Assert.Contains("1 is in proportion, 0 no growth", output);

        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "scaling.json")))!;
        Assert.Equal(["settings", "devices", "points", "slopes"], json.AsObject().Select(property => property.Key));
        Assert.Equal([1, 2], json["devices"]!.AsArray().Select(device => (int)device!["concurrency"]!));
        var points = json["points"]!.AsArray();
        Assert.Equal(
            from axis in (string[])["agents", "n", "replicates", "width"]
            from value in (int[])[1, 2]
            from device in (string[])["cpu@1", "cpu@2"]
            select (axis, value, device),
            points.Select(point => ((string)point!["axis"]!, (int)point["value"]!, (string)point["device"]!)));
        Assert.All(points, point =>
        {
            Assert.Equal(
                [
                    "axis", "value", "device", "median-ms", "min-ms", "calls", "prepare-ms", "frames-per-second", "commands", "kernels",
                    "copies", "working-bytes", "skipped", "failed",
                ],
                point!.AsObject().Select(property => property.Key));
            Assert.InRange((double)point["min-ms"]!, 1e-6, (double)point["median-ms"]!);
            Assert.Equal((long)point["commands"]!, (long)point["kernels"]! + (long)point["copies"]!);
            Assert.Equal(2, (int)point["calls"]!);

            // 32 games of 20 steps, or 32 trajectories of 10.
            int frames = point["axis"]!.ToString() switch
            {
                "agents" => 640 * (int)point["value"]!,
                "replicates" => 320 * (int)point["value"]!,
                _ => 640,
            };
            Assert.Equal(frames / ((double)point["median-ms"]! / 1000), (double)point["frames-per-second"]!, 1e-6 * frames);
        });

        // Time may be anything, but not memory: two agents take about twice that of one, and one agent alone is always the same.
        long Memory(string axis, int value) => (long)points.First(
            point => (string)point!["axis"]! == axis && (int)point["value"]! == value)!["working-bytes"]!;
        Assert.InRange(Memory("agents", 2), 1.7 * Memory("agents", 1), 2.1 * Memory("agents", 1));
        Assert.Equal(Memory("agents", 1), Memory("n", 1));
        Assert.Equal(Memory("agents", 1), Memory("width", 1));
        Assert.True(Memory("n", 2) > Memory("n", 1) && Memory("width", 2) > 1.5 * Memory("width", 1));
        var slope = json["slopes"]!.AsArray().Single(
            slope => (string)slope!["axis"]! == "width" && (string)slope["device"]! == "cpu@2")!;
        Assert.Equal(["axis", "device", "points", "time", "frames-per-second", "working-bytes"], slope.AsObject().Select(each => each.Key));
        Assert.Equal(
            Math.Log2((double)Memory("width", 2) / Memory("width", 1)), (double)slope["working-bytes"]!["value"]!, 1e-9);

        string[] table = File.ReadAllLines(Path.Combine(folder, "scaling.csv"));
        Assert.Equal(
            "axis,value,device,median_ms,min_ms,calls,prepare_ms,frames_per_second,commands,kernels,copies,working_bytes,skipped,failed",
            table[0]);
        Assert.Equal(1 + points.Count, table.Length);
        string[] texts = Texts(folder);
        foreach (string text in (string[])["cpu@1", "cpu@2", "in proportion", "agents in one batch", "inner steps n", "replicates"])
            Assert.Contains(text, texts);
        Assert.Contains(texts, text => text.StartsWith("(a) Time: slope ", StringComparison.Ordinal) && text.Contains(", "));
        Assert.Contains(texts, text => text.StartsWith("(l) Memory: slope ", StringComparison.Ordinal));
    }

    [Fact]
    public void AnInterruptedRunGoesOnAndKeepsWhatItHas()
    {
        string folder = _temporary.At("out");
        string line = $"{Small} --only replicates,n --out {folder}";
        using (var cancel = new CancellationTokenSource())
        {
            using var error = new CancellingWriter(cancel, "n 2  1/1");
            Assert.Equal(ExitCodes.Interrupted, Program.Run(line.Split(' '), TextWriter.Null, error, cancel.Token));
            Assert.Contains("the same command with --resume goes on.", error.ToString());
        }

        string[] before = File.ReadAllLines(Path.Combine(folder, "scaling.csv"));
        Assert.Equal(["n,1,", "n,2,"], before[1..].Select(row => row[..4]));
        Assert.False(File.Exists(Path.Combine(folder, "scaling.json")));
        var (code, output, text) = Run($"{line} --resume");
        Assert.True(code == ExitCodes.Ok, text);
        Assert.DoesNotContain("n 2  1/1", text);
        string[] after = File.ReadAllLines(Path.Combine(folder, "scaling.csv"));
        Assert.Equal([.. before, "replicates,1,", "replicates,2,"], [.. after[..3], .. after[3..].Select(row => row[..13])]);

        // Once more: nothing is measured, and the table is the same.
        var again = Run($"scaling --resume --quiet --out {folder}");
        Assert.Equal((ExitCodes.Ok, ""), (again.Code, again.Error));
        Assert.Equal(after, File.ReadAllLines(Path.Combine(folder, "scaling.csv")));
        Assert.Equal(Tables(output), Tables(again.Output));

        // Not with other settings, nor elsewhere.
        foreach (string other in (string[])["--method 2", "--repeats 3", "--device cpu@1"])
        {
            var refused = Run($"scaling --resume --out {folder} {other}");
            Assert.Equal((ExitCodes.UserError, ""), (refused.Code, refused.Output));
            Assert.Contains($"with other settings: {other.Split(' ')[0][2..]}", refused.Error);
        }

        static string Tables(string output) => output[..output.IndexOf("Written to", StringComparison.Ordinal)];
    }

    [Fact]
    public void WhatWouldTakeTooMuchIsLeftOutAndSaid()
    {
        string folder = _temporary.At("out");
        var (code, output, error) = Run(
            $"{Small.Replace("--max 2", "--max 4")} --only replicates,width --memory-limit 0.015 --quiet --out {folder}");
        Assert.True(code == ExitCodes.Ok, error);
        Assert.Matches(@"\| width +\| +4 \| cpu +\| +- \| +- \| +0 \| .* \| skipped: about 0\.\d+ GiB, over the 0\.0\d+ allowed", output);
        var points = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "scaling.json")))!["points"]!.AsArray();
        Assert.Equal(6, points.Count);
        Assert.Matches("over the 0.0\\d+ allowed$", (string)points[^1]!["skipped"]!);
        Assert.Null(points[^1]!["median-ms"]);
        Assert.All(points.Take(4), point => Assert.Null(point!["skipped"]));
        Assert.Contains(Texts(folder), text => text.Contains("points left out: "));
    }

    [Fact]
    public void TimeIsForeseenAndFailuresEndACurve()
    {
        var ladder = ScalingLadder.All.Single(ladder => ladder.Axis == ScalingAxis.Width);
        using var device = new ComparedDevice("cpu", new CpuDevice(1));
        var scaler = new Scaler(new() { Limit = 10 }, default);
        var point = new ScalingPoint(ScalingAxis.Width, 2, "cpu") { MedianMs = 500, PrepareMs = 2000, WorkingBytes = 1 };

        // Four times 2 s + 2 x 0.5 s.
        Assert.Equal("about 12 s, over the limit of 10", scaler.Measure(ladder, 4, device, [point]).Skipped);
        ScalingPoint[] before = [point, point with { Value = 4, MedianMs = null }];
        Assert.Equal("about 48 s, over the limit of 10", scaler.Measure(ladder, 8, device, before).Skipped);
        var failed = new ScalingPoint(ScalingAxis.Width, 2, "cpu") { Failed = "IOException: off the bus" };
        Assert.Equal("2 failed", scaler.Measure(ladder, 4, device, [failed]).Skipped);

        var broken = ladder with { Create = (_, _, _) => throw new InvalidOperationException("no such work") };
        var outcome = scaler.Measure(broken, 1, device, []);
        Assert.Equal(("InvalidOperationException: no such work", null, null), (outcome.Failed, outcome.Skipped, outcome.MedianMs));
        Assert.False(new ScalingReport(new(), [device], [outcome]).Passed);
        Assert.Throws<OperationCanceledException>(
            () => new Scaler(new(), new CancellationToken(true)).Measure(ladder, 1, device, []));
    }

    [Fact]
    public void LaddersGoAsFarAsTheySay()
    {
        var values = ScalingLadder.All.ToDictionary(ladder => ladder.Axis, ladder => ladder.Values);
        Assert.Equal([1, 2, 4, 8, 16, 32, 64], values[ScalingAxis.Agents]);
        Assert.Equal([32, 64, 128, 256, 512, 1024, 2048, 4096], values[ScalingAxis.Envs]);
        Assert.Equal([1, 2, 5, 10, 20, 40], values[ScalingAxis.N]);
        Assert.Equal(Enumerable.Range(0, 13).Select(power => 1 << power), values[ScalingAxis.Replicates]);
        Assert.Equal([1, 2, 4, 8], values[ScalingAxis.Width]);
        Assert.Equal([32], ScalingLadder.All.Single(ladder => ladder.Axis == ScalingAxis.Envs).UpTo(8));
    }

    [Theory]
    [InlineData("--only: 'games' is not one of agents, envs, n, replicates, width", "--only", "n,games")]
    [InlineData("only is n,n, but must be a list in which nothing stands twice", "--only", "n,n")]
    [InlineData("method is 0, but must be one that looks a step ahead", "--method", "0")]
    [InlineData("Method 'some' is unknown", "--method", "some")]
    [InlineData("--device names cpu twice: give each device once", "--device", "cpu,cpu")]
    [InlineData("Device 'gpu' is unknown", "--device", "cpu,gpu")]
    [InlineData("'cpu@0': behind @", "--device", "cpu@0")]
    [InlineData("max is 0, but must be at least 1", "--max", "0")]
    [InlineData("repeats is 0, but must be at least 1", "--repeats", "0")]
    [InlineData("limit is 0, but must be above 0", "--limit", "0")]
    [InlineData("memory-limit is -1, but must be above 0", "--memory-limit", "-1")]
    [InlineData("warm-up is -1, but must be", "--warm-up", "-1")]
    [InlineData("grid", "--grid", "1")]
    [InlineData("give one of them, not both", "--resume", "--overwrite")]
    public void MistakesAreNamedBeforeAnythingIsWritten(string part, params string[] args)
    {
        string folder = _temporary.At("out");
        var (code, output, error) = ProgramTests.Run(["scaling", .. args, "--out", folder]);
        Assert.Equal((ExitCodes.UserError, ""), (code, output));
        Assert.Contains(part, error);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.False(Directory.Exists(folder));
    }

    [Theory]
    [MemberData(nameof(TestDevices.ForUpdates), MemberType = typeof(TestDevices))]
    public void EveryDeviceHasACurve(string device)
    {
        string folder = _temporary.At("out");
        var (code, _, error) = Run($"{Small} --device {device} --only replicates --method 2 --quiet --out {folder}");
        Assert.Equal((ExitCodes.Ok, ""), (code, error));
        var points = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "scaling.json")))!["points"]!.AsArray();
        Assert.All(points, point => Assert.True((double)point!["median-ms"]! > 0 && (long)point["working-bytes"]! > 0));
        Assert.Contains(device, Texts(folder));
    }

    private static string[] Texts(string folder) =>
    [
        .. from element in XDocument.Load(Path.Combine(folder, "scaling.svg")).Descendants()
           where element.Name.LocalName == "text"
           select element.Value,
    ];

    private static (int Code, string Output, string Error) Run(string line) => ProgramTests.Run(line.Split(' '));

    // Cancels once a line begins so.
    private sealed class CancellingWriter(CancellationTokenSource cancel, string start) : StringWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (value!.StartsWith(start, StringComparison.Ordinal))
                cancel.Cancel();
        }
    }
}
