namespace Engine.Bench.Figures;

/// <summary>A picture of one or more charts with one legend, written as SVG that reads well on light and on dark pages.</summary>
/// <param name="title">The heading; also what a screen reader says.</param>
public sealed class Figure(string title)
{
    /// <summary>The heading.</summary>
    public string Title { get; } = title;

    /// <summary>The charts, row by row.</summary>
    public IList<Panel> Panels { get; init; } = [];

    /// <summary>Charts in a row; 0 for as many as look good.</summary>
    public int Columns { get; init; }

    /// <summary>Entries in a row of the legend; 0 for as many as fit.</summary>
    public int LegendColumns { get; init; }

    /// <summary>The width of a chart between its axes, in pixels.</summary>
    public double PlotWidth { get; init; } = 264;

    /// <summary>The height of a chart between its axes, in pixels.</summary>
    public double PlotHeight { get; init; } = 200;

    /// <summary>The picture. The same figure gives the same text.</summary>
    /// <exception cref="ArgumentException">There is no panel, or the arrays of a series differ in length.</exception>
    public string ToSvg()
    {
        if (Panels.Count == 0)
            throw new ArgumentException($"Figure '{Title}' has no panel.");
        foreach (var series in Panels.SelectMany(panel => panel.Series))
            series.Check();
        return FigureDrawing.Draw(this);
    }

    internal int ColumnCount => Columns > 0 ? Math.Min(Columns, Panels.Count) : Panels.Count switch
    {
        <= 3 => Panels.Count,
        4 => 2,
        _ => 3,
    };
}
