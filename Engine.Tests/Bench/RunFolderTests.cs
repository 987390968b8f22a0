using Engine.Bench.Input;
using Engine.Bench.Output;
using Engine.RL;
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
        using var folder = Open(RunMode.New, _temporary.At("a/b"));
        folder.WriteText("metrics.csv", "x\n");
        folder.WriteJson(RunFolder.Config, new { Alpha = 0.1, Bad = double.NaN, Large = double.PositiveInfinity, Kind = RunMode.Resume });
        Assert.Equal("x\n", File.ReadAllText(_temporary.At("a/b/metrics.csv")));
        Assert.Equal(
            "{\n  \"alpha\": 0.1,\n  \"bad\": null,\n  \"large\": \"Infinity\",\n  \"kind\": \"resume\"\n}\n",
            File.ReadAllText(_temporary.At("a/b/config.json")));
        folder.Dispose();
        Assert.Equal(2, Directory.GetFiles(_temporary.At("a/b")).Length);
    }

    [Fact]
    public void FailedWriteLeavesTheOldFileAndNothingElse()
    {
        using var folder = Open(RunMode.New);
        folder.WriteText("metrics.csv", "old");
        Assert.Throws<IOException>(() => folder.Write("metrics.csv", stream =>
        {
            stream.WriteByte(1);
            throw new IOException("full");
        }));
        Assert.Equal("old", File.ReadAllText(_temporary.At("metrics.csv")));
        folder.Dispose();
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
    public void ResumeBeginsWhereThereIsNothingOrWhatAKilledRunLeft()
    {
        using (var missing = Open(RunMode.Resume, _temporary.At("a/b")))
            Assert.False(missing.IsResumed);
        using (var empty = Open(RunMode.Resume, _temporary.At("a/b")))
            Assert.False(empty.IsResumed);
        foreach (string name in (string[])["config.json", "metrics.csv", "checkpoint.safetensors.0123abcd.tmp", "run.lock"])
            File.WriteAllText(_temporary.At(name), "");
        Directory.Delete(_temporary.At("a"), recursive: true);
        using (var killed = Open(RunMode.Resume))
            Assert.False(killed.IsResumed);
        Assert.Empty(_temporary.Names);
    }

    [Fact]
    public void ResumeBeginsWhereAKilledGroupHasNoCheckpoint()
    {
        Directory.CreateDirectory(_temporary.At("5-0"));
        foreach (string name in (string[])["config.json", "5-0/metrics.csv", "5-0/run.lock", "5-0/point-0000.safetensors.0123abcd.tmp"])
            File.WriteAllText(_temporary.At(name), "");
        using (var killed = OpenGroup(RunMode.Resume))
            Assert.False(killed.IsResumed);
        Assert.Equal(["5-0"], _temporary.Names);
        File.WriteAllText(_temporary.At("config.json"), "");
        File.WriteAllText(_temporary.At("5-0/checkpoint.safetensors"), "");
        using (var begun = OpenGroup(RunMode.Resume))
            Assert.True(begun.IsResumed);

        // Agents without the settings of their experiment.
        File.Delete(_temporary.At("config.json"));
        Assert.Equal(
            $"--resume: {_temporary.At("")} has no config.json, but 5-0: "
            + "name another folder with --out, or give --overwrite to start anew.",
            Assert.Throws<UserError>(() => OpenGroup(RunMode.Resume)).Message);
    }

    [Theory]
    [InlineData("notes.txt")]
    [InlineData("summary.json")]
    [InlineData("point-0000.safetensors")]
    public void ResumeLosesNothingOfOthers(string other)
    {
        File.WriteAllText(_temporary.At("metrics.csv"), "");
        File.WriteAllText(_temporary.At(other), "mine");
        string message = Assert.Throws<UserError>(() => Open(RunMode.Resume)).Message;
        Assert.Contains($"has no checkpoint.safetensors, but {other}: name another folder with --out", message);
        Assert.Equal(((string[])["metrics.csv", other]).Order(StringComparer.Ordinal), _temporary.Names);
    }

    [Fact]
    public void AFolderBelongsToOneRun()
    {
        string message = $"{_temporary.At("")} is in use by another run: wait until it ends, or name another folder with --out.";
        using (var folder = Open(RunMode.New))
        {
            folder.WriteText("metrics.csv", "kept");
            foreach (var mode in Enum.GetValues<RunMode>())
            {
                Assert.Equal(message, Assert.Throws<UserError>(() => Open(mode)).Message);
                Assert.Equal(message, Assert.Throws<UserError>(() => OpenGroup(mode)).Message);
            }
        }

        Assert.Equal(["metrics.csv"], _temporary.Names);
        Open(RunMode.Overwrite).Dispose();
        Assert.Empty(_temporary.Names);
    }

    // The owner removes the file just after it was opened, and someone else makes another one: that is the lock now.
    [Fact]
    public void ALockThatWasRemovedIsNone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There an open file can't be removed.");
        RunLock? other = null;
        Assert.Throws<UserError>(() => RunLock.Take(_temporary.At(""), () =>
        {
            File.Delete(_temporary.At(RunLock.Name));
            other = RunLock.Take(_temporary.At(""));
        }));
        Assert.Throws<UserError>(() => RunLock.Take(_temporary.At("")));
        other!.Dispose();
        Assert.Empty(_temporary.Names);
        RunLock.Take(_temporary.At("")).Dispose();
    }

    [Fact]
    public void OverwriteRemovesOnlyWhatARunWrites()
    {
        string[] own = ["config.json", "checkpoint.safetensors", "metrics.csv", "seed-3.csv", "checkpoint.safetensors.0123abcd.tmp"];
        string[] others = ["notes.txt", "metrics.csv.bak", "seed-3.txt"];
        foreach (string name in own.Concat(others))
            File.WriteAllText(_temporary.At(name), "");
        Directory.CreateDirectory(_temporary.At("seed-4.csv"));
        Open(RunMode.Overwrite).Dispose();
        Assert.Equal(others.Order(), Directory.GetFiles(_temporary.At("")).Select(Path.GetFileName).Order());
        Assert.True(Directory.Exists(_temporary.At("seed-4.csv")));
    }

    [Fact]
    public void ResumeNeedsACheckpoint()
    {
        File.WriteAllText(_temporary.At("checkpoint.safetensors"), "");
        using var folder = Open(RunMode.Resume);
        Assert.True(folder.IsResumed);
    }

    [Fact]
    public void FileInPlaceOfAFolderIsRefused()
    {
        File.WriteAllText(_temporary.At("f"), "");
        Assert.Throws<UserError>(() => Open(RunMode.New, _temporary.At("f")));
        Assert.Throws<UserError>(() => Open(RunMode.New, _temporary.At("f/below")));
    }

    // Every kind of path that can't be a folder is told in a line that names it, and nothing is written.
    [Theory]
    [InlineData("", "--out '': this folder can't be used; name another one.")]
    [InlineData("a\0b", "this folder can't be used; name another one. (Null character in path.)")]
    [InlineData("LONG", "this folder can't be used; name another one.")]
    [InlineData("FILE", "this is a file; name a folder.")]
    [InlineData("FILE/below/it", "this folder can't be used; name another one.")]
    [InlineData("LOOP", "this is a file; name a folder.")]
    [InlineData("LOOP/below", "this folder can't be used; name another one.")]
    [InlineData("/proc/engine", "this folder can't be used; name another one.")]
    [InlineData("/sys/engine", "this folder can't be used; name another one.")]
    public void PathsThatAreNoFoldersAreToldSo(string path, string expected)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has other paths that are none.");
        Assert.SkipWhen(path.StartsWith('/') && !OperatingSystem.IsLinux(), "There is no such file system.");
        File.WriteAllText(_temporary.At("file"), "mine");
        File.CreateSymbolicLink(_temporary.At("loop"), _temporary.At("loop"));
        path = path.Replace("LONG", _temporary.At(new string('a', 300))).Replace("FILE", _temporary.At("file"))
            .Replace("LOOP", _temporary.At("loop"));
        foreach (var mode in Enum.GetValues<RunMode>())
        {
            string message = Assert.Throws<UserError>(() => Open(mode, path)).Message;
            Assert.Contains(expected, message);
            Assert.Contains(path, message);
            Assert.DoesNotContain("Parameter", message);
        }

        Assert.Equal(["file", "loop"], _temporary.Names);
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("metrics.csv")]
    [InlineData("checkpoint.safetensors")]
    public void FoldersInPlaceOfFilesAreRefused(string name)
    {
        Directory.CreateDirectory(_temporary.At(name));
        foreach (var mode in (RunMode[])[RunMode.Resume, RunMode.Overwrite])
            Assert.StartsWith($"{_temporary.At(name)} is a folder", Assert.Throws<UserError>(() => Open(mode)).Message);
        Assert.Equal([name], _temporary.Names);
    }

    [Fact]
    public void ResumedRunKeepsItsSettings()
    {
        var config = new RunConfig<Settings>(new Settings { Seed = 3, Frames = 50 });
        using (var folder = Open(RunMode.New))
        {
            folder.WriteSettings(config);
            folder.WriteText(RunFolder.Checkpoint, "");
        }

        using var resumed = Open(RunMode.Resume);
        resumed.WriteSettings(config with { Threads = 7, Device = "other" });
        string written = File.ReadAllText(_temporary.At("config.json"));
        Assert.Contains("\"device\": \"cpu\"", written);
        Assert.Contains("\"threads\": 0", written);
        var other = config with { Settings = config.Settings with { Seed = 4 } };
        var e = Assert.Throws<UserError>(() => resumed.WriteSettings(other));
        Assert.Contains("seed: 3 in the checkpoint, 4 now", e.Message);
        Assert.Equal(written, File.ReadAllText(_temporary.At("config.json")));

        // A run may become longer, but not shorter.
        var longer = config with { Settings = config.Settings with { Frames = 60 } };
        Assert.Equal([new("frames", 50, 60)], resumed.RequireSettings(longer));
        Assert.Equal(written, File.ReadAllText(_temporary.At("config.json")));
        resumed.WriteSettings(longer with { Threads = 7 });
        Assert.Contains("\"threads\": 0", File.ReadAllText(_temporary.At("config.json")));
        Assert.Contains("\"frames\": 60", File.ReadAllText(_temporary.At("config.json")));
        Assert.StartsWith(
            "--resume: frames is 50, but must be at least 60", Assert.Throws<UserError>(() => resumed.WriteSettings(config)).Message);
        File.WriteAllText(_temporary.At("config.json"), "[1");
        string damaged = Assert.Throws<UserError>(() => resumed.WriteSettings(longer)).Message;
        Assert.StartsWith($"--resume: {_temporary.At("config.json")}: no valid JSON at line 1", damaged);
    }

    [Fact]
    public void SettingsWrittenByHandAreUnderstood()
    {
        const string ByHand = "{ \"frames\": \"2k\", // not many\n}";
        File.WriteAllText(_temporary.At("config.json"), ByHand);
        File.WriteAllText(_temporary.At("checkpoint.safetensors"), "");
        using var resumed = Open(RunMode.Resume);
        var config = new RunConfig<Settings>(new Settings { Frames = 2000 });
        Assert.Empty(resumed.RequireSettings(config));
        resumed.WriteSettings(config);
        Assert.Equal(ByHand, File.ReadAllText(_temporary.At("config.json")));
        var longer = config with { Settings = config.Settings with { Frames = 3000 } };
        Assert.Equal([new("frames", 2000, 3000)], resumed.RequireSettings(longer));
    }

    [Fact]
    public void UnlistedNamesAreABug()
    {
        using var folder = Open(RunMode.New);
        Assert.Throws<ArgumentException>(() => folder.WriteText("other.txt", ""));
    }

    private sealed record Settings
    {
        public int Seed { get; init; }

        [Setting("How long.", MayGrow = true)]
        public long Frames { get; init; }
    }

    private RunFolder OpenGroup(RunMode mode) => RunFolder.OpenGroup(_temporary.At(""), mode, "metrics.csv");

    private RunFolder Open(RunMode mode, string? location = null)
        => RunFolder.Open(location ?? _temporary.At(""), mode, "metrics.csv", "seed-*.csv");
}
