using Engine.RL.Experiments;

namespace Engine.RL.Studies;

/// <summary>Settings of <see cref="HessianAnalysis"/>: what is taken apart, and how. The rest is of the Markov reward process.</summary>
public record HessianSettings : MrpSettings
{
    /// <summary>Points of training.</summary>
    [Setting("Points of training at which meta-gradients are taken apart.", AtLeast = 1)]
    public int Points { get; init; } = 5;

    /// <summary>Inner steps.</summary>
    [Setting("Meta-gradients of 1, 2, ... inner steps up to so many are taken apart.", AtLeast = 2, AtMost = 100)]
    public int Steps { get; init; } = 20;

    /// <summary>Inner loops of each variant at each point.</summary>
    [Setting("Inner loops of each variant at each point.", AtLeast = 2, AtMost = 1 << 16)]
    public int Replicates { get; init; } = 512;

    /// <summary>Inner optimisers that are compared.</summary>
    [Setting(
        "Inner optimisers: the learners' own, the same with detached denominator, root-1e-12 under the root, or no-momentum, and sgd, or "
        + "sgd-0.01 with that step size.")]
    public IReadOnlyList<string> Variants { get; init; } = ["own", "sgd", "no-momentum", "detached", "root-1e-12"];

    /// <summary>Products with the update's Jacobian for its spectrum.</summary>
    [Setting("Products with the Jacobian of an update, by Lanczos' method, for its spectrum.", AtLeast = 2, AtMost = 1000)]
    public int Lanczos { get; init; } = 40;

    /// <summary>Rollouts of either kind for the variance by source.</summary>
    [Setting("Sets of inner rollouts, and validation rollouts, each with each, for the variance by source.", AtLeast = 2, AtMost = 1000)]
    public int Sources { get; init; } = 32;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Setting.Require(Points <= Iterations, "points", Points, $"at most the number of iterations, {Iterations}");
        Setting.Require(Variants.Count > 0, "variants", "empty", "a list such as own,sgd");
        Setting.Require(Variants.Count <= 10, "variants", string.Join(",", Variants), "a list of at most 10");
        Setting.RequireOnce("variants", Variants);
        foreach (string variant in Variants)
            InnerVariant.Parse(variant);
    }
}
