using Engine.RL.Experiments;
using Engine.RL.Meta;
using Engine.RL.Statistics;
using static System.FormattableString;

namespace Engine.RL.Studies;

/// <summary>An estimator, averaged over training.</summary>
/// <param name="Method">Its name.</param>
/// <param name="Kind">Which kind it is of.</param>
/// <param name="Steps">Inner steps n, or N of back-N.</param>
/// <param name="Factor">Its factor, see <see cref="Estimator.Factor"/>.</param>
/// <param name="IsUsual">Whether that is the usual one.</param>
/// <param name="Bias">The mean over components of |mean - oracle mean|.</param>
/// <param name="Std">The mean over components of the standard deviation.</param>
/// <param name="Snr">|mean| / standard deviation.</param>
/// <param name="Cosine">The cosine of the mean with the oracle's mean.</param>
/// <param name="Alignment">The expected cosine of an estimate with the oracle's mean, see <see cref="Meta.Alignment"/>.</param>
/// <param name="Pooled">The same of the mean of as many estimates as the frames of the longest look-ahead pay for.</param>
/// <param name="Predicted">What a step improves the outer loss by to first order; null where none was made.</param>
/// <param name="Improvement">What steps did improve it by; null where none was made.</param>
/// <param name="IsOnFrontier">Whether no other one has both less bias and less deviation.</param>
public sealed record FrontierSummary(
    string Method,
    MetaGradientKind Kind,
    int Steps,
    double Factor,
    bool IsUsual,
    Estimate Bias,
    Estimate Std,
    Estimate Snr,
    Estimate Cosine,
    Estimate Alignment,
    Estimate Pooled,
    double? Predicted,
    Estimate? Improvement,
    bool IsOnFrontier);

/// <summary>What a run of <see cref="Frontier"/> showed.</summary>
public sealed class FrontierReport
{
    private const int BiasColumn = 0, StdColumn = 2, SnrColumn = 4, CosineColumn = 6, AlignmentColumn = 8, PooledColumn = 10;
    private const int PredictedColumn = 12, ImprovementColumn = 13;

    private readonly Dictionary<string, MetricRow[]> _byMethod;
    private readonly IReadOnlyList<Estimator> _estimators;
    private readonly StudyUnits _units;
    private readonly bool _measures;

    /// <summary>Reads the rows of a run.</summary>
    /// <param name="frontier">The run.</param>
    /// <param name="rows">Its rows.</param>
    public FrontierReport(Frontier frontier, IReadOnlyList<MetricRow> rows)
    {
        _byMethod = rows.GroupBy(row => row.Method).ToDictionary(group => group.Key, group => group.ToArray());
        (_estimators, _measures) = (frontier.Estimators, frontier.Measures);
        _units = new(rows);
        var summary = _estimators.Select(Summarised).ToArray();
        Summary =
        [
            .. summary.Select(each => each with
            {
                IsOnFrontier = !summary.Any(
                    other => other.Bias.Value < each.Bias.Value && other.Std.Value < each.Std.Value),
            }),
        ];
    }

    /// <summary>What means and intervals are over: seeds, or the points of training where there is one seed.</summary>
    public string Units => _units.ToString();

    /// <summary>Each estimator, averaged over training.</summary>
    public IReadOnlyList<FrontierSummary> Summary { get; }

    /// <summary>What is claimed of estimators, each tested with 95% bootstrap intervals of paired differences.</summary>
    public IReadOnlyList<Claim> Claims =>
        [BestDiscount(), MixesBeatSteps(), LookingBackIsCheapest(), .. _measures ? (Claim[])[FirstOrderHolds()] : []];

    /// <summary>The numbers of steps that there are usual mixes of.</summary>
    public IReadOnlyList<int> Steps => [.. Of(MetaGradientKind.Classic).Select(each => each.Steps)];

    /// <summary>The estimators of a kind, in order; the usual ones, or all.</summary>
    public IReadOnlyList<FrontierSummary> Of(MetaGradientKind kind, bool isUsual = true)
        => [.. Summary.Where(each => each.Kind == kind && (each.IsUsual || !isUsual))];

    /// <summary>The estimator of a kind and number of steps that is best aligned.</summary>
    public FrontierSummary Best(MetaGradientKind kind, int steps)
        => Of(kind, isUsual: false).Where(each => each.Steps == steps).MaxBy(each => each.Alignment.Value)!;

    private FrontierSummary Summarised(Estimator estimator) => new(
        estimator.Name,
        estimator.Kind,
        estimator.Steps,
        estimator.Factor,
        estimator.IsUsual,
        Overall(estimator.Name, BiasColumn),
        Overall(estimator.Name, StdColumn),
        Overall(estimator.Name, SnrColumn),
        Overall(estimator.Name, CosineColumn),
        Overall(estimator.Name, AlignmentColumn),
        Overall(estimator.Name, PooledColumn),
        _measures ? PerUnit(estimator.Name, PredictedColumn).Average() : null,
        _measures ? Overall(estimator.Name, ImprovementColumn) : null,
        IsOnFrontier: false);

    // Over seeds; of a single one by the errors at its points, which are of replicates of their own.
    private Estimate Overall(string method, int column)
    {
        if (_units.AreSeeds)
            return Estimate.Of(PerUnit(method, column));
        var rows = _byMethod[method];
        return new(
            rows.Average(row => row.Values[column]),
            Math.Sqrt(rows.Sum(row => row.Values[column + 1] * row.Values[column + 1])) / rows.Length);
    }

