namespace Engine.RL.Experiments;

/// <summary>How a method's meta-gradients were, means over the points of training.</summary>
/// <param name="Method">The method's name.</param>
/// <param name="Std">
/// The standard deviation of each meta-parameter; relative to that of 1-step meta-gradients at the same points if these were evaluated too.
/// </param>
/// <param name="SignalToNoise">|mean| / standard deviation, averaged over meta-parameters.</param>
/// <param name="Bias">The distance to the oracle's mean.</param>
/// <param name="Cosine">The cosine with it.</param>
public sealed record MetaGradientVarianceSummary(
    string Method, IReadOnlyList<double> Std, double SignalToNoise, double Bias, double Cosine);

/// <summary>What a run of <see cref="MetaGradientVariance"/> showed.</summary>
/// <param name="variance">The run.</param>
/// <param name="rows">Its rows.</param>
public sealed class MetaGradientVarianceReport(MetaGradientVariance variance, IReadOnlyList<MetricRow> rows)
{
    private readonly ILookup<string, MetricRow> _byMethod = rows.ToLookup(row => row.Method);

    /// <summary>The methods evaluated.</summary>
    public IReadOnlyList<string> Methods => [.. _byMethod.Select(group => group.Key)];

    /// <summary>The meta-parameters.</summary>
    public IReadOnlyList<string> Parameters => variance.Parameters;

    /// <summary>Whether standard deviations are relative to those of 1-step meta-gradients.</summary>
    public bool IsRelative => _byMethod.Contains("1");

    /// <summary>Each method in numbers.</summary>
    public IReadOnlyList<MetaGradientVarianceSummary> Summary =>
    [
        .. Methods.Select(method => new MetaGradientVarianceSummary(
            method,
            [.. Parameters.Select(parameter => Std(method, parameter + "_std"))],
            Parameters.Average(parameter => Mean(method, parameter + "_snr")),
            Mean(method, "bias"),
            Mean(method, "cosine"))),
    ];

    /// <summary>A column along training, and its standard error.</summary>
    public (int[] Updates, double[] Values, double[] Errors) Along(string method, string column)
        => ([.. _byMethod[method].Select(row => row.Iteration)], Values(method, column), Values(method, column + "_error"));

    private double Std(string method, string column)
    {
        if (!IsRelative)
            return Mean(method, column);
        var ratios = Values(method, column).Zip(Values("1", column), (std, one) => std / one);
        return ratios.Where(double.IsFinite).DefaultIfEmpty(double.NaN).Average();
    }

    private double Mean(string method, string column) => Values(method, column).Average();

    private double[] Values(string method, string column)
    {
        int number = variance.Columns.Index().Single(each => each.Item == column).Index;
        return [.. _byMethod[method].Select(row => row.Values[number])];
    }
}
