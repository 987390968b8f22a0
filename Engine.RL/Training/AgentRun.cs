using System.Globalization;
using System.Text.Json.Serialization;
using Engine.RL.Meta;

namespace Engine.RL.Training;

/// <summary>One agent to train.</summary>
/// <param name="Method">How meta-gradients are taken: see <see cref="MetaGradientMethod.Parse"/>.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Settings">Everything else about learning.</param>
/// <param name="Points">Points of training, evenly spaced, that are kept or at which meta-gradients are evaluated.</param>
/// <param name="Replicates">Meta-gradients taken at each of them, beside 1-step ones; 0 for none.</param>
public sealed record AgentRun(string Method, int Seed, LearningSettings Settings, int Points = 0, int Replicates = 0)
{
    /// <summary>The agent's name, such as 3-mix-0.</summary>
    [JsonIgnore]
    public string Name => FormattableString.Invariant($"{Method}-{Seed}");

    /// <summary>The method and the seed of the agent that has a name; null if no agent has such a one.</summary>
    public static (string Method, int Seed)? Named(string name)
        => name.LastIndexOf('-') is > 0 and var dash
            && int.TryParse(name.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int seed)
            ? (name[..dash], seed)
            : null;
}

/// <summary>Settings of agents that are trained with one method.</summary>
public record TrainSettings : LearningSettings
{
    /// <summary>How meta-gradients are taken: see <see cref="MetaGradientMethod.Parse"/>.</summary>
    [Setting("Meta-gradients: " + MetaGradientMethod.AllForms + "; 0 for fixed hyper-parameters.")]
    public string Method { get; init; } = "3-mix";

    /// <summary>The first seed.</summary>
    [Setting("The first seed; the others follow it.", AtLeast = 0)]
    public int Seed { get; init; }

    /// <summary>Agents, with seeds Seed, Seed + 1, ...</summary>
    [Setting("How many agents, each with a seed of its own.", AtLeast = 1, AtMost = 10_000, MayGrow = true)]
    public int Seeds { get; init; } = 1;

    /// <summary>Points of training that are kept, evenly spaced.</summary>
    [Setting("Checkpoints kept along training, for engine variance.", AtLeast = 0, AtMost = 10_000)]
    public int Points { get; init; } = 20;

    /// <summary>The agents to train.</summary>
    [JsonIgnore]
    public IReadOnlyList<AgentRun> Runs => [.. Enumerable.Range(Seed, Seeds).Select(seed => new AgentRun(Method, seed, this, Points))];

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Setting.RequireSeeds(Seed, Seeds);
        RequireEffect("method", Method);
    }
}
