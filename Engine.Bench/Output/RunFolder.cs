using System.IO.Enumeration;
using System.Text;
using Engine.Bench.Input;
using Engine.Core.Files;

namespace Engine.Bench.Output;

/// <summary>
/// The folder that a run writes to, and that is its own until it is disposed. Of every file but the metrics there is a whole one or none.
/// </summary>
public sealed class RunFolder : IDisposable
{
    /// <summary>The settings of the run.</summary>
    public const string Config = "config.json";

    /// <summary>The state of the run, from which it can go on.</summary>
    public const string Checkpoint = "checkpoint.safetensors";

    /// <summary>The measurements of the run.</summary>
    public const string Table = "metrics.csv";

    private readonly string[] _names;
    private readonly RunLock _lock;

    private RunFolder(string location, string[] names)
    {
        (Location, _names) = (location, names);
        Directory.CreateDirectory(location);
        _lock = RunLock.Take(location);
    }

    /// <summary>Where the folder is.</summary>
    public string Location { get; }

    /// <summary>Whether the run goes on after a checkpoint.</summary>
    public bool IsResumed { get; private set; }

    /// <summary>Where a run of a command writes if nothing else is said.</summary>
    public static string Default(string command) => Path.Combine("runs", command);

    /// <summary>Makes the folder of a run ready.</summary>
    /// <param name="location">The folder.</param>
    /// <param name="mode">What to do if it is not empty.</param>
    /// <param name="names">
    /// The files that the command writes besides <see cref="Config"/> and <see cref="Checkpoint"/>; * stands for any characters, and names
    /// of folders in it end in /. Overwriting removes these and nothing else.
    /// </param>
    /// <exception cref="UserError">The folder can't be used so, or another run uses it.</exception>
    public static RunFolder Open(string location, RunMode mode, params string[] names)
        => OpenMarked(location, mode, Checkpoint, [Checkpoint, Config, .. names]);

    /// <summary>Makes the folder of several runs ready, each with a folder of its own within; see <see cref="Open"/>.</summary>
    public static RunFolder OpenGroup(string location, RunMode mode, params string[] names)
        => OpenMarked(location, mode, Config, [Checkpoint, Config, .. names]);

    /// <summary>
    /// Makes the folder of a run ready that can't be gone on with: it has no settings and no checkpoint, and leaves those of other runs
    /// alone; see <see cref="Open"/>.
    /// </summary>
    public static RunFolder OpenOnce(string location, bool overwrite, params string[] names)
        => OpenMarked(location, overwrite ? RunMode.Overwrite : RunMode.New, null, names);

    private static RunFolder OpenMarked(string location, RunMode mode, string? mark, string[] names)
    {
        return UserFile.Use($"--out '{location}'", "this folder can't be used; name another one", () =>
        {
            if (File.Exists(location))
                throw new UserError($"--out {location}: this is a file; name a folder.");
            var folder = new RunFolder(location, names);
            try
            {
                folder.Prepare(mode, mark);
                return folder;
            }
            catch
            {
                folder.Dispose();
                throw;
            }
        });
    }

    // A checkpoint goes first: without it no remainder can be taken for a run that can go on.
    private void Prepare(RunMode mode, string? mark)
    {
        if (mode == RunMode.New && RunRemnants.Entries(Location).Any())
        {
            string remedy = mark is null ? "--overwrite to write there" : "--resume to go on, --overwrite to start anew";
            throw new UserError($"{Location} is not empty: give {remedy}, or another folder with --out.");
        }

        if (_names.Select(name => Path.Combine(Location, name)).FirstOrDefault(Directory.Exists) is { } taken)
            throw new UserError($"{taken} is a folder, but a run writes a file of this name: move it, or name another folder with --out.");

        IsResumed = mode == RunMode.Resume && HasRun(mark!);
        if (mode == RunMode.Resume && !IsResumed && RunRemnants.Stranger(Location) is { } other)
        {
            throw new UserError(
                $"--resume: {Location} has no {mark}, but {other}: name another folder with --out, or give --overwrite to start anew.");
        }

        if (!IsResumed)
            RemoveFiles();
    }

