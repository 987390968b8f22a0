using System.Text.Json.Serialization;
using Engine.RL.Meta;

namespace Engine.RL.Experiments;

/// <summary>Settings of table 1 and figure 3; the defaults are those of the paper but for the number of frames.</summary>
public sealed record Table1Settings : SnakeSettings
{
    /// <summary>The methods to compare, by name: see <see cref="MetaGradientMethod.Parse"/>.</summary>
    public IReadOnlyList<string> Methods { get; init; } = ["0", "1", "3", "5", "10", "3-mix", "5-mix"];

    /// <summary>The first seed.</summary>
    public int Seed { get; init; }

    /// <summary>Agents for each method, with seeds Seed, Seed + 1, ...</summary>
    public int Seeds { get; init; } = 3;

    /// <summary>Points of training at which meta-gradients are judged, evenly spaced.</summary>
    public int Points { get; init; } = 300;

    /// <summary>Meta-gradients taken at each of them; 0 to judge none.</summary>
    public int Replicates { get; init; } = 96;

    /// <summary>The agents to train.</summary>
    [JsonIgnore]
    public IReadOnlyList<SnakeRun> Runs =>
    [
        .. from method in Methods
           from seed in Enumerable.Range(Seed, Seeds)
           select new SnakeRun(method, seed, this, Replicates == 0 ? 0 : Points, Replicates),
    ];

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Setting.RequireSeeds(Seed, Seeds);
        Require(Methods.Count > 0, "methods", "empty", "a list such as 0,1,3,3-mix");
        bool once = Methods.Distinct().Count() == Methods.Count;
        Require(once, "methods", string.Join(",", Methods), "a list in which no method stands twice");
        foreach (string method in Methods)
            MetaGradientMethod.Parse(method);
        Require(Points is >= 0 and <= 10_000, "points", Points, "between 0 and 10000");
        Require(Replicates is 0 or (>= 2 and <= 10_000), "replicates", Replicates, "0, or between 2 and 10000");
    }
}
