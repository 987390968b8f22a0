using System.Text.Json.Serialization;
using Engine.RL.Meta;

namespace Engine.RL.Experiments;

/// <summary>Settings of agents that are trained with one method.</summary>
public sealed record SnakeTrainingSettings : SnakeSettings
{
    /// <summary>How meta-gradients are taken: see <see cref="MetaGradientMethod.Parse"/>.</summary>
    public string Method { get; init; } = "3-mix";

    /// <summary>The first seed.</summary>
    public int Seed { get; init; }

    /// <summary>Agents, with seeds Seed, Seed + 1, ...</summary>
    public int Seeds { get; init; } = 1;

    /// <summary>Points of training that are kept, evenly spaced.</summary>
    public int Points { get; init; } = 20;

    /// <summary>The agents to train.</summary>
    [JsonIgnore]
    public IReadOnlyList<SnakeRun> Runs
        => [.. Enumerable.Range(Seed, Seeds).Select(seed => new SnakeRun(Method, seed, this, Points))];

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Setting.RequireSeeds(Seed, Seeds);
        MetaGradientMethod.Parse(Method);
        Require(Points is >= 0 and <= 10_000, "points", Points, "between 0 and 10000");
    }
}
