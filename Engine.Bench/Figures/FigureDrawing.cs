using Engine.Bench.Output;
using ScottPlot;
using SkiaSharp;

namespace Engine.Bench.Figures;

/// <summary>Lays out the panels of a figure, all of one size, under the heading and above the legend.</summary>
internal sealed class FigureDrawing
{
    private const float Margin = 14;

    private readonly Plot[] _panels;
    private readonly int _columns;
    private readonly LabelStyle _title;
    private readonly LabelStyle _caption;
    private readonly Legend _legend;
    private readonly PixelRect[] _cells;
    private readonly PixelSize _legendSize;
    private readonly float _top;
    private readonly float _width;
    private readonly float _height;

    private FigureDrawing(Figure figure, Pen pen)
    {
        var palette = new Palette(figure);
        _columns = figure.ColumnCount;
        _panels = [.. figure.Panels.Select((panel, i) => PanelPlot.Of(panel, Title(panel, i, figure.Panels.Count), palette, pen))];
        _title = Text(figure.Title, 16, Theme.Text, bold: true);
        _caption = Text(figure.Caption, 12, Theme.Muted);
        _legend = MakeLegend(figure, palette, pen);
        using var paint = Paint.NewDisposablePaint();
        var titleSize = _title.Measure(figure.Title, paint).Size;
        _top = Margin + titleSize.Height + (figure.Caption.Length > 0 ? 18 : 0);
        _cells = Align((float)figure.PlotWidth, (float)figure.PlotHeight);
        _width = MathF.Ceiling(Math.Max(_cells.Max(cell => cell.Right), titleSize.Width + Margin) + Margin);
        _legendSize = LegendSize(paint, _width - (2 * Margin));
        _height = MathF.Ceiling(_cells[^1].Bottom + _legendSize.Height + Margin);
    }

    /// <summary>Draws a figure as vectors.</summary>
    public static string Svg(Figure figure)
    {
        figure = figure.WithTexts(SvgText.Clean);
        var standIns = new StandIns(figure);
        var drawing = new FigureDrawing(figure.WithTexts(standIns.Drawn), new Pen(vectors: true));
        using var stream = new MemoryStream();
        using (var canvas = SKSvgCanvas.Create(SKRect.Create(drawing._width, drawing._height), stream))
            drawing.Draw(canvas);
        stream.Position = 0;
        return AdaptiveSvg.Of(stream, figure.Title, standIns.Meant);
    }

    /// <summary>Draws a figure in pixels.</summary>
    public static byte[] Png(Figure figure)
    {
        const int Scale = 2;
        var drawing = new FigureDrawing(figure, new Pen(vectors: false));
        using var surface = SKSurface.Create(new SKImageInfo((int)drawing._width * Scale, (int)drawing._height * Scale));
        surface.Canvas.Scale(Scale);
        drawing.Draw(surface.Canvas);
        using var image = surface.Snapshot();
        using var data = image.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    private static string Title(Panel panel, int number, int count)
        => count is 1 or > 26 ? panel.Title : $"({(char)('a' + number)}) {panel.Title}";

    private static LabelStyle Text(string text, float size, Ink ink, bool bold = false)
    {
        var label = new LabelStyle { Text = text, Alignment = Alignment.UpperCenter };
        Pen.Write(label, ink, size, bold);
        return label;
    }

    private static Legend MakeLegend(Figure figure, Palette palette, Pen pen)
    {
        var legend = new Legend(new Plot())
        {
            Orientation = Orientation.Horizontal,
            SymbolWidth = 26,
            SymbolPadding = 7,
            InterItemPadding = new(0, 22, 6, 6),
            BackgroundColor = Colors.Transparent,
            ShadowColor = Colors.Transparent,
            OutlineWidth = 0,
        };
        var labelled = figure.Panels.SelectMany(panel => panel.Series).Where(series => series.Label.Length > 0);
        foreach (var series in labelled.DistinctBy(series => series.Label))
        {
            var item = new LegendItem { LabelText = series.Label };
            Pen.Write(item.LabelStyle, Theme.Text, 12);
            item.LabelStyle.OffsetY = 2;
            if (series.Joined)
                pen.Draw(item.LineStyle, palette.Ink(series), 1.8f, series.Dashed ? Dash.Dashed : Dash.Solid);
            if (series.Markers)
                Pen.Mark(item.MarkerStyle, palette, series);
            legend.ManualItems.Add(item);
        }

        return legend;
    }

    // Gives the plots of a column the room beside them that the one with the longest numbers needs, and returns where all lie.
    private PixelRect[] Align(float width, float height)
    {
        var rooms = _panels.Select(plot => Room(plot, (int)width + 100, (int)height + 100)).ToArray();
        float top = rooms.Max(room => room.Top), bottom = rooms.Max(room => room.Bottom), x = Margin;
        var cells = new PixelRect[_panels.Length];
        for (int column = 0; column < _columns; column++)
        {
            int[] members = [.. Enumerable.Range(0, _panels.Length).Where(i => i % _columns == column)];
            float left = members.Max(i => rooms[i].Left), right = members.Max(i => rooms[i].Right);
            var size = new PixelSize(left + width + right, top + height + bottom);
            foreach (int i in members)
            {
                _panels[i].Layout.Fixed(new PixelPadding(left, right, bottom, top));
                cells[i] = new PixelRect(new Pixel(x, _top + (i / _columns * size.Height)), size);
            }

            x += size.Width;
        }

        return cells;
    }

    // The room that a plot takes around its axes, by drawing it where it is not seen.
    private static PixelPadding Room(Plot plot, int width, int height)
    {
        plot.RenderInMemory(width, height);
        plot.RenderManager.ClearCanvasBeforeEachRender = false;
        var data = plot.LastRender.DataRect;
        return new PixelPadding(data.Left, width - data.Right, height - data.Bottom, data.Top);
    }

    // As few rows as fit, and these as full as each other.
    private PixelSize LegendSize(Paint paint, float width)
    {
        if (_legend.ManualItems.Count == 0)
            return PixelSize.Zero;
        PixelSize At(float room) => _legend.GetLayout(new PixelSize(room, 1000), paint).LegendRect.Size;
        var size = At(width);
        for (float less = width; less > 100 && At(less).Height == size.Height; less -= 10)
            width = less;
        return new PixelSize(width, size.Height + 8);
    }

    private void Draw(SKCanvas canvas)
    {
        using var paint = Paint.NewDisposablePaint();
        canvas.Clear(Theme.Ground.Color.ToSKColor());
        _title.Render(canvas, new Pixel(_width / 2, Margin), paint);
        _caption.Render(canvas, new Pixel(_width / 2, _top - 14), paint);
        foreach (var (plot, cell) in _panels.Zip(_cells))
            plot.Render(canvas, cell);
        if (_legend.ManualItems.Count > 0)
        {
            var corner = new Pixel((_width - _legendSize.Width) / 2, _height - Margin - _legendSize.Height + 8);
            _legend.Render(canvas, paint, new PixelRect(corner, _legendSize), Alignment.UpperCenter);
        }
    }
}
