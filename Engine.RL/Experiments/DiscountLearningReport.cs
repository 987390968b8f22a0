using Engine.RL.Statistics;

namespace Engine.RL.Experiments;

/// <summary>What a run of <see cref="DiscountLearning"/> showed, method by method.</summary>
/// <param name="Method">The method's name.</param>
/// <param name="ValueMse">The mean squared error to the true values at the end.</param>
/// <param name="EvenGamma">The mean of the even states' discounts at the end.</param>
/// <param name="OddGamma">The mean of the odd states' discounts at the end.</param>
public sealed record DiscountLearningSummary(string Method, Spread ValueMse, Spread EvenGamma, Spread OddGamma);

/// <summary>Curves, summary and tested claims of a run of <see cref="DiscountLearning"/>.</summary>
public sealed class DiscountLearningReport
{
    private const string Needs = "needs methods 1, 5 and 10";
    private readonly ILookup<string, MetricRow> _byMethod;

    /// <summary>Reads the rows of a run.</summary>
    public DiscountLearningReport(IReadOnlyList<MetricRow> rows)
    {
        _byMethod = rows.ToLookup(row => row.Method);
        Methods = [.. _byMethod.Select(group => group.Key)];
        Seeds = rows.DistinctBy(row => row.Seed).Count();
    }

    /// <summary>The methods that were run.</summary>
    public IReadOnlyList<string> Methods { get; }

    /// <summary>The number of seeds.</summary>
    public int Seeds { get; }

    /// <summary>The final state of each method.</summary>
    public IReadOnlyList<DiscountLearningSummary> Summary =>
    [
        .. Methods.Select(method => new DiscountLearningSummary(
            method, Spread.Of(AtEnd(method, ValueError)), Spread.Of(AtEnd(method, EvenGamma)), Spread.Of(AtEnd(method, OddGamma)))),
    ];

    /// <summary>The claims that the paper makes of its figure.</summary>
    public IReadOnlyList<Claim> Claims =>
    [
        Compare('a', "even discounts rise faster with 5 and 10 steps than with 1: higher on average over training", EvenGamma, 1),
        Compare('b', "odd discounts fall faster with 5 and 10 steps than with 1: lower on average over training", OddGamma, -1),
        Compare(
            'c',
            "the error is lower with 5 and 10 steps than with 1: log10 of the error to the true values, on average over training",
            LogError,
            -1),
        Coincide(),
    ];

    /// <summary>The mean squared error to the true values.</summary>
    public static double ValueError(MetricRow row) => row.Values[1];

    /// <summary>The mean discount of even states.</summary>
    public static double EvenGamma(MetricRow row) => Gammas(row, 0);

    /// <summary>The mean discount of odd states.</summary>
    public static double OddGamma(MetricRow row) => Gammas(row, 1);

    /// <summary>A quantity of a method along training.</summary>
    public Curve Along(string method, Func<MetricRow, double> quantity)
    {
        var points = ByIteration(_byMethod[method]).ToArray();
        return new Curve([.. points.Select(group => group.Key)], [.. points.Select(group => Spread.Of([.. group.Select(quantity)]))]);
    }

    /// <summary>A quantity of a method along training, compared with that of another at the same seed and iteration.</summary>
    public Curve Beside(string method, string other, Func<MetricRow, double> quantity, Func<double, double, double> compare)
    {
        var beside = _byMethod[other].ToDictionary(row => (row.Seed, row.Iteration), quantity);
        return Along(method, row => compare(quantity(row), beside.GetValueOrDefault((row.Seed, row.Iteration), double.NaN)));
    }

    private bool HasAll => Methods.Contains("1") && Methods.Contains("5") && Methods.Contains("10");

    private static double LogError(MetricRow row) => Math.Log10(ValueError(row));

    private static double Gammas(MetricRow row, int parity)
        => row.Values.Skip(2).Where((_, state) => state % 2 == parity).Average();

    // Differences are taken seed by seed, and hold if they exceed two standard errors over seeds.
    private Claim Compare(char letter, string text, Func<MetricRow, double> quantity, int sign)
    {
        if (!HasAll)
            return new Claim(letter, text, Needs, null);
        var five = Difference("5");
        var ten = Difference("10");
        bool? holds = sign > 0 ? five.IsClearlyAbove(0) & ten.IsClearlyAbove(0) : five.IsClearlyBelow(0) & ten.IsClearlyBelow(0);
        return Claim.Measured(letter, text, Seeds, $"5 against 1: {Text(five)}; 10 against 1: {Text(ten)}", holds);

        static string Text(Estimate difference) => difference.Text("+0.0000;-0.0000;0.0000", "0.0000");

        Estimate Difference(string method)
        {
            double[] with = OverTraining(method, quantity), without = OverTraining("1", quantity);
            return Estimate.Of([.. with.Zip(without, (a, b) => a - b)]);
        }
    }

    private Claim Coincide()
    {
        const string Text = "the even-discount curves of 5 and 10 steps nearly coincide: "
            + "their mean distance is under a fifth of that between 5 and 1, by over two standard errors";
        if (!HasAll)
            return new Claim('d', Text, Needs, null);
        var near = Jackknife(among => Distance("5", "10", among));
        var far = Jackknife(among => Distance("5", "1", among));
        var slack = Jackknife(among => (Distance("5", "1", among) / 5) - Distance("5", "10", among));
        return Claim.Measured(
            'd', Text, Seeds, $"5 to 10: {near.Text("0.0000")}; 5 to 1: {far.Text("0.0000")}", slack.IsClearlyAbove(0));
    }

    // The mean distance along training of two methods' even discounts, each the mean over some seeds.
    private double Distance(string a, string b, Func<MetricRow, bool> among)
    {
        return Means(a).Zip(Means(b), (x, y) => Math.Abs(x - y)).Average();

        IEnumerable<double> Means(string method)
            => ByIteration(_byMethod[method].Where(among)).Select(group => group.Average(EvenGamma));
    }

    private static IEnumerable<IGrouping<int, MetricRow>> ByIteration(IEnumerable<MetricRow> rows)
        => rows.GroupBy(row => row.Iteration).OrderBy(group => group.Key);

    // A statistic of all seeds, with its standard error from leaving them out one by one.
    private Estimate Jackknife(Func<Func<MetricRow, bool>, double> statistic)
    {
        int[] seeds = [.. _byMethod["1"].Select(row => row.Seed).Distinct()];
        double whole = statistic(_ => true);
        if (seeds.Length < 2)
            return new Estimate(whole, double.NaN);
        double[] parts = [.. seeds.Select(seed => statistic(row => row.Seed != seed))];
        return new Estimate(whole, Estimate.Deviation(parts) * (seeds.Length - 1) / Math.Sqrt(seeds.Length));
    }

    private double[] OverTraining(string method, Func<MetricRow, double> quantity)
        => [.. BySeed(method).Select(group => group.Average(quantity))];

    private double[] AtEnd(string method, Func<MetricRow, double> quantity)
        => [.. BySeed(method).Select(group => quantity(group.MaxBy(row => row.Iteration)!))];

    private IEnumerable<IGrouping<int, MetricRow>> BySeed(string method)
        => _byMethod[method].GroupBy(row => row.Seed).OrderBy(group => group.Key);
}
