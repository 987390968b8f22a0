namespace Engine.RL.Experiments;

/// <summary>A mean and a standard deviation over seeds.</summary>
/// <param name="Mean">The mean.</param>
/// <param name="Std">The standard deviation; NaN for a single seed.</param>
public readonly record struct Spread(double Mean, double Std)
{
    /// <summary>Of numbers, one for each seed.</summary>
    public static Spread Of(IReadOnlyList<double> values) => new(values.Average(), Meta.Estimate.Deviation(values));

    /// <summary>The mean with the standard deviation in brackets, such as 24.6 (1.2); "-" if the mean is NaN.</summary>
    public string Text(string format) => Brackets.Text(Mean, Std, format, format);
}
