using Engine.RL.Meta;

namespace Engine.RL.Experiments;

/// <summary>Settings of <see cref="DiscountLearning"/>; the defaults are those of the paper.</summary>
public sealed record DiscountLearningSettings : MrpSettings
{
    /// <summary>The methods to compare, by name: see <see cref="MetaGradientMethod.Parse"/>.</summary>
    [Setting("Methods to compare: " + MetaGradientMethod.LookingAhead + "; 0 for none.")]
    public IReadOnlyList<string> LookAhead { get; init; } = ["1", "5", "10", "5-mix"];

    /// <summary>Meta-gradients averaged for each meta-update.</summary>
    [Setting("Meta-gradients averaged for a meta-update.", AtLeast = 1)]
    public int MonteCarlo { get; init; } = 256;

    /// <summary>Iterations from one row of metrics to the next.</summary>
    [Setting("Iterations from one row of metrics to the next.", AtLeast = 1)]
    public int LogEvery { get; init; } = 10;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        MetaGradientMethod.RequireMethods("look-ahead", LookAhead, least: 0);
        int most = int.MaxValue / 3 / Seeds;
        Setting.Require(MonteCarlo <= most, "monte-carlo", MonteCarlo, $"at most {most} with {Seeds} seeds");
    }
}
