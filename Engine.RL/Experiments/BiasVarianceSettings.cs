using System.Text.Json.Serialization;
using Engine.RL.Environments;
using Engine.RL.Meta;

namespace Engine.RL.Experiments;

/// <summary>Settings of <see cref="BiasVariance"/>; the defaults are those of the paper.</summary>
public sealed record BiasVarianceSettings : MrpSettings
{
    private const string OtherForms = "trace-5, trace-5-mix, reuse-5, bmg-5, back-5 or back-trace-5";

    /// <summary>Points of training, evenly spaced, at which estimators are evaluated; the last one is the end.</summary>
    [Setting("Points of training at which estimators are evaluated.", AtLeast = 1)]
    public int Points { get; init; } = 20;

    /// <summary>Meta-gradients of each estimator at each point.</summary>
    [Setting("Meta-gradients of each estimator at each point.", AtLeast = 2)]
    public int Replicates { get; init; } = 2048;

    /// <summary>The numbers of inner steps to evaluate, each classic and, above 1, mixed.</summary>
    [Setting("Numbers of inner steps to evaluate, each classic and mixed.")]
    public IReadOnlyList<int> LookAhead { get; init; } = [1, 2, 3, 5, 10, 20];

    /// <summary>Estimators beside these: traces, those that look back, and bootstrapped ones.</summary>
    [Setting("Estimators beside these: " + OtherForms + ".")]
    public IReadOnlyList<string> Others { get; init; } = [];

    /// <summary>Updates that estimators which look back have behind them: the branch is theirs from its beginning.</summary>
    [Setting("Updates of a branch that those which look back have behind them.", AtLeast = 1, AtMost = MetaGradientMethod.MostSteps)]
    public int History { get; init; } = 20;

    /// <summary>Inner steps of the oracle.</summary>
    [Setting("Inner steps of the oracle.", AtLeast = 1, AtMost = MetaGradientMethod.MostSteps)]
    public int Oracle { get; init; } = 40;

    /// <summary>The least memory that it takes, in bytes: all meta-gradients of one point.</summary>
    [JsonIgnore]
    public double LeastMemory => 4.0 * MarkovRewardProcess.States * Seeds * Replicates * (BiasVariance.Methods(this).Length + 1);

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        int most = int.MaxValue / MarkovRewardProcess.States / Seeds;
        Setting.Require(Replicates <= most, "replicates", Replicates, $"at most {most} with {Seeds} seeds");
        Setting.Require(LookAhead.Count > 0, "look-ahead", "empty", "a list of numbers such as 1,2,3,5,10,20");
        Setting.Require(LookAhead.Min() >= 1, "look-ahead", string.Join(",", LookAhead), "a list of numbers of at least 1");
        Setting.RequireOnce("look-ahead", LookAhead);
        if (Others.Count > 0)
            MetaGradientMethod.RequireMethods("others", Others, least: 1, mayLookBack: true);
        foreach (string other in Others)
        {
            bool isOther = MetaGradientMethod.Parse(other).Kind is not (MetaGradientKind.Classic or MetaGradientKind.Mixed);
            Setting.Require(isOther, "others", other, OtherForms + "; look-ahead names the rest");
        }

        Setting.Require(Points <= Iterations, "points", Points, $"at most the number of iterations, {Iterations}");
        Setting.Require(Oracle >= LookAhead.Max(), "oracle", Oracle, $"at least the largest number of inner steps, {LookAhead.Max()}");
    }
}
