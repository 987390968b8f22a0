using System.Collections.Immutable;
using Engine.RL.Experiments;
using Engine.RL.Meta;

namespace Engine.RL.Studies;

/// <summary>Settings of <see cref="Frontier"/>: which estimators are compared, and how. The rest is of the Markov reward process.</summary>
public record FrontierSettings : MrpSettings
{
    /// <summary>Points of training.</summary>
    [Setting("Points of training at which estimators are evaluated.", AtLeast = 1)]
    public int Points { get; init; } = 10;

    /// <summary>Meta-gradients of each estimator at each point.</summary>
    [Setting("Meta-gradients of each estimator at each point.", AtLeast = 2, AtMost = 1 << 16)]
    public int Replicates { get; init; } = 1024;

    /// <summary>All numbers of inner steps up to this one are evaluated.</summary>
    [Setting("Estimators of 1, 2, ... inner steps up to so many; those that look back have so many updates behind them.",
        AtLeast = 2, AtMost = 100)]
    public int Most { get; init; } = 20;

    /// <summary>Discounts of mixes, beside the usual one.</summary>
    [Setting("Discounts of mixes, beside the usual one.")]
    public IReadOnlyList<double> Kappas { get; init; } = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1];

    /// <summary>Factors of traces, beside the usual one.</summary>
    [Setting("Factors mu of traces, beside the usual one; mixes of traces have that and 1.")]
    public IReadOnlyList<double> Mus { get; init; } = [0, 0.5, 0.7, 0.8, 0.95, 1];

    /// <summary>N of estimators back-N and back-trace-N.</summary>
    [Setting("N of those that look back, back-N and back-trace-N.")]
    public IReadOnlyList<int> Back { get; init; } = [1, 2, 3, 5, 10, 20, 50];

    /// <summary>n of estimators reuse-n.</summary>
    [Setting("n of those that play one rollout ahead, reuse-n.")]
    public IReadOnlyList<int> Reuse { get; init; } = [2, 3, 5, 10, 20];

    /// <summary>Inner steps of the oracle.</summary>
    [Setting("Inner steps of the oracle.", AtLeast = 1, AtMost = MetaGradientMethod.MostSteps)]
    public int Oracle { get; init; } = 40;

    /// <summary>The size of the steps whose effect is measured.</summary>
    [Setting("The size of a step of the meta-parameters, as they are kept, whose effect on the outer loss is measured.", Above = 0)]
    public double Step { get; init; } = 0.1;

    /// <summary>Steps along each estimator whose effect is measured.</summary>
    [Setting("Steps along each estimator whose effect is measured, 0 for none; of the Markov reward process.", AtLeast = 0)]
    public int Measured { get; init; } = 128;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Setting.Require(Points <= Iterations, "points", Points, $"at most the number of iterations, {Iterations}");
        Setting.Require(Oracle >= Most, "oracle", Oracle, $"at least most, {Most}");
        Setting.Require(Measured <= Replicates, "measured", Measured, $"at most replicates, {Replicates}");
        Setting.Require(Replicates > Most, "replicates", Replicates, $"more than most, {Most}: as many single steps as its frames pay for");
        foreach (var (name, factors) in ((string, IReadOnlyList<double>)[])[("kappas", Kappas), ("mus", Mus)])
        {
            Setting.RequireOnce(name, factors);
            foreach (double factor in factors)
                Setting.Require(factor is >= 0 and <= 1, name, factor, "a list of numbers between 0 and 1");
        }

        foreach (var (name, numbers) in ((string, IReadOnlyList<int>)[])[("back", Back), ("reuse", Reuse)])
        {
            Setting.RequireOnce(name, numbers);
            foreach (int steps in numbers)
                Setting.Require(steps is >= 1 and <= MetaGradientMethod.MostSteps, name, steps, "a list of numbers from 1 to 1000");
        }
    }

    /// <summary>The estimators.</summary>
    /// <param name="kappa">The usual discount of mixes; null for 1 - 1/n.</param>
    /// <param name="trace">The usual factor of traces.</param>
    internal ImmutableArray<Estimator> Estimators(double? kappa, double trace)
    {
        int[] steps = [.. Enumerable.Range(1, Most)];
        return
        [
            .. steps.Select(n => new Estimator(MetaGradientKind.Classic, n, 1, IsUsual: true)),
            .. steps.Skip(1).SelectMany(n => Around(MetaGradientKind.Mixed, n, kappa ?? Mixing.DefaultKappa(n), Kappas)),
            .. steps.Skip(1).SelectMany(n => Around(MetaGradientKind.Trace, n, trace, Mus)),
            .. steps.Skip(1).SelectMany(n => Around(MetaGradientKind.TraceMixed, n, trace, [1])
                .Select(each => each with { Kappa = kappa ?? Mixing.DefaultKappa(n) })),
            .. Reuse.Order().Select(n => new Estimator(MetaGradientKind.Reused, n, 1, IsUsual: true)),
            .. Behind(MetaGradientKind.Back),
            .. Behind(MetaGradientKind.BackTrace),
        ];

        IEnumerable<Estimator> Behind(MetaGradientKind kind)
            => Back.Order().Select(n => new Estimator(kind, n, new MetaGradientMethod(kind, n).Decay, IsUsual: true));

        static IEnumerable<Estimator> Around(MetaGradientKind kind, int n, double usual, IReadOnlyList<double> others)
            => others.Where(other => other != usual).Append(usual).Order()
                .Select(factor => new Estimator(kind, n, factor, factor == usual));
    }
}
