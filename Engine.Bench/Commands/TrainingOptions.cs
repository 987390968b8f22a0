using System.CommandLine;

namespace Engine.Bench.Commands;

/// <summary>The options of commands that train agents, which change no result and so are no settings.</summary>
internal sealed class TrainingOptions
{
    private readonly Option<int> _parallel = Options.Number(
        "--parallel",
        "Agents that train at the same time, sharing the threads, on a GPU batches of agents; 0 for one, on a GPU for all that fit.",
        0,
        0);

    /// <summary>Adds them to a command, and those that all commands that train have.</summary>
    public TrainingOptions(Command command, CommonOptions common)
    {
        foreach (var option in (Option[])[_parallel, common.CheckFinite, common.Log, common.DryRun])
            command.Add(option);
    }

    /// <summary>--parallel.</summary>
    public int Parallel(ParseResult parsed) => parsed.GetValue(_parallel);
}
