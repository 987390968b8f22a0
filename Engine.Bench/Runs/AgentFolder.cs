using System.Globalization;
using System.Text.Json;
using Engine.Bench.Input;
using Engine.Bench.Logging;
using Engine.Bench.Output;
using Engine.RL.Experiments;
using Engine.RL.Meta;
using Engine.RL.Training;

namespace Engine.Bench.Runs;

/// <summary>The folder of one agent that was trained: its checkpoint, and its points of training if they were kept.</summary>
internal sealed class AgentFolder
{
    /// <summary>The pattern of <see cref="PointFile"/>'s names.</summary>
    public const string PointFiles = "point-*.safetensors";

    private AgentFolder(string checkpoint, string name) => (Checkpoint, Name) = (checkpoint, name);

    /// <summary>What the agent is called: as its folder among several, else as it was when it was trained.</summary>
    public string Name { get; }

    /// <summary>The file of the agent's last checkpoint, or the one that <see cref="Find"/> was given.</summary>
    public string Checkpoint { get; }

    /// <summary>The agent as another of its checkpoints has it.</summary>
    /// <param name="file">The name of the file, in its folder.</param>
    /// <exception cref="UserError">There is no such file.</exception>
    public AgentFolder At(string file)
    {
        string path = Path.Combine(Location, file);
        return File.Exists(path)
            ? new(path, Name)
            : throw new UserError($"--checkpoint {file}: there is no such file, nor one in {Location}.");
    }

    /// <summary>Where the folder is.</summary>
    public string Location => Path.GetDirectoryName(Path.GetFullPath(Checkpoint))!;

    /// <summary>The name of the file of a point of training.</summary>
    public static string PointFile(int point) => string.Create(CultureInfo.InvariantCulture, $"point-{point:d4}.safetensors");

    /// <summary>Makes an agent's folder ready for its training.</summary>
    public static RunFolder Open(string location, RunMode mode)
        => RunFolder.Open(location, mode, [.. RunLogs.Files, PointFiles]);

    /// <summary>
    /// Removes the agents of an experiment that is to be overwritten: what they were trained with may differ. Runs of other experiments
    /// in the same folder stay.
    /// </summary>
    public static void Clear(string experiment)
    {
        foreach (string agent in Agents(experiment))
        {
            string location = Path.Combine(experiment, agent);
            if (!Holds(location, agent))
                continue;
            Open(location, RunMode.Overwrite).Dispose();
            if (!Directory.EnumerateFileSystemEntries(location).Any())
                Directory.Delete(location);
        }
    }

    /// <summary>Finds an agent.</summary>
    /// <param name="path">Its folder, one of its checkpoints, or the folder of an experiment that trained it.</param>
    /// <param name="name">Its name, such as 3-mix-0, if the experiment trained several; null if not given.</param>
    /// <exception cref="UserError">There is none there, or several and no name says which.</exception>
    public static AgentFolder Find(string path, string? name)
        => All(path, name) is [var only]
            ? only
            : throw new UserError($"{path} has several agents: say which with --agent {string.Join('|', Agents(path))}.");

    /// <summary>Finds agents, in order: the one that is named, or all there are; see <see cref="Find"/>.</summary>
    public static IReadOnlyList<AgentFolder> All(string path, string? name = null)
    {
        if (File.Exists(path))
            return [Single(path)];
        if (!Directory.Exists(path))
            throw new UserError($"{path}: there is no such folder.");
        if (HasBegun(path))
            return [Single(Path.Combine(path, RunFolder.Checkpoint))];
        string[] agents = Agents(path);
        if (agents.Length == 0)
        {
            throw new UserError(
                $"{path} has no {RunFolder.Checkpoint}, nor has a folder in it: train an agent with 'engine train --out {path}'.");
        }

        if (name is not null && !agents.Contains(name))
            throw new UserError($"--agent '{name}': {path} has no such agent; there are {string.Join(", ", agents)}.");
        return
        [
            .. from agent in agents
               where agent == (name ?? agent)
               select new AgentFolder(Path.Combine(path, agent, RunFolder.Checkpoint), agent),
        ];

        AgentFolder Single(string checkpoint)
        {
            var folder = new AgentFolder(checkpoint, Load(checkpoint).Run.Name);
            return name is null || name == folder.Name || name == Path.GetFileName(folder.Location)
                ? folder
                : throw new UserError($"--agent '{name}': {path} has no agent but {folder.Name}; leave --agent out.");
        }
    }

