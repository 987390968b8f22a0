using static System.FormattableString;

namespace Engine.RL.Experiments;

/// <summary>What a run of <see cref="Figure4"/> showed, method by method.</summary>
/// <param name="Method">The method's name.</param>
/// <param name="ValueMse">The mean squared error to the true values at the end.</param>
/// <param name="EvenGamma">The mean of the even states' discounts at the end.</param>
/// <param name="OddGamma">The mean of the odd states' discounts at the end.</param>
public sealed record Figure4Summary(string Method, Spread ValueMse, Spread EvenGamma, Spread OddGamma);

/// <summary>A mean and a standard deviation over seeds.</summary>
/// <param name="Mean">The mean.</param>
/// <param name="Std">The standard deviation; NaN for a single seed.</param>
public readonly record struct Spread(double Mean, double Std)
{
    /// <summary>Of numbers, one for each seed.</summary>
    public static Spread Of(IReadOnlyList<double> values) => new(values.Average(), Meta.Estimate.Deviation(values));
}

/// <summary>A quantity along training: its mean and standard deviation over seeds.</summary>
/// <param name="Iterations">When.</param>
/// <param name="Points">The spread at each of these.</param>
public sealed record Curve(int[] Iterations, Spread[] Points)
{
    /// <summary>The iterations as numbers.</summary>
    public double[] X() => [.. Iterations.Select(iteration => (double)iteration)];

    /// <summary>The means.</summary>
    public double[] Means() => [.. Points.Select(point => point.Mean)];

    /// <summary>The standard deviations, 0 for a single seed.</summary>
    public double[] Deviations() => [.. Points.Select(point => double.IsNaN(point.Std) ? 0 : point.Std)];
}

/// <summary>Curves, summary and tested claims of a run of <see cref="Figure4"/>.</summary>
public sealed class Figure4Report
{
    private const string Needs = "needs methods 1, 5 and 10";
    private readonly ILookup<string, MetricRow> _byMethod;

    /// <summary>Reads the rows of a run.</summary>
    public Figure4Report(IReadOnlyList<MetricRow> rows)
    {
        _byMethod = rows.ToLookup(row => row.Method);
        Methods = [.. _byMethod.Select(group => group.Key)];
    }

    /// <summary>The methods that were run.</summary>
    public IReadOnlyList<string> Methods { get; }

    /// <summary>The final state of each method.</summary>
    public IReadOnlyList<Figure4Summary> Summary =>
    [
        .. Methods.Select(method => new Figure4Summary(
            method, Spread.Of(AtEnd(method, ValueError)), Spread.Of(AtEnd(method, EvenGamma)), Spread.Of(AtEnd(method, OddGamma)))),
    ];

    /// <summary>The claims that the paper makes of its figure.</summary>
    public IReadOnlyList<Claim> Claims =>
    [
        Compare('a', "even discounts rise faster with 5 and 10 steps than with 1: higher on average over training", EvenGamma, 1),
        Compare('b', "odd discounts fall faster with 5 and 10 steps than with 1: lower on average over training", OddGamma, -1),
        Compare('c', "the error is lower with 5 and 10 steps than with 1: log10 of the error to the true values, on average over training", LogError, -1),
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
        var points = _byMethod[method].GroupBy(row => row.Iteration).OrderBy(group => group.Key).ToArray();
        return new Curve([.. points.Select(group => group.Key)], [.. points.Select(group => Spread.Of([.. group.Select(quantity)]))]);
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
        bool holds = sign > 0 ? five.IsClearlyAbove(0) && ten.IsClearlyAbove(0) : five.IsClearlyBelow(0) && ten.IsClearlyBelow(0);
        return new Claim(letter, text, Invariant(
            $"5 against 1: {five.Value:+0.0000;-0.0000} ({five.Error:0.0000}); 10 against 1: {ten.Value:+0.0000;-0.0000} ({ten.Error:0.0000})"), holds);

        Meta.Estimate Difference(string method)
        {
            double[] with = OverTraining(method, quantity), without = OverTraining("1", quantity);
            return Meta.Estimate.Of([.. with.Zip(without, (a, b) => a - b)]);
        }
    }

    private Claim Coincide()
    {
        const string Text = "the even-discount curves of 5 and 10 steps nearly coincide: seed by seed, their mean distance is under a fifth of that between 5 and 1";
        if (!HasAll)
            return new Claim('d', Text, Needs, null);
        double[] near = Distances("5", "10"), far = Distances("5", "1");
        var (toTen, toOne) = (Meta.Estimate.Of(near), Meta.Estimate.Of(far));
        bool holds = Meta.Estimate.Of([.. far.Zip(near, (one, ten) => (one / 5) - ten)]).IsClearlyAbove(0);
        return new Claim('d', Text, Invariant(
            $"5 to 10: {toTen.Value:0.0000} ({toTen.Error:0.0000}); 5 to 1: {toOne.Value:0.0000} ({toOne.Error:0.0000})"), holds);
    }

    // The mean distance of two methods' even discounts over training, seed by seed.
    private double[] Distances(string a, string b)
        => [.. _byMethod[a].Join(_byMethod[b], Key, Key, (x, y) => (x.Seed, Distance: Math.Abs(EvenGamma(x) - EvenGamma(y))))
            .GroupBy(pair => pair.Seed).OrderBy(group => group.Key).Select(group => group.Average(pair => pair.Distance))];

    private static (int Seed, int Iteration) Key(MetricRow row) => (row.Seed, row.Iteration);

    private double[] OverTraining(string method, Func<MetricRow, double> quantity)
        => [.. _byMethod[method].GroupBy(row => row.Seed).OrderBy(group => group.Key).Select(group => group.Average(quantity))];

    private double[] AtEnd(string method, Func<MetricRow, double> quantity)
        => [.. _byMethod[method].GroupBy(row => row.Seed).OrderBy(group => group.Key).Select(group => quantity(group.MaxBy(row => row.Iteration)!))];
}
