using Engine.RL.Statistics;

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
            [.. Parameters.Select(parameter => Deviation(method, parameter).Mean)],
            Spread.OfFinite(Parameters.Select(parameter => SignalToNoise(method, parameter).Mean)).Mean,
            Mean(method, "bias"),
            Mean(method, "cosine"))),
    ];

    /// <summary>The points of training, by updates made.</summary>
    public IReadOnlyList<int> Updates => [.. _byMethod.First().Select(row => row.Iteration)];

    /// <summary>
    /// The standard deviations of a meta-parameter at the points of training, over those of 1-step meta-gradients if
    /// <see cref="IsRelative"/>.
    /// </summary>
    public double[] Deviations(string method, string parameter)
    {
        double[] deviations = Values(method, parameter + "_std");
        return IsRelative ? [.. deviations.Zip(Values("1", parameter + "_std"), (std, one) => std / one)] : deviations;
    }

    /// <summary>The same over those points where 1-step meta-gradients vary.</summary>
    public Spread Deviation(string method, string parameter) => Spread.OfFinite(Deviations(method, parameter));

    /// <summary>The same, averaged over meta-parameters that vary.</summary>
    public double[] MeanDeviations(string method)
    {
        double[][] each = [.. Parameters.Select(parameter => Deviations(method, parameter))];
        return [.. Updates.Select((_, point) => Spread.OfFinite(each.Select(values => values[point])).Mean)];
    }

    /// <summary>|mean| / standard deviation of a meta-parameter over those points of training where it varies.</summary>
    public Spread SignalToNoise(string method, string parameter) => Spread.OfFinite(Values(method, parameter + "_snr"));

    private double Mean(string method, string column) => Values(method, column).Average();

    private double[] Values(string method, string column)
    {
        int number = variance.Columns.Index().Single(each => each.Item == column).Index;
        return [.. _byMethod[method].Select(row => row.Values[number])];
    }
}
