namespace Engine.Bench.Figures;

/// <summary>How an axis maps values to places.</summary>
public enum Scale
{
    /// <summary>In proportion.</summary>
    Linear,

    /// <summary>In proportion to the logarithm; what is not positive has no place.</summary>
    Log,
}

/// <summary>A chart: two axes and series.</summary>
/// <param name="Title">The line above it, for example "Error".</param>
/// <param name="XLabel">What the horizontal axis measures.</param>
/// <param name="YLabel">What the vertical axis measures.</param>
public sealed record Panel(string Title, string XLabel, string YLabel)
{
    /// <summary>The horizontal scale.</summary>
    public Scale XScale { get; init; }

    /// <summary>The vertical scale.</summary>
    public Scale YScale { get; init; }

    /// <summary>
    /// Names in place of numbers on the vertical axis: that of 0 at the top, of 1 below it, and so on. The scale is then linear.
    /// </summary>
    public string[]? YNames { get; init; }

    /// <summary>The values marked on the horizontal axis; by default round ones.</summary>
    public double[]? XTicks { get; init; }

    /// <summary>Values of the vertical axis that mean something: targets, bounds. A dotted line is drawn at each.</summary>
    public double[] Targets { get; init; } = [];

    /// <summary>What is drawn, later ones above earlier ones.</summary>
    public IList<Series> Series { get; init; } = [];
}
