using System.Globalization;
using System.Text.Json.Nodes;
using Engine.Bench.Output;
using Engine.Bench.Runs;
using Engine.Tests.Core;
using Xunit;

namespace Engine.Tests.Bench;

public sealed class LoggingTests : IDisposable
{
    private const string Snake
        = "snake --grid 4 --step-limit 9 --envs 2 --rollout 3 --frames 48 --log-every 1 --threads 1 --method 2-mix --points 3";

    private const string Mrp = "mrp --look-ahead 0,2 --seeds 2 --iterations 9 --monte-carlo 2 --batch 4 --log-every 3 --threads 1";

    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void AgentsAreRunsOfTensorBoard()
    {
        TrainedFolder.Run($"{Snake} --seeds 2 --log tensorboard --out {At("a")}");
        foreach (int seed in (int[])[0, 1])
        {
            var run = new EventReader(At($"a/2-mix-{seed}"));
            AssertIsTable(run, $"a/2-mix-{seed}/metrics.csv", "frames", line => true);
            Assert.Equal(1, run.Ends);
            var given = run.HyperParameters;
            Assert.Equal(("2-mix", $"{seed}", "0.99", "True", "4x4", "gamma,lambda,critic,entropy"), (
                given["method"], given["seed"], given["gamma"], given["anneal"], given["grid"], given["learn"]));
            Assert.DoesNotContain("preset", given.Keys);
            Assert.Contains("\"method\": \"2-mix\"", run.Texts["settings/text_summary"]);
        }

        var experiment = new EventReader(At("a"));
        var (width, height, bytes) = Assert.Single(experiment.Images, image => image.Key == "figure3").Value;
        Assert.Equal(File.ReadAllBytes(At("a/figure3.png")), bytes);
        using var picture = SkiaSharp.SKBitmap.Decode(bytes);
        Assert.Equal((picture.Width, picture.Height), (width, height));
    }

    [Fact]
    public void LearnersOfOneRunAreRunsOfTensorBoard()
    {
        TrainedFolder.Run($"{Mrp} --log tensorboard --out {At("a")}");
        Assert.Equal(["0-0", "0-1", "2-0", "2-1"], Names("a/tensorboard"));
        var run = new EventReader(At("a/tensorboard/2-1"));
        AssertIsTable(run, "a/metrics.csv", "iteration", line => line[..2] is ["2", "1"]);
        Assert.Equal(("2", "1"), (run.HyperParameters["method"], run.HyperParameters["seed"]));
        Assert.Contains("figure4", new EventReader(At("a")).Images.Keys);

        // Overwriting removes what was logged.
        TrainedFolder.Run($"{Mrp} --overwrite --log jsonl --out {At("a")}");
        Assert.Empty(Directory.GetFiles(At("a"), "events.*", SearchOption.AllDirectories));
    }

    // What was logged after the checkpoint that a run goes on from is void, and logged again.
    [Fact]
    public void ARunThatGoesOnIsOneRun()
    {
        TrainedFolder.Run($"{Snake} --log tensorboard --out {At("a")}");
        int scalars = new EventReader(At("a/2-mix-0")).Scalars.Sum(tag => tag.Value.Count);
        File.Copy(At($"a/2-mix-0/{AgentFolder.PointFile(1)}"), At("a/2-mix-0/checkpoint.safetensors"), overwrite: true);
        TrainedFolder.Run($"snake --resume --log tensorboard --out {At("a")}");
        var run = new EventReader(At("a/2-mix-0"));
        AssertIsTable(run, "a/2-mix-0/metrics.csv", "frames", line => true);
        Assert.Equal(scalars, run.Voided);
        Assert.Equal("2-mix", run.HyperParameters["method"]);
        Assert.Equal(2, Directory.GetFiles(At("a/2-mix-0"), "events.*").Length);

        // There is nothing to add to one that is complete.
        TrainedFolder.Run($"snake --resume --log tensorboard --out {At("a")}");
        Assert.Equal(2, Directory.GetFiles(At("a/2-mix-0"), "events.*").Length);
        Assert.Contains("figure3", new EventReader(At("a")).Images.Keys);
    }