    // The settings of several runs alone are no run.
    private bool HasRun(string mark) => Has(mark) && (mark == Checkpoint || RunRemnants.Stranger(Location) is not null);

    /// <summary>Where a file of the run is, or would be.</summary>
    /// <exception cref="ArgumentException">The command did not name it when it opened the folder.</exception>
    public string PathOf(string name)
    {
        if (!IsListed(name))
            throw new ArgumentException($"'{name}' is not among the files that this run said it writes.", nameof(name));
        return Path.Combine(Location, name);
    }

    /// <summary>Whether a file of the run is there.</summary>
    public bool Has(string name) => File.Exists(PathOf(name));

    /// <summary>Writes a file as a whole.</summary>
    public void Write(string name, Action<Stream> write) => AtomicFile.Write(PathOf(name), write);

    /// <summary>Writes a text as UTF-8.</summary>
    public void WriteText(string name, string text) => Write(name, stream => stream.Write(Encoding.UTF8.GetBytes(text)));

    /// <summary>Writes an object as JSON.</summary>
    public void WriteJson<T>(string name, T value) => WriteText(name, Json.Write(value));

    /// <summary>What a run that goes on was asked for when it began; null for one that begins.</summary>
    public RunConfig<T>? Before<T>()
        where T : class, new()
        => IsResumed && Has(Config) ? SettingsFile.ReadOwn<T>(PathOf(Config)) : null;

    /// <summary>
    /// Makes sure that a run that goes on has the settings it began with, but for those that say how much there is of it, which may grow.
    /// </summary>
    /// <returns>The settings that have grown.</returns>
    /// <exception cref="UserError">A setting differs from the one the run began with.</exception>
    public IReadOnlyList<GrownSetting> RequireSettings<T>(RunConfig<T> config)
        where T : class, new()
        => Before<T>() is { } before ? RecordedSettings.Require(Json.Write(before.Settings), Json.Write(config.Settings), typeof(T)) : [];

    /// <summary>
    /// Records the settings of the run, see <see cref="RequireSettings"/>. Of the device and the threads, the file keeps those that the run
    /// began with; it stays as it is, with the comments of whoever wrote it, unless a setting has grown.
    /// </summary>
    public void WriteSettings<T>(RunConfig<T> config)
        where T : class, new()
    {
        if (Before<T>() is not { } before)
            WriteJson(Config, config.ToJson());
        else if (RequireSettings(config).Count > 0)
            WriteJson(Config, (config with { Device = before.Device, Threads = before.Threads }).ToJson());
    }

    /// <summary>Opens a file of measurements.</summary>
    /// <param name="name">The file.</param>
    /// <param name="columns">The names of the columns.</param>
    public MetricsFile Metrics(string name, params string[] columns) => new(PathOf(name), columns);

    /// <summary>Lets others have the folder.</summary>
    public void Dispose() => _lock.Dispose();

    private bool IsListed(string name) => _names.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false));

    // With what a killed process left half written.
    private void RemoveFiles()
    {
        foreach (string pattern in _names.SelectMany(name => new[] { name, name + ".????????.tmp" }))
        {
            string[] parts = pattern.Split('/');
            string[] folders = [Location];
            foreach (string part in parts[..^1])
                folders = [.. folders.SelectMany(Directory.GetDirectories).Where(path => Matches(part, path))];
            foreach (string path in folders.SelectMany(Directory.GetFiles).Where(path => Matches(parts[^1], path)))
                File.Delete(path);
        }

        static bool Matches(string pattern, string path)
            => FileSystemName.MatchesSimpleExpression(pattern, Path.GetFileName(path), ignoreCase: false);
    }
}
