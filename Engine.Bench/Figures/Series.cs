namespace Engine.Bench.Figures;

/// <summary>A line of a chart, with an optional band around it.</summary>
/// <param name="Label">What the legend says; series of one label share its entry and colour, an empty label has no entry.</param>
/// <param name="X">Where the points are.</param>
/// <param name="Y">Their values; NaN, infinite, and on a logarithmic axis non-positive values are gaps.</param>
public sealed record Series(string Label, double[] X, double[] Y)
{
    /// <summary>The grey of what is no result: a reference, a bound.</summary>
    public const int Neutral = -1;

    /// <summary>The band's lower edge; in a panel of names the left end of a bar through each point.</summary>
    public double[]? Lower { get; init; }

    /// <summary>The band's upper edge; in a panel of names the right end of a bar through each point.</summary>
    public double[]? Upper { get; init; }

    /// <summary>Whether the line is dashed.</summary>
    public bool Dashed { get; init; }

    /// <summary>Whether points are joined by the line; else only marks are drawn.</summary>
    public bool Joined { get; init; } = true;

    /// <summary>Whether every point is marked, in a shape that goes with the colour.</summary>
    public bool Markers { get; init; }

    /// <summary>The place in the palette, or <see cref="Neutral"/>; null for the next colour that no other label has.</summary>
    public int? Color { get; init; }

    /// <summary>A line with a band of <paramref name="spread"/> to both sides.</summary>
    public static Series Around(string label, double[] x, double[] y, double[] spread) => new(label, x, y)
    {
        Lower = [.. y.Zip(spread, (value, s) => value - s)],
        Upper = [.. y.Zip(spread, (value, s) => value + s)],
    };

    internal bool HasBand => Lower is not null && Upper is not null;

    internal void Check()
    {
        if (X.Length != Y.Length || (Lower ?? Y).Length != Y.Length || (Upper ?? Y).Length != Y.Length)
            throw new ArgumentException($"Series '{Label}': x, y and the band must be of one length.");
        if (Lower is null != Upper is null)
            throw new ArgumentException($"Series '{Label}': a band needs both edges.");
    }
}
