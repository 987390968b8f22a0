using System.CommandLine;
using Engine.Bench.Output;
using Engine.Bench.Runs;
using Engine.Kernels;
using Engine.RL.Agents;

namespace Engine.Bench.Commands;

/// <summary>What commands that let a trained agent play have in common: who plays, how, and with which seed.</summary>
internal sealed class AgentOptions
{
    private readonly Argument<string?> _run = new("RUN")
    {
        Description = "The folder of an agent, or of the experiment that trained it; "
            + "where it is not given, an agent that comes with the engine: 12x12 Snake, 60 million frames.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _agent
        = Options.Of<string?>("--agent", "One of several agents, such as 3-mix-0.", null);

    private readonly Option<string?> _checkpoint
        = Options.Of<string?>("--checkpoint", "Another checkpoint than the last, such as point-0004.safetensors.", null);

    private readonly Option<PolicyKind> _policy = Options.Of("--policy", "How actions are chosen.", PolicyKind.Sampled);
    private readonly Option<int> _seed = Options.Number("--seed", "The seed of the games.", 0, 0);
    private readonly DeviceOptions? _device;

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="plays">Whether the agent plays: how and where.</param>
    public AgentOptions(Command command, bool plays = true)
    {
        _checkpoint.HelpName = "FILE";
        command.Add(_run);
        foreach (var option in (Option[])[_agent, _checkpoint, .. plays ? [_policy, _seed] : Array.Empty<Option>()])
            command.Add(option);
        _device = plays ? new DeviceOptions(command) : null;
    }

    /// <summary>The agent that comes with the engine.</summary>
    public static string OwnAgent => Path.Combine(AppContext.BaseDirectory, "Agents", "snake-12x12.safetensors");

    /// <summary>RUN.</summary>
    public string Run(ParseResult parsed) => parsed.GetValue(_run) ?? OwnAgent;

    /// <summary>--policy.</summary>
    public PolicyKind Policy(ParseResult parsed) => parsed.GetValue(_policy);

    /// <summary>--seed.</summary>
    public int Seed(ParseResult parsed) => parsed.GetValue(_seed);

    /// <summary>Opens --device.</summary>
    public Device OpenDevice(ParseResult parsed) => _device!.Open(parsed);

    /// <summary>Finds every agent that is asked for, as the checkpoint has it that is asked for.</summary>
    /// <exception cref="UserError">There is none.</exception>
    public IReadOnlyList<AgentFolder> FindAll(ParseResult parsed) => Find(parsed, AgentFolder.All);

    /// <summary>Finds the one agent that is asked for.</summary>
    /// <exception cref="UserError">There is none, or there are several.</exception>
    public AgentFolder Find(ParseResult parsed) => Find(parsed, (run, name) => [AgentFolder.Find(run, name)])[0];

    private IReadOnlyList<AgentFolder> Find(ParseResult parsed, Func<string, string?, IReadOnlyList<AgentFolder>> find)
    {
        var (name, checkpoint) = (parsed.GetValue(_agent), parsed.GetValue(_checkpoint));
        return checkpoint is null ? find(Run(parsed), name)
            : File.Exists(checkpoint) ? find(checkpoint, name)
            : [.. find(Run(parsed), name).Select(agent => agent.At(checkpoint))];
    }
}
