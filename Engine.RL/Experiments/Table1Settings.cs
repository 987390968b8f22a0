using System.Text.Json.Serialization;
using Engine.RL.Meta;
using Engine.RL.Training;

namespace Engine.RL.Experiments;

/// <summary>Settings of table 1 and figure 3; the defaults are those of the paper but for the number of frames.</summary>
public sealed record Table1Settings : LearningSettings
{
    /// <summary>The methods to compare, by name: see <see cref="MetaGradientMethod.Parse"/>.</summary>
    [Setting("Methods to compare: " + MetaGradientMethod.AllForms + "; 0 for fixed hyper-parameters.", MayGrow = true)]
    public IReadOnlyList<string> Methods { get; init; } = ["0", "1", "3", "5", "10", "3-mix", "5-mix"];

    /// <summary>The first seed.</summary>
    [Setting("The first seed; the others follow it.", AtLeast = 0)]
    public int Seed { get; init; }

    /// <summary>Agents for each method, with seeds Seed, Seed + 1, ...</summary>
    [Setting("How many agents for each method, each with a seed of its own.", AtLeast = 1, AtMost = 10_000, MayGrow = true)]
    public int Seeds { get; init; } = 3;

    /// <summary>Points of training at which meta-gradients are evaluated, evenly spaced.</summary>
    [Setting("Points of training at which meta-gradients are evaluated.", AtLeast = 0, AtMost = 10_000)]
    public int Points { get; init; } = 300;

    /// <summary>Meta-gradients taken at each of them; 0 for none.</summary>
    [Setting("Meta-gradients taken at each of them; 0 for none.", AtLeast = 0, AtMost = 10_000)]
    public int Replicates { get; init; } = 96;

    /// <summary>The agents to train.</summary>
    [JsonIgnore]
    public IReadOnlyList<AgentRun> Runs =>
    [
        .. from method in Methods
           from seed in Enumerable.Range(Seed, Seeds)
           select new AgentRun(method, seed, this, Replicates == 0 ? 0 : Points, Replicates),
    ];

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Setting.RequireSeeds(Seed, Seeds);
        MetaGradientMethod.RequireMethods("methods", Methods, least: 0, mayLookBack: true);
        foreach (string method in Methods)
            RequireEffect("methods", method);
        Setting.Require(Replicates != 1, "replicates", Replicates, "0, or at least 2: one alone does not vary");
    }
}
