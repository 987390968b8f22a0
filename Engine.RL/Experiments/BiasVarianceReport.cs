using Engine.RL.Meta;
using Engine.RL.Statistics;
using static System.FormattableString;

namespace Engine.RL.Experiments;

/// <summary>Statistics of one estimator, averaged over training, with standard errors over seeds.</summary>
/// <param name="Method">The estimator's name.</param>
/// <param name="Steps">Its number of inner steps; of updates that it looks back on, roughly.</param>
/// <param name="Kind">Which kind it is of.</param>
/// <param name="Bias">The mean over even states of |mean - oracle mean|.</param>
/// <param name="Std">The mean over even states of the standard deviation.</param>
/// <param name="Snr">The mean over even states of |mean| / standard deviation.</param>
/// <param name="Cosine">The cosine, over even states, of the mean with the oracle's.</param>
public sealed record BiasVarianceSummary(
    string Method, int Steps, MetaGradientKind Kind, Estimate Bias, Estimate Std, Estimate Snr, Estimate Cosine);

/// <summary>Curves, summary and tested claims of a run of <see cref="BiasVariance"/>.</summary>
public sealed class BiasVarianceReport
{
    private readonly ILookup<string, MetricRow> _byMethod;
    private readonly MetaGradientMethod[] _methods;

    /// <summary>Reads the rows of a run.</summary>
    public BiasVarianceReport(IReadOnlyList<MetricRow> rows)
    {
        _byMethod = rows.ToLookup(row => row.Method);
        Seeds = rows.DistinctBy(row => row.Seed).Count();
        _methods = [.. _byMethod.Select(group => MetaGradientMethod.Parse(group.Key))];
        Summary =
        [
            .. _methods.Select(method => new BiasVarianceSummary(
                method.Name,
                method.Steps,
                method.Kind,
                Overall(method, 0),
                Overall(method, 2),
                Overall(method, 4),
                Overall(method, 6))),
        ];
    }

    /// <summary>The number of seeds.</summary>
    public int Seeds { get; }

    /// <summary>Each estimator averaged over training; classic ones first, by number of steps.</summary>
    public IReadOnlyList<BiasVarianceSummary> Summary { get; }

    /// <summary>The claims that the paper makes of its figure.</summary>
    public IReadOnlyList<Claim> Claims => [BiasFalls(), DeviationRises(), MixingSteadies(), MixingBiases()];

    /// <summary>A column of an estimator along training.</summary>
    public Curve Along(string method, int column)
    {
        var points = _byMethod[method].GroupBy(row => row.Iteration).OrderBy(group => group.Key).ToArray();
        return new Curve(
            [.. points.Select(group => group.Key)],
            [.. points.Select(group => Spread.Of([.. group.Select(row => row.Values[column])]))]);
    }

    private static string Text(Estimate estimate) => estimate.Text("G3", "G2");

    private Estimate Overall(MetaGradientMethod method, int column)
        => Estimate.Of([.. PerSeed(method.Name, column)]);

    private double[] PerSeed(string method, int column) =>
    [
        .. _byMethod[method].GroupBy(row => row.Seed).OrderBy(group => group.Key).Select(group => group.Average(row => row.Values[column])),
    ];

    private IEnumerable<BiasVarianceSummary> Of(MetaGradientKind kind) => Summary.Where(summary => summary.Kind == kind);

    private BiasVarianceSummary[] Classic() => [.. Of(MetaGradientKind.Classic).OrderBy(summary => summary.Steps)];

    private (BiasVarianceSummary Classic, BiasVarianceSummary Mixed)[] Pairs() =>
    [
        .. from classic in Classic()
        join mixed in Of(MetaGradientKind.Mixed) on classic.Steps equals mixed.Steps
        select (classic, mixed),
    ];

    private Claim BiasFalls() => Monotone('e', "bias falls with the number of steps", summary => summary.Bias, 0, -1);

    private Claim DeviationRises() => Monotone('f', "the standard deviation rises with the number of steps", summary => summary.Std, 2, 1);

