using ScottPlot;

namespace Engine.Bench.Figures;

/// <summary>The colours of a figure's labels: a label has the same one in every panel.</summary>
internal sealed class Palette
{
    private readonly Dictionary<string, int> _colors = [];

    public Palette(Figure figure)
    {
        var all = figure.Panels.SelectMany(panel => panel.Series).ToList();
        foreach (var series in all.Where(series => series.Color is not null))
            _colors.TryAdd(series.Label, series.Color!.Value);
        int next = 0;
        foreach (var series in all.Where(series => !_colors.ContainsKey(series.Label)))
        {
            while (next < Theme.Series.Length && _colors.ContainsValue(next))
                next++;
            _colors.Add(series.Label, next++);
        }
    }

    /// <summary>The colour of a series.</summary>
    public Ink Ink(Series series)
        => Place(series) is >= 0 and var place ? Theme.Series[place % Theme.Series.Length] : Theme.Neutral;

    /// <summary>The shape of its points: a second way to tell series apart, for readers who can't by colour.</summary>
    public MarkerShape Shape(Series series) => (Place(series) % 5) switch
    {
        1 => MarkerShape.FilledSquare,
        2 => MarkerShape.FilledTriangleUp,
        3 => MarkerShape.FilledDiamond,
        4 => MarkerShape.FilledTriangleDown,
        _ => MarkerShape.FilledCircle,
    };

    private int Place(Series series) => series.Color ?? _colors[series.Label];
}
