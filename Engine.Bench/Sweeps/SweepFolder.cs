using System.Text.Json;
using System.Text.Json.Nodes;
using Engine.Bench.Output;
using Engine.Bench.Runs;

namespace Engine.Bench.Sweeps;

/// <summary>How far a job has come.</summary>
internal enum JobState
{
    /// <summary>Nothing has begun.</summary>
    Waiting,

    /// <summary>It has begun and does not run now.</summary>
    Stopped,

    /// <summary>A process is at it.</summary>
    Running,

    /// <summary>It is complete.</summary>
    Done,
}

/// <summary>The folder of a sweep: sweep.json says what it is, and each job has its settings and its run's folder.</summary>
/// <param name="location">The folder.</param>
internal sealed class SweepFolder(string location)
{
    private const string Plan = "sweep.json";

    private static readonly JsonSerializerOptions s_strict = new(Json.Options) { RespectRequiredConstructorParameters = true };

    /// <summary>Where it is.</summary>
    public string Location { get; } = Path.GetFullPath(location);

    /// <summary>The file that says what it is.</summary>
    public string PlanFile => Path.Combine(Location, Plan);

    /// <summary>The folder of a job's run.</summary>
    public string RunOf(SweepJob job) => Path.Combine(Location, "jobs", job.Name);

    /// <summary>The file of a job's settings.</summary>
    public string SettingsOf(SweepJob job) => Path.Combine(Location, "settings", $"{job.Name}.json");

    /// <summary>What a job has printed when it ran last.</summary>
    public string LogOf(SweepJob job) => Path.Combine(Location, "logs", $"{job.Name}.log");

    /// <summary>What follows "engine" on the command line that does a job, begun or not.</summary>
    public string[] CommandOf(Sweep sweep, SweepJob job)
        => [sweep.Command, "--config", SettingsOf(job), "--out", RunOf(job), "--resume"];

    /// <summary>Writes down a sweep. A sweep that goes on may have gained jobs.</summary>
    /// <exception cref="UserError">There is another one, or something else.</exception>
    public void Write(Sweep sweep, RunMode mode)
    {
        if (File.Exists(Location))
            throw new UserError($"--out {location}: this is a file; name a folder.");
        bool isEmpty = !Directory.Exists(Location) || !Directory.EnumerateFileSystemEntries(Location).Any();
        if (!isEmpty && mode != RunMode.Resume)
            throw new UserError($"{location} is not empty: give --resume to go on, or another folder with --out.");
        if (!isEmpty && !File.Exists(PlanFile))
            throw new UserError($"--resume: {location} has no {Plan}, and so no sweep: name another folder with --out.");
        if (!isEmpty)
            RequireGrown(Read(), sweep);
        UserFile.Use($"--out '{location}'", "this folder can't be used; name another one", () =>
        {
            Directory.CreateDirectory(Path.Combine(Location, "jobs"));
            Directory.CreateDirectory(Path.Combine(Location, "settings"));
            Directory.CreateDirectory(Path.Combine(Location, "logs"));
            return Location;
        });
        SweepJob[] changed = [.. sweep.Jobs.Where(HasChanged)];
        if (changed.FirstOrDefault(job => StateOf(job) == JobState.Running) is { } running)
            throw new UserError($"--resume: {running.Name} runs now, with other settings: wait until it ends, or stop it.");

        // First, so that whatever comes between is gone on with.
        UserFile.Write(PlanFile, "--out", JsonSerializer.SerializeToUtf8Bytes(Written.Of(sweep), Json.Options));
        foreach (var job in changed)
            UserFile.Write(SettingsOf(job), "--out", Settings(job));

        // Settings that are younger than what came of them are to be run.
        bool HasChanged(SweepJob job)
            => !File.Exists(SettingsOf(job)) || !File.ReadAllBytes(SettingsOf(job)).AsSpan().SequenceEqual(Settings(job));

        static byte[] Settings(SweepJob job) => JsonSerializer.SerializeToUtf8Bytes(job.Config(), Json.Options);
    }

    /// <summary>What the sweep is.</summary>
    /// <exception cref="UserError">There is none.</exception>
    public Sweep Read()
    {
        if (!File.Exists(PlanFile))
            throw new UserError($"{location} has no {Plan}: name the folder of a sweep.");
        try
        {
            var written = JsonSerializer.Deserialize<Written>(File.ReadAllBytes(PlanFile), s_strict);
            return written?.ToSweep() ?? throw new JsonException("it is empty.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new UserError($"{PlanFile} can't be read: {e.Message}");
        }
    }

    /// <summary>How far a job has come.</summary>
    public JobState StateOf(SweepJob job)
    {
        string run = RunOf(job);
        return !Directory.Exists(run) ? JobState.Waiting
            : RunLock.IsHeld(run) ? JobState.Running
            : IsYounger(Path.Combine(run, "summary.json"), SettingsOf(job)) ? JobState.Done
            : Directory.GetDirectories(run).Append(run).Any(AgentFolder.HasBegun) ? JobState.Stopped
            : JobState.Waiting;
    }

    private static void RequireGrown(Sweep before, Sweep now)
    {
        if (before.Command != now.Command)
            throw new UserError($"--resume: the sweep was of {before.Command}, not of {now.Command}: name another folder with --out.");
        string[] lost = [.. before.Jobs.Select(job => job.Name).Except(now.Jobs.Select(job => job.Name))];
        if (lost.Length > 0)
            throw new UserError($"--resume: {lost[0]} was there before and is not now: a sweep may gain jobs, not lose them.");
    }

    private static bool IsYounger(string result, string cause)
        => File.Exists(result) && File.GetLastWriteTimeUtc(result) >= File.GetLastWriteTimeUtc(cause);

    private sealed record Written(string Command, IReadOnlyList<string?> Varied, IReadOnlyList<WrittenJob?> Jobs)
    {
        public static Written Of(Sweep sweep) => new(
            sweep.Command, sweep.Varied, [.. sweep.Jobs.Select(job => new WrittenJob(job.Name, job.Differs, job.Seed, job.Settings))]);

        public Sweep ToSweep() => new(
            Command,
            [.. Varied.Select(name => name ?? throw new JsonException("a name is null."))],
            [
                .. Jobs.Select(job => job ?? throw new JsonException("a job is null."))
                    .Select(job => new SweepJob(job.Differs, job.Seed, job.Settings)),
            ]);
    }

    private sealed record WrittenJob(string Name, JsonObject Differs, int Seed, JsonObject Settings);
}