    /// <summary>Whether a folder is the agent's, or that of the experiment that trained it: nothing else may be written there.</summary>
    public bool BelongsTo(string folder)
    {
        folder = UserFile.Resolved(UserFile.FullPath(folder, "--out"));

        // The checkpoint itself may be a link, too.
        string[] own = [UserFile.Resolved(Location), Path.GetDirectoryName(UserFile.Resolved(Path.GetFullPath(Checkpoint)))!];
        return own.Any(location => folder == location || folder == Path.GetDirectoryName(location));
    }

    /// <summary>Whether a folder has an agent's checkpoint.</summary>
    public static bool HasBegun(string location) => File.Exists(Path.Combine(location, RunFolder.Checkpoint));

    /// <summary>What an agent goes on from.</summary>
    /// <exception cref="UserError">It was trained with other settings, or is none.</exception>
    public static ExperimentSnapshot LoadToGoOn(RunFolder folder, AgentRun run)
    {
        var (before, snapshot) = Load(folder.PathOf(RunFolder.Checkpoint));
        RecordedSettings.Require(Json.Write(before), Json.Write(run), typeof(LearningSettings));
        return AgentTraining.WithPoints(snapshot, before);
    }

    /// <summary>The agent's last checkpoint.</summary>
    public (AgentRun Run, ExperimentSnapshot Snapshot) Load() => Load(Checkpoint);

    /// <summary>The points of training that were kept, in order; none if <see cref="Find"/> was given one of them.</summary>
    public IReadOnlyList<string> Points()
        => Path.GetFileName(Checkpoint) == RunFolder.Checkpoint
            ? [.. Directory.GetFiles(Location, PointFiles).Order(StringComparer.Ordinal)]
            : [];

    /// <summary>Reads a point of training.</summary>
    /// <param name="path">The file, one of <see cref="Points"/>.</param>
    /// <param name="run">The agent whose training it is a point of.</param>
    /// <exception cref="UserError">It is a point of another agent's training.</exception>
    public static ExperimentSnapshot LoadPoint(string path, AgentRun run)
    {
        var (other, snapshot) = Load(path);
        return RecordedSettings.Differences(Json.Write(other), Json.Write(run), typeof(LearningSettings)) is { } differences
            ? throw new UserError($"{path} is a point of another agent's training: {differences}. Remove it, or train the agent anew.")
            : snapshot;
    }

    /// <summary>Reads a checkpoint.</summary>
    /// <exception cref="UserError">It is not that of an agent.</exception>
    public static (AgentRun Run, ExperimentSnapshot Snapshot) Load(string path)
    {
        var (snapshot, settings) = SnapshotFile.Load(path);
        try
        {
            if (JsonSerializer.Deserialize<AgentRun>(settings, Json.Options) is not { Method: not null, Settings: not null } run)
                throw new JsonException("Something is missing.");
            MetaGradientMethod.Parse(run.Method);
            run.Settings.Validate();
            return (run, snapshot);
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new UserError(
                $"{path} is no checkpoint of a trained agent that this version can read: "
                + "name the folder of a run of 'engine train', 'engine snake' or 'engine table1'.");
        }
    }

    private static bool Holds(string location, string agent)
    {
        try
        {
            return Load(Path.Combine(location, RunFolder.Checkpoint)).Run.Name == agent;
        }
        catch (Exception e) when (e is UserError or InvalidDataException)
        {
            return false;
        }
    }

    // The names of folders with a checkpoint in an experiment's folder, in order: its agents, unless it has other runs too.
    private static string[] Agents(string experiment) =>
    [
        .. Directory.GetDirectories(experiment)
            .Where(HasBegun)
            .Select(folder => Path.GetFileName(folder)!)
            .Order(StringComparer.Ordinal),
    ];
}
