using Engine.RL.Experiments;
using Engine.RL.Statistics;
using static System.FormattableString;

namespace Engine.RL.Studies;

/// <summary>What an inner optimiser makes of meta-gradients, averaged over training.</summary>
/// <param name="Variant">Its name.</param>
/// <param name="OneStep">The standard deviation of 1-step meta-gradients.</param>
/// <param name="Steps">That of n-step ones.</param>
/// <param name="Std">The latter over the former.</param>
/// <param name="TraceStd">The same without products of Jacobians: of the sum of T N.</param>
/// <param name="Products">|T P_n| / |T|, of the part in the parameters.</param>
/// <param name="Common">The same if all updates had the Jacobian of the first one.</param>
/// <param name="SingularValue">The greatest singular value of an update's Jacobian in the parameters.</param>
/// <param name="Modulus">The greatest modulus of an eigenvalue of that of all that an update changes; null where it is large.</param>
public sealed record HessianSummary(
    string Variant,
    Estimate OneStep,
    Estimate Steps,
    Estimate Std,
    Estimate TraceStd,
    Estimate Products,
    Estimate Common,
    Estimate SingularValue,
    Estimate? Modulus);

/// <summary>What a run of <see cref="HessianAnalysis"/> showed.</summary>
public sealed class HessianReport
{
    private readonly Dictionary<(string Method, int At), MetricRow[]> _rows;
    private readonly StudyUnits _units;

    /// <summary>Reads the rows of a run.</summary>
    /// <param name="analysis">The run.</param>
    /// <param name="rows">Its rows.</param>
    public HessianReport(HessianAnalysis analysis, IReadOnlyList<MetricRow> rows)
    {
        _rows = rows.GroupBy(row => (row.Method, (int)row.Values[0])).ToDictionary(group => group.Key, group => group.ToArray());
        Numbers = analysis.Numbers;
        Variants = [.. analysis.Variants.Select(variant => variant.Name)];
        _units = new(rows);
    }

    /// <summary>The inner optimisers.</summary>
    public IReadOnlyList<string> Variants { get; }

    /// <summary>The numbers of inner steps of which meta-gradients were looked at, the largest one last.</summary>
    public IReadOnlyList<int> Numbers { get; }

    /// <summary>The largest number of inner steps, n.</summary>
    public int Steps => Numbers[^1];

    /// <summary>What means and intervals are over: seeds, or the points of training where there is one seed.</summary>
    public string Units => _units.ToString();

    /// <summary>Each inner optimiser in numbers.</summary>
    public IReadOnlyList<HessianSummary> Summary =>
    [
        .. Variants.Select(variant => new HessianSummary(
            variant,
            Mean(variant, Quantity.Std, 1),
            Mean(variant, Quantity.Std, Steps),
            Estimate.Of(Relative(variant, Quantity.Std, Steps)),
            Estimate.Of(Relative(variant, Quantity.TraceStd, Steps)),
            Mean(variant, Quantity.Products, Steps),
            Mean(variant, Quantity.Common, Steps),
            Mean(variant, Quantity.SingularValue, 1),
            Has(variant, Quantity.Modulus) ? Mean(variant, Quantity.Modulus, 1) : null)),
    ];

    /// <summary>What is claimed of variance, each tested with 95% bootstrap intervals.</summary>
    public IReadOnlyList<Claim> Claims
        => [.. ((Func<string, Claim>[])[InProportion, ProductsGrow, CommonExplains, WithoutProducts]).Select(claim => claim(Variants[0])),
            FromValidationMost(), .. Variants.Skip(1).Select(Differs)];

    /// <summary>All that was measured in all seeds and points: by which optimiser, what, and where.</summary>
    public IEnumerable<(string Variant, string Quantity, int At)> Measured => _rows
        .Where(group => group.Value.Length == _units.Seeds * _units.Points)
        .Select(group => (group.Key.Method.Split('/')[0], group.Key.Method.Split('/')[1], group.Key.At));

    /// <summary>A quantity at a place, a mean over training.</summary>
    public Estimate Mean(string variant, string quantity, int at) => Estimate.Of(PerUnit(variant, quantity, at));

    /// <summary>The places of a quantity, in order: those that it has in all seeds and points, since a spectrum may end earlier.</summary>
    public IReadOnlyList<int> Places(string variant, string quantity)
        => [.. Measured.Where(each => each.Variant == variant && each.Quantity == quantity).Select(each => each.At).Order()];

