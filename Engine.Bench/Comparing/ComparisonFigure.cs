using Engine.Bench.Figures;

namespace Engine.Bench.Comparing;

/// <summary>Draws comparisons: a row for each workload and each operation.</summary>
internal static class ComparisonFigure
{
    // Where results without any difference stand, and at the most those of devices that do not agree at all.
    private const double Least = 1e-18, Most = 10;

    // The pixels of a row.
    private const double Row = 15;

    /// <summary>Draws a report.</summary>
    public static Figure Draw(ComparisonReport report)
    {
        string reference = report.Devices[0].Name;
        string[] others = [.. report.Devices.Skip(1).Select(device => device.Name)];
        var panels = new List<Panel>();
        if (report.Workloads.Count > 0)
        {
            panels.Add(Times(report.Workloads, others, "Times of workloads", $"times those on {reference}"));
            panels.Add(Differences(report.Workloads, others, "Differences of workloads"));
        }

        // In two columns, where there is a long list.
        string[] names = [.. report.Operations.Select(comparison => comparison.Name).Distinct()];
        foreach (var half in names.Chunk(Math.Max(12, (names.Length + 1) / 2)))
        {
            panels.Add(Differences(
                [.. report.Operations.Where(comparison => half.Contains(comparison.Name))],
                others,
                "Differences of operations"));
        }

        return new Figure($"Results and times beside those of {reference}")
        {
            Panels = panels.Count > 0 ? panels : [new Panel("", "", "")],
            Columns = 2,
            PlotWidth = 300,
            PlotHeight = Math.Max(8, panels.Select(panel => panel.YNames?.Length ?? 0).DefaultIfEmpty(0).Max()) * Row,
        };
    }

    private static Panel Times(IList<Comparison> works, string[] others, string title, string label)
        => new(title, label, "")
        {
            XScale = Scale.Log,
            YNames = [.. works.Select(work => work.Name)],
            Series =
            [
                Upright(1, -0.5, works.Count - 0.5, "equal times"),
                .. others.Select((device, color) => Dots(
                    device, color, [.. works.Index().Select(work => (work.Item.Outcomes[color + 1].Ratio ?? double.NaN, work.Index))])),
            ],
        };

    private static Panel Differences(IList<Comparison> works, string[] others, string title)
    {
        string[] names = [.. works.Select(work => work.Name).Distinct()];
        string[] types = [.. works.Select(work => work.Type).Distinct()];
        bool areOperations = works.Any(work => work.Case.Length > 0);
        return new(title, "largest relative difference (at the left: none)", "")
        {
            XScale = Scale.Log,
            YNames = names,
            Series =
            [
                .. areOperations
                    ? works.Select(work => work.Tolerance).Distinct().Select(at => Upright(at, -0.5, names.Length - 0.5, "allowed"))
                    : works.Select((work, row) => Upright(work.Tolerance, row - 0.5, row + 0.5, "allowed")),
                .. others.SelectMany((device, number) => types.Select((type, t) => Dots(
                    areOperations ? $"{device}, {type}" : device,
                    areOperations ? others.Length + (number * types.Length) + t : number,
                    [
                        .. works.Where(work => work.Type == type).Select(work => (
                            Place(work.Outcomes[number + 1].Difference), Array.IndexOf(names, work.Name))),
                    ]))),
            ],
        };
    }

    private static double Place(double? difference) => difference is { } known ? Math.Clamp(known, Least, Most) : double.NaN;

    private static Series Dots(string label, int color, (double X, int Y)[] points)
        => new(label, [.. points.Select(point => point.X)], [.. points.Select(point => (double)point.Y)])
        {
            Color = color,
            Markers = true,
            Joined = false,
        };

    private static Series Upright(double x, double from, double to, string label)
        => new(label, [x, x], [from, to]) { Color = Series.Neutral, Dashed = true };
}
