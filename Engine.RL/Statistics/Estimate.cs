namespace Engine.RL.Statistics;

/// <summary>A number and its standard error.</summary>
/// <param name="Value">The estimate.</param>
/// <param name="Error">Its standard error.</param>
public readonly record struct Estimate(double Value, double Error)
{
    private bool IsKnown => double.IsFinite(Value) && double.IsFinite(Error);

    /// <summary>The mean of independent numbers and its standard error; no error is known of a single number.</summary>
    public static Estimate Of(IReadOnlyList<double> values)
        => new(values.Average(), values.Count > 1 ? Deviation(values) / Math.Sqrt(values.Count) : double.NaN);

    /// <summary>Whether the number exceeds a bound by over two standard errors; null if the number or its error is not known.</summary>
    public bool? IsClearlyAbove(double bound) => IsKnown ? Value - bound > 2 * Error : null;

    /// <summary>
    /// Whether the number falls short of a bound by over two standard errors; null if the number or its error is not known.
    /// </summary>
    public bool? IsClearlyBelow(double bound) => IsKnown ? bound - Value > 2 * Error : null;

    /// <summary>The number with its error in brackets, such as 0.15 (0.02); see <see cref="Brackets.Text"/>.</summary>
    public string Text(string format, string? errorFormat = null) => Brackets.Text(Value, Error, format, errorFormat ?? format);

    /// <summary>The standard deviation of numbers, with n - 1 degrees of freedom.</summary>
    public static double Deviation(IReadOnlyList<double> values)
    {
        double mean = values.Average();
        return values.Count > 1 ? Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1)) : double.NaN;
    }
}
