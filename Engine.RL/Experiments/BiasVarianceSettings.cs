using System.Text.Json.Serialization;
using Engine.RL.Environments;
using Engine.RL.Meta;

namespace Engine.RL.Experiments;

/// <summary>Settings of <see cref="BiasVariance"/>; the defaults are those of the paper.</summary>
public sealed record BiasVarianceSettings : MrpSettings
{
    /// <summary>Points of training, evenly spaced, at which estimators are evaluated; the last one is the end.</summary>
    [Setting("Points of training at which estimators are evaluated.", AtLeast = 1)]
    public int Points { get; init; } = 20;

    /// <summary>Meta-gradients of each estimator at each point.</summary>
    [Setting("Meta-gradients of each estimator at each point.", AtLeast = 2)]
    public int Replicates { get; init; } = 2048;

    /// <summary>The numbers of inner steps to evaluate, each classic and, above 1, mixed.</summary>
    [Setting("Numbers of inner steps to evaluate, each classic and mixed.")]
    public IReadOnlyList<int> LookAhead { get; init; } = [1, 2, 3, 5, 10, 20];

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
        Setting.Require(Points <= Iterations, "points", Points, $"at most the number of iterations, {Iterations}");
        Setting.Require(Oracle >= LookAhead.Max(), "oracle", Oracle, $"at least the largest number of inner steps, {LookAhead.Max()}");
    }
}
