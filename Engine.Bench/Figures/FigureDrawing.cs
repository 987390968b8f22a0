namespace Engine.Bench.Figures;

/// <summary>Lays out the panels of a figure: plots of a column stand above each other, plots of a row side by side.</summary>
internal static class FigureDrawing
{
    private const double Margin = 14;
    private const double ColumnGap = 20;
    private const double RowGap = 22;
    private const double HeadSize = 16;
    private const double HeadLine = 21;

    public static string Draw(Figure figure)
    {
        var palette = new Palette(figure);
        PanelDrawing[] panels = [.. figure.Panels.Select(panel => new PanelDrawing(panel, palette, figure.PlotWidth, figure.PlotHeight))];
        PanelDrawing[][] rows = [.. panels.Chunk(figure.ColumnCount)];
        PanelDrawing[][] columns = [.. Enumerable.Range(0, figure.ColumnCount)
            .Select(c => rows.Where(row => c < row.Length).Select(row => row[c]).ToArray())];

        double[] lefts = new double[columns.Length];
        double right = Margin;
        for (int c = 0; c < columns.Length; c++)
        {
            lefts[c] = right + columns[c].Max(panel => panel.Left);
            right = lefts[c] + figure.PlotWidth + columns[c].Max(panel => panel.Right) + (c < columns.Length - 1 ? ColumnGap : 0);
        }

        double width = Math.Ceiling(right + Margin);
        string[] head = Typesetting.Wrap(figure.Title, width - 2 * Margin, HeadSize, bold: true);
        double[] tops = new double[rows.Length];
        double bottom = Margin + head.Length * HeadLine + 4;
        for (int r = 0; r < rows.Length; r++)
        {
            tops[r] = bottom + rows[r].Max(panel => panel.Top);
            bottom = tops[r] + figure.PlotHeight + rows[r].Max(panel => panel.Bottom) + (r < rows.Length - 1 ? RowGap : 0);
        }

        var legend = new Legend(figure, palette, width - 2 * Margin);
        double legendTop = bottom + (legend.Height > 0 ? 14 : 0);
        using var svg = new SvgWriter();
        svg.Begin(figure.Title, width, Math.Ceiling(legendTop + legend.Height + Margin));
        for (int i = 0; i < head.Length; i++)
            svg.Text("head", width / 2, Margin + 14 + i * HeadLine, head[i], "middle");
        for (int i = 0; i < panels.Length; i++)
        {
            svg.Group(lefts[i % columns.Length], tops[i / columns.Length]);
            panels[i].Draw(svg);
            svg.Close();
        }

        svg.Group((width - legend.Width) / 2, legendTop);
        legend.Draw(svg);
        svg.Close();
        return svg.End();
    }
}