    private Claim Monotone(char letter, string what, Func<BiasVarianceSummary, Estimate> quantity, int column, int sign)
    {
        string text = what + ": from each to the next, and from first to last by over two standard errors";
        var classic = Classic();
        if (classic.Length < 2)
            return new Claim(letter, text, "needs two numbers of steps", null);
        var each = classic.Zip(classic.Skip(1), (a, b) => IsPositive(sign * (quantity(b).Value - quantity(a).Value)));
        var whole = Estimate.Of([.. PerSeed(classic[^1].Method, column).Zip(PerSeed(classic[0].Method, column), (b, a) => b - a)]);
        bool? clear = sign > 0 ? whole.IsClearlyAbove(0) : whole.IsClearlyBelow(0);
        string numbers = string.Join("; ", classic.Select(summary => $"{summary.Method}: {Text(quantity(summary))}"));
        return Claim.Measured(letter, text, Seeds, numbers, clear is null ? null : Claim.All([.. each, clear]));

        static bool? IsPositive(double change) => double.IsNaN(change) ? null : change > 0;
    }

    private Claim MixingSteadies()
    {
        const string What = "at equal numbers of steps, mixing cuts the standard deviation several-fold: "
            + "by over 2 and two standard errors from 5 steps on";
        var pairs = Pairs();
        if (!pairs.Any(pair => pair.Classic.Steps >= 5))
            return new Claim('g', What, "needs a mix of 5 steps or more", null);
        var cuts = pairs.Select(pair => (pair.Classic.Steps, Cut: Compared(pair, 2, (classic, mixed) => classic / mixed))).ToArray();
        string numbers = string.Join("; ", cuts.Select(x => Invariant($"{x.Steps}: {x.Cut.Text("0.00-fold", "G2")}")));
        bool? holds = Claim.All(cuts.Where(x => x.Steps >= 5).Select(x => x.Cut.IsClearlyAbove(2)));
        return Claim.Measured('g', What, Seeds, numbers, holds);
    }

    private Claim MixingBiases()
    {
        const string What = "for a small rise in bias: from 5 steps on the mix has less bias than one step, "
            + "and bias rises by a smaller factor than the standard deviation falls, both by over two standard errors";
        var pairs = Pairs();
        var one = Array.Find(Classic(), summary => summary.Steps == 1);
        if (one is null || !pairs.Any(pair => pair.Classic.Steps >= 5))
            return new Claim('h', What, "needs one step, and a mix of 5 steps or more", null);
        string numbers = string.Join(
            "; ", pairs.Select(pair => $"{pair.Classic.Method}: {Text(pair.Classic.Bias)} to {Text(pair.Mixed.Bias)}"));
        bool? holds = Claim.All(pairs.Where(pair => pair.Classic.Steps >= 5).Select(pair => BelowOneStep(pair) & Pays(pair)));
        return Claim.Measured('h', What, Seeds, $"one step: {Text(one.Bias)}; {numbers}", holds);

        bool? BelowOneStep((BiasVarianceSummary Classic, BiasVarianceSummary Mixed) pair)
            => Compared((one, pair.Mixed), 0, (single, mixed) => mixed - single).IsClearlyBelow(0);

        bool? Pays((BiasVarianceSummary Classic, BiasVarianceSummary Mixed) pair)
        {
            double[] rises = Each(pair, 0, (classic, mixed) => mixed / classic), cuts = Each(pair, 2, (classic, mixed) => classic / mixed);
            return Estimate.Of([.. rises.Zip(cuts, (rise, cut) => rise / cut)]).IsClearlyBelow(1);
        }
    }

    // A comparison of a column, seed by seed.
    private double[] Each((BiasVarianceSummary First, BiasVarianceSummary Second) pair, int column, Func<double, double, double> compare)
        => [.. PerSeed(pair.First.Method, column).Zip(PerSeed(pair.Second.Method, column), compare)];

    private Estimate Compared(
        (BiasVarianceSummary First, BiasVarianceSummary Second) pair, int column, Func<double, double, double> compare)
        => Estimate.Of(Each(pair, column, compare));
}