    /// <summary>Whether a quantity was measured.</summary>
    public bool Has(string variant, string quantity) => _rows.ContainsKey((Method(variant, quantity), 1));

    /// <summary>A deviation of i steps over that of 1 step: one number for each unit.</summary>
    public double[] Relative(string variant, string quantity, int steps)
        => Ratios(PerUnit(variant, quantity, steps), PerUnit(variant, Quantity.Std, 1));

    /// <summary>
    /// The distribution of all eigenvalues, a mean over seeds and points: where they are, from the least on, and what part is below each,
    /// half of its own included. Empty where none were measured.
    /// </summary>
    public (double[] Eigenvalues, double[] Below) Distribution(string variant)
    {
        var weights = Rows(Quantity.Weight).ToDictionary(Place, row => row.Values[1]);
        var all = Rows(Quantity.Eigenvalue).Select(row => (Value: row.Values[1], Weight: weights[Place(row)])).Order().ToArray();
        double total = all.Sum(each => each.Weight), below = 0;
        double[] parts = new double[all.Length];
        foreach (var (i, (_, weight)) in all.Index())
        {
            parts[i] = (below + (weight / 2)) / total;
            below += weight;
        }

        return ([.. all.Select(each => each.Value)], parts);

        IEnumerable<MetricRow> Rows(string quantity)
            => _rows.Where(group => group.Key.Method == Method(variant, quantity)).SelectMany(group => group.Value);

        static (int, int, double) Place(MetricRow row) => (row.Seed, row.Iteration, row.Values[0]);
    }

    private static string Method(string variant, string quantity) => $"{variant}/{quantity}";

    // One number for each seed, or for each point of a single one.
    private double[] PerUnit(string variant, string quantity, int at) => _units.Of(_rows[(Method(variant, quantity), at)], 1);

    private Claim InProportion(string variant) => Tested(
        'm',
        $"the deviation of {Steps} steps is about {Steps} times that of one, as it would be if every update added as much: "
            + "its ratio to that is between 0.8 and 1.25",
        [.. Relative(variant, Quantity.Std, Steps).Select(ratio => ratio / Steps)],
        interval => interval.Low > 0.8 && interval.High < 1.25);

    private Claim ProductsGrow(string variant) => Tested(
        'n',
        $"products of {Steps - 1} Jacobians make T longer, in the parameters",
        PerUnit(variant, Quantity.Products, Steps),
        interval => interval.Low > 1);

    private Claim CommonExplains(string variant) => Tested(
        'o',
        "a common Jacobian, as appendix D.2 assumes, makes it as long: its ratio to what products do is between 0.8 and 1.25",
        Ratios(PerUnit(variant, Quantity.Common, Steps), PerUnit(variant, Quantity.Products, Steps)),
        interval => interval.Low > 0.8 && interval.High < 1.25);

    private Claim WithoutProducts(string variant) => Tested(
        'p',
        $"without products, at {Steps} steps, the deviation would be less than half",
        Ratios(PerUnit(variant, Quantity.TraceStd, Steps), PerUnit(variant, Quantity.Std, Steps)),
        interval => interval.High < 0.5);

    private Claim FromValidationMost() => Tested(
        'q',
        $"more than half of the variance of {Steps} steps is due to the validation rollout alone",
        PerUnit(InnerVariant.Own.Name, Quantity.FromValidation, Steps),
        interval => interval.Low > 0.5);

    private Claim Differs(string variant, int number) => Tested(
        (char)('r' + number),
        $"with {variant} the deviation grows differently from one step to {Steps} than with {Variants[0]}: the one's growth over the "
            + "other's differs from 1",
        Ratios(Relative(variant, Quantity.Std, Steps), Relative(Variants[0], Quantity.Std, Steps)),
        interval => interval.Low > 1 || interval.High < 1);

    private static double[] Ratios(double[] of, double[] to) => [.. of.Zip(to, (a, b) => a / b)];

    private static Claim Tested(char letter, string what, double[] values, Func<Interval, bool> holds)
    {
        var of = SeedStatistics.Of(values);
        return of.MeanInterval is { } interval
            ? new(letter, what, Invariant($"{of.Mean:G3} ({interval.Low:G3} to {interval.High:G3})"), holds(interval))
            : new(letter, what, Invariant($"{of.Mean:G3}; no interval"), null);
    }
}
