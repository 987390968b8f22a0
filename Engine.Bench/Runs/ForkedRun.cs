using Engine.Bench.Output;
using Engine.RL.Experiments;
using Engine.RL.Training;
using static System.FormattableString;

namespace Engine.Bench.Runs;

/// <summary>The agents of a run from which others go on.</summary>
internal sealed class ForkedRun
{
    private readonly string _path;
    private readonly (AgentFolder Folder, AgentRun Run)[] _agents;

    // What was found to fit is what agents begin with, whatever becomes of the files.
    private readonly Dictionary<string, ExperimentSnapshot> _begun = [];

    private ForkedRun(string path)
    {
        _path = path;
        _agents = [.. AgentFolder.All(path).Select(folder => (folder, folder.Load().Run)).OrderBy(agent => agent.Run.Seed)];
    }

    /// <summary>Finds the agents.</summary>
    /// <param name="path">The folder of an agent or of the experiment that trained it, or a checkpoint.</param>
    /// <exception cref="UserError">There are none.</exception>
    public static ForkedRun Find(string path) => Named(() => new ForkedRun(path));

    /// <summary>The run of the first agent, and how many there are.</summary>
    public (AgentRun First, int Count) Agents => (_agents[0].Run, _agents.Length);

    /// <summary>What an agent begins with: the agent of its seed, or the only one.</summary>
    /// <exception cref="UserError">There is none, or several, or a setting differs that can't.</exception>
    public ExperimentSnapshot Begin(AgentRun run)
    {
        if (_begun.TryGetValue(run.Name, out var begun))
            return begun;
        var found = _agents.Length == 1 ? _agents : [.. _agents.Where(agent => agent.Run.Seed == run.Seed)];
        if (found is not [var source])
        {
            string there = string.Join(", ", _agents.Select(agent => agent.Run.Name));
            throw new UserError(Invariant(
                $"--fork {_path}: there {(found.Length == 0 ? "is no agent" : "are several agents")} of seed {run.Seed} among {there}: ")
                + $"give --seed and --seeds of those there are, or name the folder of one.");
        }

        return _begun[run.Name] = Named(() => AgentFork.Of(run, source.Run, source.Folder.Load().Snapshot));
    }

    /// <summary>Makes sure that agents don't write where these are.</summary>
    /// <exception cref="UserError">They would.</exception>
    public void RequireElsewhere(string folder)
    {
        if (_agents.Any(agent => agent.Folder.BelongsTo(folder)))
            throw new UserError($"--out {folder}: the agents that are forked are there; name another folder.");
    }

    private static T Named<T>(Func<T> use)
    {
        try
        {
            return use();
        }
        catch (Exception e) when (e is UserError or ArgumentException or InvalidDataException)
        {
            throw new UserError($"--fork: {e.Message}");
        }
    }
}
