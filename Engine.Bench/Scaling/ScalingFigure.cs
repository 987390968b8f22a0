using System.Globalization;
using Engine.Bench.Figures;
using Engine.RL.Statistics;
using static System.FormattableString;

namespace Engine.Bench.Scaling;

/// <summary>Draws how cost grows: a row for each thing that grows; time, frames a second and memory beside each other.</summary>
internal static class ScalingFigure
{
    private const double MiB = 1 << 20;

    // As many numbers as fit below a panel.
    private const int MostTicks = 7;

    /// <summary>Draws a report.</summary>
    public static Figure Draw(ScalingReport report)
    {
        int skipped = report.Points.Count(point => point.MedianMs is null);
        return new Figure($"How the cost of an update grows: Snake on {report.Settings.Grid}, method {report.Settings.Method}")
        {
            Caption = $"points: medians; lines: least squares of logarithms, {ScalingTables.Meaning}"
                + (skipped > 0 ? Invariant($"; points left out: {skipped}") : ""),
            Columns = 3,
            PlotWidth = 230,
            PlotHeight = 150,
            Panels =
            [
                .. report.Ladders.SelectMany(ladder => (Panel[])
                [
                    Draw(report, ladder, "Time", "ms", point => point.MedianMs, fit => fit.Time, isCost: true),
                    Draw(report, ladder, "Frames a second", "frames / s", point => point.FramesPerSecond, fit => fit.FramesPerSecond),
                    Draw(
                        report,
                        ladder,
                        "Memory",
                        "working MiB",
                        point => point.WorkingBytes / MiB,
                        fit => fit.WorkingBytes is { } line ? line with { Factor = line.Factor / MiB } : null,
                        isCost: true),
                ]),
            ],
        };
    }

    private static Panel Draw(
        ScalingReport report,
        ScalingLadder ladder,
        string title,
        string unit,
        Func<ScalingPoint, double?> quantity,
        Func<ScalingFit, PowerLaw?> line,
        bool isCost = false)
    {
        var series = new List<Series>();
        var slopes = new List<string>();
        foreach (var (color, device) in report.Devices.Index())
        {
            var points = report.Points.Where(
                point => point.Axis == ladder.Axis && point.Device == device && point.MedianMs is not null).ToArray();
            if (points.Length == 0)
                continue;
            double[] x = [.. points.Select(point => (double)point.Value)], y = [.. points.Select(point => quantity(point)!.Value)];

            // To hold the first curve against.
            if (isCost && series.Count == 0)
                series.Add(new("in proportion", [x[0], x[^1]], [y[0], y[0] * x[^1] / x[0]]) { Color = Series.Neutral, Dashed = true });
            if (line(report.Fits.Single(fit => fit.Axis == ladder.Axis && fit.Device == device)) is { } fitted)
            {
                slopes.Add(Math.Round(fitted.Exponent.Value, 2).ToString("0.00;−0.00;0.00", CultureInfo.InvariantCulture));
                series.Add(new("", [x[0], x[^1]], [fitted.At(x[0]), fitted.At(x[^1])]) { Color = color });
            }

            series.Add(new(device, x, y) { Color = color, Joined = false, Markers = true });
        }

        double[] values = [.. ladder.UpTo(report.Settings.Max).Select(value => (double)value)];
        return new Panel(slopes.Count == 0 ? title : $"{title}: slope {string.Join(", ", slopes)}", ladder.Label, unit)
        {
            XScale = Scale.Log,
            YScale = Scale.Log,
            XTicks = values.Length <= MostTicks ? values : [.. values.Where((_, i) => i % 2 == 0)],
            Series = series,
        };
    }
}
