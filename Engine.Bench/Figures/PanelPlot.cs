using ScottPlot;

namespace Engine.Bench.Figures;

/// <summary>Makes a plot of a panel.</summary>
internal sealed class PanelPlot
{
    // About as many points as a line keeps.
    private const int Points = 300;

    // Characters of numbers that an axis across has room for.
    private const int Beside = 32;

    private readonly Panel _panel;
    private readonly Palette _palette;
    private readonly Pen _pen;
    private readonly Plot _plot = new();

    // Many lines with their bands smear, if they are not thin and faint.
    private readonly float _width;
    private readonly double _bandOpacity;

    private PanelPlot(Panel panel, string title, Palette palette, Pen pen)
    {
        (_panel, _palette, _pen) = (panel, palette, pen);
        int count = panel.Series.Count(series => series.Joined);
        (_width, _bandOpacity) = (count > 6 ? 1.2f : 1.8f, Math.Min(0.15, 0.6 / Math.Max(count, 1)));
        var (left, right) = Ranges.Horizontal(panel);
        var (low, high) = Ranges.Vertical(panel);
        _plot.Axes.SetLimits(left, right, low, high);
        Style(title);
        _plot.Axes.Bottom.TickGenerator = panel.XTicks is { } ticks ? Ticks.At(ticks, panel.XScale) : On(panel.XScale, left, right, Beside);
        _plot.Axes.Left.TickGenerator = panel.YNames is { } names ? Ticks.Named(names) : On(panel.YScale, low, high);
    }

    /// <summary>Makes it.</summary>
    public static Plot Of(Panel panel, string title, Palette palette, Pen pen)
    {
        var made = new PanelPlot(panel, title, palette, pen);
        foreach (double target in panel.Targets)
            pen.Draw(made._plot.Add.HorizontalLine(panel.YScale.Place(target)).LineStyle, Theme.Neutral, 1.2f, Dash.Dotted);
        var series = panel.Series.Select(made.Placed).ToArray();
        foreach (var each in series.Where(each => each.HasBand))
            made.AddBand(each);
        foreach (var each in series)
            made.AddLine(each);
        if (!series.Any(each => Enumerable.Range(0, each.X.Length).Any(i => IsPoint(each, i))))
            made.SayNoData();
        return made._plot;
    }

    private AxisLimits Axes => _plot.Axes.GetLimits();

    private static ITickGenerator On(Scale scale, double low, double high, int room = int.MaxValue)
        => scale == Scale.Log ? Ticks.Log(low, high, room) : Ticks.Linear();

    private void Style(string title)
    {
        _plot.FigureBackground.Color = _plot.DataBackground.Color = Colors.Transparent;
        _plot.Title(title);
        Pen.Write(_plot.Axes.Title.Label, Theme.Text, 13, bold: true);
        _plot.Axes.Right.MinimumSize = 24;
        _plot.Axes.Right.FrameLineStyle.Width = 0;
        _plot.Axes.Top.IsVisible = false;
        foreach (var (axis, text) in new (IAxis, string)[] { (_plot.Axes.Bottom, _panel.XLabel), (_plot.Axes.Left, _panel.YLabel) })
        {
            axis.Label.Text = text;
            Pen.Write(axis.Label, Theme.Text, 12);
            Pen.Write(axis.TickLabelStyle, Theme.Muted, 11);
            axis.FrameLineStyle.Color = Theme.Axis.Color;
            foreach (var tick in new[] { axis.MajorTickStyle, axis.MinorTickStyle })
                (tick.Length, tick.Color) = (0, Colors.Transparent);
        }

        // ScottPlot sets texts close to each other, and numbers a little above their lines.
        (_plot.Axes.Title.Label.OffsetY, _plot.Axes.Title.VerticalPadding) = (-6, 22);
        (_plot.Axes.Bottom.TickLabelStyle.OffsetY, _plot.Axes.Bottom.Label.OffsetY) = (4, 6);
        (_plot.Axes.Left.TickLabelStyle.OffsetX, _plot.Axes.Left.TickLabelStyle.OffsetY) = (-4, 2);
        foreach (var grid in new[] { _plot.Grid.XAxisStyle, _plot.Grid.YAxisStyle })
        {
            grid.MajorLineStyle.Color = Theme.Grid.Color;
            grid.MinorLineStyle.Color = Theme.FaintGrid.Color;
            grid.MinorLineStyle.Width = 1;
        }

        // Only logarithmic axes have faint lines.
        _plot.Grid.XAxisStyle.MinorLineStyle.IsVisible = _panel.XScale == Scale.Log;
        _plot.Grid.YAxisStyle.MinorLineStyle.IsVisible = _panel.YScale == Scale.Log;
    }

