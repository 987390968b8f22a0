using System.IO.Enumeration;
using System.Text;
using System.Text.Json.Nodes;
using Engine.Core.Files;

namespace Engine.Bench.Output;

/// <summary>The folder that a run writes to. Of every file but the metrics there is a whole one or none.</summary>
public sealed class RunFolder
{
    /// <summary>The settings of the run.</summary>
    public const string Config = "config.json";

    /// <summary>The state of the run, from which it can go on.</summary>
    public const string Checkpoint = "checkpoint.safetensors";

    private readonly string[] _names;

    private RunFolder(string location, RunMode mode, string[] names)
    {
        Location = location;
        IsResumed = mode == RunMode.Resume;
        _names = names;
    }

    /// <summary>Where the folder is.</summary>
    public string Location { get; }

    /// <summary>Whether the run goes on after a checkpoint.</summary>
    public bool IsResumed { get; }

    /// <summary>Where a run of a command writes if nothing else is said.</summary>
    public static string Default(string command) => Path.Combine("runs", command);

    /// <summary>Makes the folder of a run ready.</summary>
    /// <param name="location">The folder; null for <see cref="Default"/>.</param>
    /// <param name="command">The command that writes to it.</param>
    /// <param name="mode">What to do if it is not empty.</param>
    /// <param name="names">
    /// The files that the command writes besides <see cref="Config"/> and <see cref="Checkpoint"/>; * stands for any characters.
    /// Overwriting removes these and nothing else.
    /// </param>
    /// <exception cref="UserError">The folder can't be used so.</exception>
    public static RunFolder Open(string? location, string command, RunMode mode, params string[] names)
        => OpenMarked(location, command, mode, Checkpoint, [Checkpoint, Config, .. names]);

    /// <summary>Makes the folder of several runs ready, each with a folder of its own within; see <see cref="Open"/>.</summary>
    public static RunFolder OpenGroup(string? location, string command, RunMode mode, params string[] names)
        => OpenMarked(location, command, mode, Config, [Checkpoint, Config, .. names]);

    /// <summary>
    /// Makes the folder of a run ready that can't be gone on with: it has no settings and no checkpoint, and leaves those of other runs
    /// alone; see <see cref="Open"/>.
    /// </summary>
    public static RunFolder OpenOnce(string? location, string command, bool overwrite, params string[] names)
    {
        location ??= Default(command);
        if (!overwrite && IsUsed(location))
            throw new UserError($"{location} is not empty: give --overwrite to write there, or another folder with --out.");
        return OpenMarked(location, command, overwrite ? RunMode.Overwrite : RunMode.New, Config, names);
    }

    private static RunFolder OpenMarked(string? location, string command, RunMode mode, string mark, string[] names)
    {
        // A checkpoint goes first: without it no remainder can be taken for a run that can go on.
        var folder = new RunFolder(location ?? Default(command), mode, names);
        location = folder.Location;
        if (File.Exists(location))
            throw new UserError($"--out {location}: this is a file; name a folder.");
        if (mode == RunMode.Resume && !folder.Has(mark))
        {
            string instead = IsUsed(location) ? "give --overwrite instead" : "leave --resume out";
            throw new UserError($"--resume: {location} has no {mark}; to start anew, {instead}.");
        }

        try
        {
            if (mode == RunMode.New && IsUsed(location))
            {
                throw new UserError(
                    $"{location} is not empty: give --resume to go on, --overwrite to start anew, or another folder with --out.");
            }

            Directory.CreateDirectory(location);
            if (mode == RunMode.Overwrite)
                folder.RemoveFiles();
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException or ArgumentException)
        {
            throw new UserError($"--out '{location}': this folder can't be used; name another one. ({e.Message})");
        }

        return folder;
    }

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

    /// <summary>
    /// Records the settings of the run. When it goes on, they must be those it began with, but for the device and the threads.
    /// </summary>
    /// <exception cref="UserError">A setting differs from the one the run began with.</exception>
    public void WriteSettings<T>(RunConfig<T> config)
        where T : class
    {
        if (IsResumed && Has(Config))
        {
            var before = JsonNode.Parse(File.ReadAllBytes(PathOf(Config)))!.AsObject();
            var now = config.ToJson();
            foreach (string name in (string[])[RunConfig<T>.DeviceName, RunConfig<T>.ThreadsName])
            {
                before.Remove(name);
                now.Remove(name);
            }

            RequireSameSettings(before.ToJsonString(), now.ToJsonString());
        }

        WriteJson(Config, config.ToJson());
    }

    /// <summary>Compares the settings that a run began with, as JSON, with those given now.</summary>
    /// <exception cref="UserError">They differ.</exception>
    public static void RequireSameSettings(string before, string now)
    {
        try
        {
            Engine.Core.Files.Checkpoint.RequireSameSettings(before, now);
        }
        catch (InvalidOperationException e)
        {
            string differences = e.Message.ReplaceLineEndings("; ").Replace(":; ", ": ");
            throw new UserError($"--resume: {differences}. Give those, or start anew in another folder with --out.");
        }
    }

    /// <summary>Opens a file of measurements.</summary>
    /// <param name="name">The file.</param>
    /// <param name="columns">The names of the columns.</param>
    public MetricsFile Metrics(string name, params string[] columns) => new(PathOf(name), columns);

    private static bool IsUsed(string location) => Directory.Exists(location) && Directory.EnumerateFileSystemEntries(location).Any();

    private bool IsListed(string name) => _names.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false));

    // With what a killed process left half written.
    private void RemoveFiles()
    {
        foreach (string pattern in _names.SelectMany(name => new[] { name, name + ".????????.tmp" }))
        {
            foreach (string path in Directory.GetFiles(Location))
            {
                if (FileSystemName.MatchesSimpleExpression(pattern, Path.GetFileName(path), ignoreCase: false))
                    File.Delete(path);
            }
        }
    }
}