    // Whenever it was asked for, and also of a run that has become longer, whose row at its former end is none any more.
    [Fact]
    public void AllRowsAreThereHoweverLate()
    {
        TrainedFolder.Run($"{Snake.Replace("--log-every 1", "--log-every 3")} --out {At("a")}");
        TrainedFolder.Run($"snake --resume --frames 96 --log tensorboard --out {At("a")}");
        AssertIsTable(new EventReader(At("a/2-mix-0")), "a/2-mix-0/metrics.csv", "frames", line => true);
        TrainedFolder.Run($"snake --resume --frames 120 --out {At("a")}");
        TrainedFolder.Run($"snake --resume --frames 150 --log tensorboard --out {At("a")}");
        AssertIsTable(new EventReader(At("a/2-mix-0")), "a/2-mix-0/metrics.csv", "frames", line => true);
    }

    [Fact]
    public void JsonLinesAreTheRows()
    {
        TrainedFolder.Run($"{Snake} --log jsonl,jsonl --out {At("a")}");
        string[][] table = [.. File.ReadAllLines(At("a/2-mix-0/metrics.csv")).Select(line => line.Split(','))];
        JsonObject[] rows = [.. File.ReadAllLines(At("a/2-mix-0/metrics.jsonl")).Select(line => JsonNode.Parse(line)!.AsObject())];
        Assert.Equal(["method", "seed", .. table[0]], rows[0].Select(cell => cell.Key));
        Assert.Equal(table.Length - 1, rows.Length);
        foreach (var (cells, row) in table[1..].Zip(rows))
        {
            Assert.Equal(("2-mix", 0), ((string?)row["method"], (int)row["seed"]!));
            Assert.Equal(cells, table[0].Select(name => row[name] is { } value ? FormattableString.Invariant($"{(double)value:R}") : ""));
        }

        string whole = File.ReadAllText(At("a/2-mix-0/metrics.jsonl"));
        File.Copy(At($"a/2-mix-0/{AgentFolder.PointFile(2)}"), At("a/2-mix-0/checkpoint.safetensors"), overwrite: true);
        TrainedFolder.Run($"snake --resume --log jsonl --out {At("a")}");
        Assert.Equal(whole.Split('\n').Length, File.ReadAllLines(At("a/2-mix-0/metrics.jsonl")).Length + 1);
        Assert.Equal(WithoutPace(whole), WithoutPace(File.ReadAllText(At("a/2-mix-0/metrics.jsonl"))));

        static IEnumerable<string> WithoutPace(string lines)
            => lines.Split('\n').Select(line => line.Split(",\"frames_per_second\"")[0]);
    }

    [Fact]
    public void UnknownFormatsAreNamed()
    {
        var (code, _, error) = TrainedFolder.Try($"snake --log csv --out {At("a")}");
        Assert.Equal(ExitCodes.UserError, code);
        Assert.Contains("--log: 'csv' is not one of tensorboard, jsonl.", error);
    }

    private void AssertIsTable(EventReader run, string table, string step, Func<string[], bool> isOfRun)
    {
        string[] lines = File.ReadAllLines(At(table));
        string[] names = lines[0].Split(',');
        string[][] rows = [.. lines[1..].Select(line => line.Split(',')).Where(isOfRun)];
        Assert.NotEmpty(rows);
        int steps = Array.IndexOf(names, step);
        string[] tags = [.. names.Except(["method", "seed", "iteration", "update"])];
        foreach (string tag in tags)
        {
            int column = Array.IndexOf(names, tag);
            var expected = rows.Where(row => row[column].Length > 0)
                .Select(row => ((long)Number(row[steps]), (float)Number(row[column])));
            Assert.Equal(expected, run.Scalars.TryGetValue(tag, out var found) ? found.Select(pair => (pair.Key, pair.Value)) : []);
        }
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private string At(string name) => _temporary.At(name);

    private string[] Names(string folder)
        => [.. Directory.GetFileSystemEntries(At(folder)).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
}
