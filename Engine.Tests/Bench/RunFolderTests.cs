using Engine.Bench.Output;
using Engine.Tests.Core;
using Xunit;

namespace Engine.Tests.Bench;

public sealed class RunFolderTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void DefaultIsAFolderOfTheCommand() => Assert.Equal(Path.Combine("runs", "mrp"), RunFolder.Default("mrp"));

    [Fact]
    public void FolderIsMadeAndFilesAreWhole()
    {
        var folder = Open(RunMode.New, _temporary.At("a/b"));
        folder.WriteText("metrics.csv", "x\n");
        folder.WriteJson(RunFolder.Config, new { Alpha = 0.1, Bad = double.NaN, Large = double.PositiveInfinity, Kind = RunMode.Resume });
        Assert.Equal("x\n", File.ReadAllText(_temporary.At("a/b/metrics.csv")));
        Assert.Equal(
            "{\n  \"alpha\": 0.1,\n  \"bad\": null,\n  \"large\": \"Infinity\",\n  \"kind\": \"resume\"\n}\n",
            File.ReadAllText(_temporary.At("a/b/config.json")));
        Assert.Equal(2, Directory.GetFiles(_temporary.At("a/b")).Length);
    }

    [Fact]
    public void FailedWriteLeavesTheOldFileAndNothingElse()
    {
        var folder = Open(RunMode.New);
        folder.WriteText("metrics.csv", "old");
        Assert.Throws<IOException>(() => folder.Write("metrics.csv", stream =>
        {
            stream.WriteByte(1);
            throw new IOException("full");
        }));
        Assert.Equal("old", File.ReadAllText(_temporary.At("metrics.csv")));
        Assert.Single(Directory.GetFiles(_temporary.At("")));
    }

    [Fact]
    public void NonEmptyFolderIsRefusedWithTheRemedies()
    {
        File.WriteAllText(_temporary.At("notes.txt"), "mine");
        var e = Assert.Throws<UserError>(() => Open(RunMode.New));
        Assert.Contains(_temporary.At(""), e.Message);
        Assert.Contains("--resume", e.Message);
        Assert.Contains("--overwrite", e.Message);
    }

    [Fact]
    public void WithoutACheckpointTheWayToStartAnewIsNamed()
    {
        Assert.Contains("leave --resume out", Assert.Throws<UserError>(() => Open(RunMode.Resume)).Message);
        File.WriteAllText(_temporary.At("metrics.csv"), "");
        Assert.Contains("--overwrite", Assert.Throws<UserError>(() => Open(RunMode.Resume)).Message);
    }

    [Fact]
    public void OverwriteRemovesOnlyWhatARunWrites()
    {
        string[] own = ["config.json", "checkpoint.safetensors", "metrics.csv", "seed-3.csv", "checkpoint.safetensors.0123abcd.tmp"];
        string[] others = ["notes.txt", "metrics.csv.bak", "seed-3.txt"];
        foreach (string name in own.Concat(others))
            File.WriteAllText(_temporary.At(name), "");
        Directory.CreateDirectory(_temporary.At("seed-4.csv"));
        Open(RunMode.Overwrite);
        Assert.Equal(others.Order(), Directory.GetFiles(_temporary.At("")).Select(Path.GetFileName).Order());
        Assert.True(Directory.Exists(_temporary.At("seed-4.csv")));
    }

    [Fact]
    public void ResumeNeedsACheckpoint()
    {
        Assert.Contains("checkpoint", Assert.Throws<UserError>(() => Open(RunMode.Resume)).Message);
        File.WriteAllText(_temporary.At("checkpoint.safetensors"), "");
        Assert.True(Open(RunMode.Resume).IsResumed);
    }

    [Fact]
    public void FileInPlaceOfAFolderIsRefused()
    {
        File.WriteAllText(_temporary.At("f"), "");
        Assert.Throws<UserError>(() => Open(RunMode.New, _temporary.At("f")));
        Assert.Throws<UserError>(() => Open(RunMode.New, _temporary.At("f/below")));
        Assert.Throws<UserError>(() => Open(RunMode.New, ""));
    }

    [Fact]
    public void ResumedRunKeepsItsSettings()
    {
        var config = new RunConfig<Settings>(new Settings(3));
        var folder = Open(RunMode.New);
        folder.WriteSettings(config);
        folder.WriteText(RunFolder.Checkpoint, "");
        var resumed = Open(RunMode.Resume);
        resumed.WriteSettings(config with { Threads = 7 });
        var other = config with { Settings = new Settings(4) };
        var e = Assert.Throws<UserError>(() => resumed.WriteSettings(other));
        Assert.Contains("seed: 3 in the checkpoint, 4 now", e.Message);
        Assert.Contains("\"seed\": 3", File.ReadAllText(_temporary.At("config.json")));
    }

    [Fact]
    public void UnlistedNamesAreABug() => Assert.Throws<ArgumentException>(() => Open(RunMode.New).WriteText("other.txt", ""));

    private sealed record Settings(int Seed);

    private RunFolder Open(RunMode mode, string? location = null)
        => RunFolder.Open(location ?? _temporary.At(""), "mrp", mode, "metrics.csv", "seed-*.csv");
}
