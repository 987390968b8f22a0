using Engine.RL.Meta;

namespace Engine.RL.Experiments;

/// <summary>Settings of <see cref="Figure4"/>; the defaults are those of the paper.</summary>
public sealed record Figure4Settings : MrpSettings
{
    /// <summary>The methods to compare, by name: see <see cref="MetaGradientMethod.Parse"/>.</summary>
    public IReadOnlyList<string> LookAhead { get; init; } = ["1", "5", "10", "5-mix"];

    /// <summary>Meta-gradients averaged for each meta-update.</summary>
    public int MonteCarlo { get; init; } = 256;

    /// <summary>Iterations from one row of metrics to the next.</summary>
    public int LogEvery { get; init; } = 10;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Require(LookAhead.Count > 0, "look-ahead", "empty", "a list of methods such as 1,5,10,5-mix");
        Require(
            LookAhead.Distinct().Count() == LookAhead.Count,
            "look-ahead",
            string.Join(",", LookAhead),
            "a list in which no method stands twice");
        foreach (string method in LookAhead)
            MetaGradientMethod.Parse(method);
        Require(MonteCarlo >= 1, "monte-carlo", MonteCarlo, "at least 1");
        int most = int.MaxValue / 3 / Seeds;
        Require(MonteCarlo <= most, "monte-carlo", MonteCarlo, $"at most {most} with {Seeds} seeds");
        Require(LogEvery >= 1, "log-every", LogEvery, "at least 1");
    }
}
