using static Engine.Bench.Figures.SvgWriter;

namespace Engine.Bench.Figures;

/// <summary>A panel whose axes are known, so that it can say how much room it takes around the plot before it is drawn.</summary>
internal sealed class PanelDrawing
{
    private const double TitleSize = 13;
    private const double TitleLine = 17;
    private const double LabelSize = 12;
    private const double LabelLine = 15;

    // Lines may reach over the ends of the axes by half their width, marks by half of theirs.
    private const double Overhang = 5;

    private readonly Panel _panel;
    private readonly Palette _palette;
    private readonly Axis _x;
    private readonly Axis _y;
    private readonly string[] _title;
    private readonly string[] _xLabel;
    private readonly string[] _yLabel;

    public PanelDrawing(Panel panel, Palette palette, double width, double height)
    {
        var (left, right) = Ranges.Horizontal(panel);
        var (low, high) = Ranges.Vertical(panel);
        _panel = panel;
        _palette = palette;
        _x = Axis.Horizontal(panel.XScale, left, right, width, panel.XTicks);
        _y = panel.YNames is { Length: > 0 } names ? Axis.Named(names, height) : Axis.Vertical(panel.YScale, low, high, height);
        _title = Typesetting.Wrap(panel.Title, width, TitleSize, bold: true);
        _xLabel = Typesetting.Wrap(panel.XLabel, width, LabelSize);
        _yLabel = Typesetting.Wrap(panel.YLabel, height, LabelSize);
    }

    /// <summary>The room left of the plot.</summary>
    public double Left => Math.Max(LabelEnd + (IsShort ? ShortWidth + 2 : _yLabel.Length * LabelLine), FirstHalf(_x.Labels));

    /// <summary>The room right of the plot: the last number stands under the end of its axis.</summary>
    public double Right => _x.Ticks.Select((tick, i) => _x.Place(tick) + _x.Labels[i].Width(Axis.LabelSize) / 2 - _x.Length)
        .Append(Overhang).Max();

    /// <summary>The room above the plot.</summary>
    public double Top => _title.Length * TitleLine + 9;

    /// <summary>The room below the plot.</summary>
    public double Bottom => 20 + _xLabel.Length * LabelLine;

    // A symbol reads better upright.
    private bool IsShort => _yLabel.Length == 1 && ShortWidth < 16;

    private double ShortWidth => Typesetting.Width(_yLabel[0], LabelSize);

    private double LabelEnd => 8 + _y.Labels.Select(label => label.Width(Axis.LabelSize)).DefaultIfEmpty(0).Max() + 6;

    /// <summary>Draws with the origin at the plot's upper left corner.</summary>
    public void Draw(SvgWriter svg)
    {
        double width = _x.Length, height = _y.Length;
        for (int i = 0; i < _title.Length; i++)
            svg.Text("panel", width / 2, -9 - (_title.Length - 1 - i) * TitleLine, _title[i], "middle");

        svg.Path("faint", Verticals(_x.Minor) + Horizontals(_y.Minor));
        svg.Path("grid", Verticals(_x.Ticks) + Horizontals(_y.Ticks));
        svg.Window(-Overhang, -Overhang, width + 2 * Overhang, height + 2 * Overhang);
        foreach (var series in _panel.Series.Where(series => series.HasBand))
            Band(svg, series);
        foreach (var series in _panel.Series)
            Line(svg, series);
        svg.Close();
        svg.Path("axis", $"M0 0V{Number(height)}H{Number(width)}");
        Labels(svg, width, height);
        if (!_panel.Series.Any(series => Thinning.Runs(series, _x, _y).Count > 0))
            svg.Text("tick", width / 2, height / 2, "no data", "middle");
    }

    private void Labels(SvgWriter svg, double width, double height)
    {
        for (int i = 0; i < _x.Ticks.Length; i++)
            svg.Text("tick", _x.Place(_x.Ticks[i]), height + 16, _x.Labels[i].Text, "middle", _x.Labels[i].Raised);
        for (int i = 0; i < _y.Ticks.Length; i++)
            svg.Text("tick", -7, height - _y.Place(_y.Ticks[i]) + 4, _y.Labels[i].Text, "end", _y.Labels[i].Raised);
        for (int i = 0; i < _xLabel.Length; i++)
            svg.Text("label", width / 2, height + 34 + i * LabelLine, _xLabel[i], "middle");
        if (IsShort)
            svg.Text("label", -LabelEnd, height / 2 + 4, _yLabel[0], "end");
        for (int i = 0; i < _yLabel.Length && !IsShort; i++)
            svg.Text("label", -LabelEnd - (_yLabel.Length - 1 - i) * LabelLine, height / 2, _yLabel[i], "middle", upright: false);
    }

    private void Band(SvgWriter svg, Series series)
    {
        svg.Group(Theme.Class(_palette.Of(series)));
        foreach (int[] run in Thinning.Runs(series, _x, _y))
        {
            // An edge that has no place on a logarithmic axis lies below it all; an edge that is no number closes the band. Of a
            // thinned line every second point will do: an edge has no peaks to lose.
            int every = series.X.Length > Thinning.Points ? 2 : 1;
            int[] points = [.. run.Where((_, k) => k % every == 0 || k == run.Length - 1)
                .Where(i => _y.Has(series.Upper![i]) && !double.IsNaN(series.Lower![i]))];
            if (points.Length > 1)
            {
                svg.Points("polygon", "band", points.Select(i => Point(series.X[i], series.Upper![i]))
                    .Concat(points.Reverse().Select(i => Point(series.X[i], _y.Has(series.Lower![i]) ? series.Lower[i] : _y.Low))));
            }
        }

        svg.Close();
    }

    private void Line(SvgWriter svg, Series series)
    {
        int color = _palette.Of(series);
        svg.Group(Theme.Class(color));
        if (series.Label.Length > 0)
            svg.Title(series.Label);
        foreach (int[] run in Thinning.Runs(series, _x, _y))
        {
            // A point between two gaps becomes a dot: the round end of a line without length.
            int[] points = run.Length > 1 ? run : [run[0], run[0]];
            string style = series.Dashed && run.Length > 1 ? "line dashed" : "line";
            if (series.Joined)
                svg.Points("polyline", style, points.Select(i => Point(series.X[i], series.Y[i])));
            if (!series.Markers)
                continue;
            foreach (int i in run)
            {
                var (x, y) = Point(series.X[i], series.Y[i]);
                svg.Path("mark", Marks.Shape(color, x, y));
            }
        }

        svg.Close();
    }

    // Far outside the range is as far as it needs to be: a renderer may keep coordinates in few bits.
    private (double X, double Y) Point(double x, double y)
        => (_x.Place(x), Math.Clamp(_y.Length - _y.Place(y), -_y.Length, 2 * _y.Length));

    private string Verticals(double[] values)
        => string.Concat(values.Select(x => $"M{Number(_x.Place(x))} 0V{Number(_y.Length)}"));

    private string Horizontals(double[] values)
        => string.Concat(values.Select(y => $"M0 {Number(_y.Length - _y.Place(y))}H{Number(_x.Length)}"));

    private static double FirstHalf(TickLabel[] labels) => labels.Length == 0 ? 0 : labels[0].Width(Axis.LabelSize) / 2;
}
