namespace Engine.Bench.Figures;

/// <summary>
/// A picture of one or more charts with one legend: as SVG that reads well on light and on dark pages, and as PNG for papers.
/// </summary>
/// <param name="Title">The heading; also what a screen reader says.</param>
public sealed record Figure(string Title)
{
    /// <summary>The line below it: of what lines are means, and what bands are; none where it is empty.</summary>
    public string Caption { get; init; } = "";

    /// <summary>The charts, row by row; (a), (b) and so on if there are several, and letters for all.</summary>
    public IList<Panel> Panels { get; init; } = [];

    /// <summary>Charts in a row; 0 for as many as look good.</summary>
    public int Columns { get; init; }

    /// <summary>The width of a chart between its axes, in pixels.</summary>
    public double PlotWidth { get; init; } = 264;

    /// <summary>The height of a chart between its axes, in pixels.</summary>
    public double PlotHeight { get; init; } = 200;

    /// <summary>The picture as vectors. The same figure gives the same text.</summary>
    /// <exception cref="ArgumentException">There is no panel, or the arrays of a series differ in length.</exception>
    public string ToSvg() => FigureDrawing.Svg(Checked());

    /// <summary>The picture in pixels, two for each in width and in height, on white.</summary>
    /// <exception cref="ArgumentException">There is no panel, or the arrays of a series differ in length.</exception>
    public byte[] ToPng() => FigureDrawing.Png(Checked());

    /// <summary>What a caption says of curves over seeds.</summary>
    /// <param name="seeds">How many.</param>
    /// <param name="bands">What bands are.</param>
    public static string OverSeeds(int seeds, string bands = "one standard deviation to both sides")
        => seeds == 1 ? "one seed" : FormattableString.Invariant($"means over {seeds} seeds; bands: {bands}");

    internal int ColumnCount => Columns > 0 ? Math.Min(Columns, Panels.Count) : Panels.Count switch
    {
        <= 3 => Panels.Count,
        4 => 2,
        _ => 3,
    };

    /// <summary>The figure with all its texts changed.</summary>
    internal Figure WithTexts(Func<string, string> change) => this with
    {
        Title = change(Title),
        Caption = change(Caption),
        Panels =
        [
            .. Panels.Select(panel => panel with
            {
                Title = change(panel.Title),
                XLabel = change(panel.XLabel),
                YLabel = change(panel.YLabel),
                YNames = panel.YNames?.Select(change).ToArray(),
                Series = [.. panel.Series.Select(series => series with { Label = change(series.Label) })],
            }),
        ],
    };

    private Figure Checked()
    {
        if (Panels.Count == 0)
            throw new ArgumentException($"Figure '{Title}' has no panel.");
        foreach (var series in Panels.SelectMany(panel => panel.Series))
            series.Check();
        return this;
    }
}
