using Engine.Bench.Commands;
using Engine.Bench.Output;

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
        var folder = Open(RunMode.New, _temporary["a/b"]);
        folder.WriteText("metrics.csv", "x\n");
        folder.WriteJson(RunFolder.Config, new { Alpha = 0.1, Bad = double.NaN, Kind = RunMode.Resume });
        Assert.Equal("x\n", File.ReadAllText(_temporary["a/b/metrics.csv"]));
        Assert.Equal("{\n  \"alpha\": 0.1,\n  \"bad\": \"NaN\",\n  \"kind\": \"resume\"\n}\n", File.ReadAllText(_temporary["a/b/config.json"]));
        Assert.Equal(2, Directory.GetFiles(_temporary["a/b"]).Length);
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
        Assert.Equal("old", File.ReadAllText(_temporary["metrics.csv"]));
        Assert.Single(Directory.GetFiles(_temporary.Location));
    }

    [Fact]
    public void NonEmptyFolderIsRefusedWithTheRemedies()
    {
        File.WriteAllText(_temporary["notes.txt"], "mine");
        var e = Assert.Throws<UserError>(() => Open(RunMode.New));
        Assert.Contains(_temporary.Location, e.Message);
        Assert.Contains("--resume", e.Message);
        Assert.Contains("--overwrite", e.Message);
    }

    [Fact]
    public void OverwriteRemovesOnlyWhatARunWrites()
    {
        string[] own = ["config.json", "checkpoint.bin", "metrics.csv", "seed-3.csv", ".checkpoint.bin.tmp"];
        string[] others = ["notes.txt", "metrics.csv.bak", "seed-3.txt"];
        foreach (string name in own.Concat(others))
            File.WriteAllText(_temporary[name], "");
        Directory.CreateDirectory(_temporary["seed-4.csv"]);
        Open(RunMode.Overwrite);
        Assert.Equal(others.Order(), Directory.GetFiles(_temporary.Location).Select(Path.GetFileName).Order());
        Assert.True(Directory.Exists(_temporary["seed-4.csv"]));
    }

    [Fact]
    public void ResumeNeedsACheckpoint()
    {
        Assert.Contains("checkpoint", Assert.Throws<UserError>(() => Open(RunMode.Resume)).Message);
        File.WriteAllText(_temporary["checkpoint.bin"], "");
        Assert.True(Open(RunMode.Resume).IsResumed);
    }

    [Fact]
    public void FileInPlaceOfAFolderIsRefused()
    {
        File.WriteAllText(_temporary["f"], "");
        Assert.Throws<UserError>(() => Open(RunMode.New, _temporary["f"]));
    }

    [Fact]
    public void ResumedRunKeepsItsSettings()
    {
        var settings = new RunSettings { Seed = 3 };
        var folder = Open(RunMode.New);
        folder.WriteSettings(settings);
        folder.WriteText(RunFolder.Checkpoint, "");
        var resumed = Open(RunMode.Resume);
        resumed.WriteSettings(settings with { Threads = 7 });
        var e = Assert.Throws<UserError>(() => resumed.WriteSettings(settings with { Seed = 4 }));
        Assert.Contains("seed is 4", e.Message);
        resumed.WriteSettings(settings with { Seed = 4 }, "seed");
    }

    [Fact]
    public void UnlistedNamesAreABug() => Assert.Throws<ArgumentException>(() => Open(RunMode.New).WriteText("other.txt", ""));

    private RunFolder Open(RunMode mode, string? location = null)
        => RunFolder.Open(location ?? _temporary.Location, "mrp", mode, "metrics.csv", "seed-*.csv");
}
