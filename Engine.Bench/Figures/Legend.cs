namespace Engine.Bench.Figures;

/// <summary>What the lines mean: an entry for every label, in columns as wide as the widest.</summary>
internal sealed class Legend
{
    private const double TextSize = 12;
    private const double Line = 15;
    private const double Sample = 26;
    private const double Gap = 22;

    private readonly Palette _palette;
    private readonly (Series Series, string[] Text)[] _entries;
    private readonly double _column;
    private readonly int _columns;
    private readonly double[] _rows;

    public Legend(Figure figure, Palette palette, double width)
    {
        double room = width - Sample - 7;
        _palette = palette;
        _entries = [.. figure.Panels.SelectMany(panel => panel.Series)
            .Where(series => series.Label.Length > 0)
            .DistinctBy(series => series.Label)
            .Select(series => (series, Typesetting.Wrap(series.Label, room, TextSize)))];
        if (_entries.Length == 0)
        {
            _rows = [];
            return;
        }

        _column = Sample + 7 + _entries.Max(entry => entry.Text.Max(line => Typesetting.Width(line, TextSize)));
        int fit = Math.Clamp((int)((width + Gap) / (_column + Gap)), 1, _entries.Length);

        // As few rows as fit, and these as full as each other.
        int rows = (_entries.Length + fit - 1) / fit;
        _columns = figure.LegendColumns > 0 ? Math.Min(fit, figure.LegendColumns) : (_entries.Length + rows - 1) / rows;
        _rows = [.. _entries.Chunk(_columns).Select(row => row.Max(entry => entry.Text.Length) * Line + 5)];
    }

    public double Width => _columns * (_column + Gap) - Gap;

    public double Height => _rows.Sum();

    /// <summary>Draws with the origin at the upper left corner.</summary>
    public void Draw(SvgWriter svg)
    {
        for (int i = 0; i < _entries.Length; i++)
        {
            var (series, text) = _entries[i];
            double x = i % _columns * (_column + Gap);
            double y = _rows.Take(i / _columns).Sum() + Line - 3;
            int color = _palette.Of(series);
            svg.Group(Theme.Class(color));
            if (series.Joined)
                svg.Points("polyline", series.Dashed ? "line dashed" : "line", [(x + 1, y - 4), (x + Sample - 1, y - 4)]);
            if (series.Markers)
                svg.Path("mark", Marks.Shape(color, x + Sample / 2, y - 4));
            svg.Close();
            for (int line = 0; line < text.Length; line++)
                svg.Text("label", x + Sample + 7, y + line * Line, text[line]);
        }
    }
}
