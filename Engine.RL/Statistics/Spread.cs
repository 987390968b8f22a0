namespace Engine.RL.Statistics;

/// <summary>A mean and a standard deviation over seeds.</summary>
/// <param name="Mean">The mean.</param>
/// <param name="Std">The standard deviation; NaN for a single seed.</param>
public readonly record struct Spread(double Mean, double Std)
{
    /// <summary>Of numbers, one for each seed.</summary>
    public static Spread Of(IReadOnlyList<double> values) => new(values.Average(), Estimate.Deviation(values));

    /// <summary>Of those numbers that are finite; NaN if none is.</summary>
    public static Spread OfFinite(IEnumerable<double> values)
        => values.Where(double.IsFinite).ToArray() is { Length: > 0 } finite ? Of(finite) : new(double.NaN, double.NaN);

    /// <summary>The mean with the standard deviation in brackets, such as 24.6 (1.2); "-" if the mean is NaN.</summary>
    public string Text(string format) => Brackets.Text(Mean, Std, format, format);
}
