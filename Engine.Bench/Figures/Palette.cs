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
            while (next < Theme.Colors && _colors.ContainsValue(next))
                next++;
            _colors.Add(series.Label, next++);
        }
    }

    /// <summary>The place of a series in the palette.</summary>
    public int Of(Series series) => series.Color ?? _colors[series.Label];
}