    // One number for each seed, or for each point of a single one.
    private double[] PerUnit(string method, int column) => _units.Of(_byMethod[method], column);

    // What the best of some estimators reaches in each unit, when it is chosen by the others: one that is chosen and judged by the same
    // numbers looks better than it is.
    private double[] BestElsewhere(IEnumerable<Estimator> among, int column)
    {
        double[][] each = [.. among.Select(estimator => PerUnit(estimator.Name, column))];
        return
        [
            .. Enumerable.Range(0, each[0].Length).Select(unit =>
                each.MaxBy(values => values.Where((_, other) => other != unit).DefaultIfEmpty(values[unit]).Average())![unit]),
        ];
    }

    private IEnumerable<Estimator> Estimators(MetaGradientKind kind) => _estimators.Where(each => each.Kind == kind);

    private Claim BestDiscount()
    {
        const string What = "of all discounts of mixes, the usual one, 1 - 1/n, is near the best at every n: the best one, chosen on other "
            + "data, is better aligned by at most 0.02";
        var mixes = Estimators(MetaGradientKind.Mixed).GroupBy(each => each.Steps).ToArray();
        var gains = mixes.Select(group => (
            Steps: group.Key,
            Best: Best(MetaGradientKind.Mixed, group.Key).Factor,
            Gain: Difference(
                BestElsewhere(group, AlignmentColumn),
                PerUnit(group.Single(each => each.IsUsual).Name, AlignmentColumn)))).ToArray();
        string numbers = string.Join("; ", gains.Where(x => IsShown(x.Steps)).Select(
            x => Invariant($"{x.Steps}: best {x.Best:0.##}, {Text(x.Gain)}")));
        return Measured('i', What, numbers, Claim.All(gains.Select(x => IsBelow(x.Gain, 0.02))));
    }

    private Claim MixesBeatSteps()
    {
        const string What = "the best mix is better aligned than the best number of steps";
        var gain = Difference(
            BestElsewhere(Estimators(MetaGradientKind.Mixed), AlignmentColumn),
            BestElsewhere(Estimators(MetaGradientKind.Classic), AlignmentColumn));
        string numbers = Invariant($"{BestOf(MetaGradientKind.Mixed)} against {BestOf(MetaGradientKind.Classic)}: {Text(gain)}");
        return Measured('j', What, numbers, IsAbove(gain, 0));
    }

    private Claim LookingBackIsCheapest()
    {
        const string What = "at equal frames, the best that looks back is better aligned than the best that looks ahead";
        if (!_estimators.Any(each => each.Method.LooksBack))
            return new('k', What, "needs an estimator that looks back", null);
        var gain = Difference(Best(looksBack: true), Best(looksBack: false));
        return Measured('k', What, Invariant($"{Name(looksBack: true)} against {Name(looksBack: false)}: {Text(gain)}"), IsAbove(gain, 0));

        double[] Best(bool looksBack) => BestElsewhere(_estimators.Where(each => each.Method.LooksBack == looksBack), PooledColumn);

        string Name(bool looksBack) => _estimators.Zip(Summary).Where(each => each.First.Method.LooksBack == looksBack)
            .MaxBy(each => each.Second.Pooled.Value).Second.Method;
    }

    private Claim FirstOrderHolds()
    {
        const string What = "steps improve the outer loss by what alignment predicts: measured over predicted is between 0.8 and 1.25";
        double[] measured = Sums(ImprovementColumn), predicted = Sums(PredictedColumn);
        var ratio = SeedStatistics.Of([.. measured.Zip(predicted, (a, b) => a / b)]);
        bool? holds = ratio.MeanInterval is { } interval ? interval.Low > 0.8 && interval.High < 1.25 : null;
        return Measured('l', What, Text(ratio), holds);

        double[] Sums(int column)
            => [.. _estimators.Select(each => PerUnit(each.Name, column)).Aggregate((a, b) => [.. a.Zip(b, (x, y) => x + y)])];
    }

    private Claim Measured(char letter, string what, string numbers, bool? holds)
        => new(letter, what, numbers + (holds is null ? "; one unit has no interval" : ""), holds);

    private string BestOf(MetaGradientKind kind) => Of(kind, isUsual: false).MaxBy(each => each.Alignment.Value)!.Method;

    private bool IsShown(int steps) => steps is 2 or 3 or 5 or 10 || steps == Steps[^1];

    private static SeedStatistics Difference(double[] a, double[] b) => SeedStatistics.Of([.. a.Zip(b, (x, y) => x - y)]);

    private static bool? IsAbove(SeedStatistics of, double bound) => of.MeanInterval is { } interval ? interval.Low > bound : null;

    private static bool? IsBelow(SeedStatistics of, double bound) => of.MeanInterval is { } interval ? interval.High < bound : null;

    private static string Text(SeedStatistics of)
        => Signed(of.Mean) + (of.MeanInterval is { } interval ? $" ({Signed(interval.Low)} to {Signed(interval.High)})" : "");

    // Rounded first: what rounds to zero would have two signs.
    private static string Signed(double value) => Invariant($"{Math.Round(value, 3) + 0.0:+0.000;-0.000}");
}