    // The series with places for values, and of a long one the points that can be told apart.
    private Series Placed(Series series)
    {
        int[] kept = series.Joined && series.X.Length > Points ? Thinned(series.Y) : [.. Enumerable.Range(0, series.X.Length)];
        bool isNamed = _panel.YNames is not null;
        var band = isNamed ? _panel.XScale : _panel.YScale;
        return series with
        {
            X = Kept(series.X, value => _panel.XScale.Place(value)),
            Y = Kept(series.Y, value => isNamed ? -value : _panel.YScale.Place(value)),
            Lower = series.Lower is { } lower ? Kept(lower, LowerPlace) : null,
            Upper = series.Upper is { } upper ? Kept(upper, value => band.Place(value)) : null,
        };

        double[] Kept(double[] values, Func<double, double> place) => [.. At(values, kept).Select(place)];

        // What has no place on a logarithmic axis lies below it all; what is no number is a gap.
        double LowerPlace(double value)
            => double.IsNaN(value) || double.IsFinite(band.Place(value)) ? band.Place(value) : isNamed ? Axes.Left : Axes.Bottom;
    }

    // The ends, and the least and the greatest of every part, so that peaks stay. NaN is the least: gaps stay too.
    private static int[] Thinned(double[] y) =>
    [
        .. Enumerable.Range(0, y.Length).Chunk((2 * y.Length / Points) + 1)
            .SelectMany(part => new[] { part.MinBy(i => y[i]), part.MaxBy(i => y[i]) })
            .Append(0).Append(y.Length - 1).Distinct().Order(),
    ];

    private void AddBand(Series series)
    {
        var points = Enumerable.Range(0, series.X.Length)
            .Where(i => IsPoint(series, i) && double.IsFinite(series.Lower![i]) && double.IsFinite(series.Upper![i]));
        var ink = _palette.Ink(series);
        if (_panel.YNames is not null)
        {
            foreach (int i in points)
                _pen.Draw(_plot.Add.Line(series.Lower![i], series.Y[i], series.Upper![i], series.Y[i]).LineStyle, ink, 1.2f);
            return;
        }

        // Between two gaps, numbers of points run as fast as their places among all.
        foreach (var piece in points.Index().GroupBy(point => point.Item - point.Index, point => point.Item))
        {
            var band = _plot.Add.FillY(At(series.X, piece), At(series.Lower!, piece), At(series.Upper!, piece));
            band.FillColor = ink.Color.WithAlpha(_bandOpacity);
            band.LineWidth = 0;
        }
    }

    private void AddLine(Series series)
    {
        var ink = _palette.Ink(series);
        var line = _plot.Add.Scatter(series.X, series.Y);
        line.MarkerSize = 0;
        _pen.Draw(line.LineStyle, ink, series.Joined ? _width : 0, series.Dashed ? Dash.Dashed : Dash.Solid);

        // A point between two gaps becomes a dot.
        int[] marked = [.. Enumerable.Range(0, series.X.Length).Where(i => IsPoint(series, i)
            && (series.Markers || (series.Joined && !IsPoint(series, i - 1) && !IsPoint(series, i + 1))))];
        if (marked.Length > 0)
            Pen.Mark(_plot.Add.Markers(At(series.X, marked), At(series.Y, marked)).MarkerStyle, _palette, series);
    }

    private void SayNoData()
    {
        var text = _plot.Add.Annotation("no data", Alignment.MiddleCenter);
        Pen.Write(text.LabelStyle, Theme.Muted, 11);
        text.LabelStyle.BackgroundColor = text.LabelStyle.BorderColor = text.LabelStyle.ShadowColor = Colors.Transparent;
        text.LabelStyle.BorderWidth = 0;
    }

    private static double[] At(double[] values, IEnumerable<int> places) => [.. places.Select(i => values[i])];

    private static bool IsPoint(Series series, int i)
        => i >= 0 && i < series.X.Length && double.IsFinite(series.X[i]) && double.IsFinite(series.Y[i]);
}
