using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Engine.Bench.Figures;
using Engine.Bench.Output;
using static System.FormattableString;
using static System.Net.WebUtility;

namespace Engine.Bench.Reports;

/// <summary>A report as one page of HTML that needs nothing else: no network, no files beside it.</summary>
/// <param name="title">What stands above it.</param>
/// <param name="runs">The runs.</param>
/// <param name="charts">Their curves.</param>
/// <param name="games">Games that agents have played: who, and the moving picture.</param>
internal sealed class ReportPage(
    string title, IReadOnlyList<ReportedRun> runs, IReadOnlyList<Chart> charts, IReadOnlyList<(string Who, string Svg)> games)
{
    // They show what the curves show.
    private static readonly string[] s_drawnAnyway = ["figure3"];

    private readonly StringBuilder _html = new();

    /// <summary>The page.</summary>
    public string ToHtml()
    {
        Line("<!DOCTYPE html>");
        Line("<html lang=\"en\">");
        Line("<head>");
        Line("<meta charset=\"utf-8\">");
        Line("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
        Line($"<title>{Text(title)}</title>");
        Line($"<style>\n{Resource("report.css")}</style>");
        Line("</head>");
        Line("<body>");
        Line($"<h1>{Text(title)}</h1>");
        AddSettings();
        AddFinals();
        AddCharts();
        AddClaims();
        AddFigures();
        AddGames();
        AddCommands();
        Line("</body>");
        Line("</html>");
        return _html.ToString();
    }

    private void AddSettings()
    {
        var known = runs.Where(run => run.Settings is not null).ToArray();
        string[] differ =
        [
            .. known.SelectMany(run => run.Settings!.Select(setting => setting.Key)).Distinct()
                .Where(name => known.Select(run => run.Setting(name)).Distinct().Count() > 1),
        ];
        if (differ.Length == 0)
            return;
        Head("Settings that differ");
        Table(["", .. known.Select(run => run.Path)], differ.Select(name => (string[])[name, .. known.Select(run => run.Setting(name))]));
    }

    private void AddFinals()
    {
        Chart[] shown = [.. charts.Where(chart => chart.IsFirst)];
        if (shown.Length == 0)
            shown = [.. charts.Take(6)];
        if (shown.Length == 0)
            return;
        Head("Where it ended");
        Note("Interquartile means over seeds of the mean over the last tenth of the rows; in brackets: 95% bootstrap intervals.");
        foreach (var along in shown.GroupBy(chart => chart.X))
        {
            Table(
                ["", $">until {along.Key}", ">seeds", .. along.Select(chart => ">" + chart.Y)],
                along.SelectMany(chart => chart.Curves).Select(curve => curve.Label).Distinct().Select(label =>
                {
                    var curves = along.Select(chart => chart.Curves.FirstOrDefault(curve => curve.Label == label)).ToArray();
                    var first = curves.First(curve => curve is not null)!.Seeds;
                    return (string[])[
                        label,
                        ShortNumber.Text(first.X[^1]),
                        Invariant($"{first.Final.Seeds}"),
                        .. curves.Select(curve => curve is null
                            ? ""
                            : Tables.WithInterval(curve.Seeds.Final.Iqm, curve.Seeds.Final.IqmInterval))];
                }));
        }
    }

    private void AddCharts()
    {
        if (charts.Count == 0)
            return;
        Head("Along training");
        Note("Interquartile means over seeds; bands: 95% bootstrap intervals. Point at a chart for its numbers; the buttons hide curves.");
        Line("<div class=\"legend\" id=\"legend\"></div>");
        bool allAlike = charts.All(chart => chart.IsFirst) || !charts.Any(chart => chart.IsFirst);
        AddBoxes(chart => allAlike || chart.IsFirst);
        if (!allAlike)
        {
            Line("<details><summary>More charts</summary>");
            AddBoxes(chart => !chart.IsFirst);
            Line("</details>");
        }

        string[] names = [.. charts.SelectMany(chart => chart.Curves).Select(curve => curve.Label).Distinct()];
        string data = JsonSerializer.Serialize(new
        {
            names,
            colors = Theme.Series.Select(ink => (string[])[ink.Light, ink.Dark]),
            charts = charts.Select(chart => chart.Data()),
        });
        Line($"<script type=\"application/json\" id=\"data\">{data}</script>");
        Line($"<script>\n{Resource("report.js")}</script>");
    }

    private void AddBoxes(Func<Chart, bool> isHere)
    {
        Line("<div class=\"charts\">");
        for (int i = 0; i < charts.Count; i++)
        {
            if (isHere(charts[i]))
                Line(Invariant($"<div class=\"chart\" id=\"chart-{i}\"></div>"));
        }

        Line("</div>");
    }

    private void AddClaims()
    {
        if (runs.All(run => run.Claims.Count == 0))
            return;
        Head("Claims");
        foreach (var run in runs.Where(run => run.Claims.Count > 0))
        {
            if (runs.Count > 1)
                Line($"<h3>{Text(run.Path)}</h3>");
            Line("<div class=\"wide\"><table><tr><th></th><th>Claim</th><th>Measured</th><th>Verdict</th></tr>");
            foreach (var claim in run.Claims)
            {
                Line($"<tr><td>({Text(claim.Letter)})</td><td>{Text(claim.Text)}</td><td>{Text(claim.Numbers)}</td>"
                    + $"<td class=\"{Text(claim.Verdict)}\">{Text(claim.Verdict)}</td></tr>");
            }

            Line("</table></div>");
        }
    }

    private void AddFigures()
    {
        var figures = (from run in runs
                       from figure in run.Figures
                       where !s_drawnAnyway.Contains(figure.Name) || charts.Count == 0
                       select (Name: runs.Count > 1 ? $"{run.Path}: {figure.Name}" : figure.Name, figure.Svg)).ToArray();
        if (figures.Length == 0)
            return;
        Head("Figures");
        foreach (var (name, svg) in figures)
            Picture(name, svg);
    }

    private void AddGames()
    {
        if (games.Count == 0)
            return;
        Head("At play");
        Line("<div class=\"games\">");
        foreach (var (who, svg) in games)
            Picture(who, svg);
        Line("</div>");
    }

    private void AddCommands()
    {
        var known = runs.Where(run => run.Settings is not null).ToArray();
        if (known.Length == 0)
            return;
        Head("How to reproduce");
        Note($"Engine {Program.Version}. Save the settings in the file that the command names; numbers are the same on every machine.");
        foreach (var run in known)
        {
            string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(run.Path));
            if (run.Command is { } command)
                Line($"<pre>engine {command}{Argument(run)} --config {Text(name)}.json --out runs/{Text(name)}</pre>");
            Line($"<details><summary>{Text(name)}.json</summary><pre>{Text(run.Settings!.ToJsonString(Json.Options))}</pre></details>");
        }

        static string Argument(ReportedRun run) => run.Settings!["run"] is JsonValue studied ? " " + Text(studied.ToString()) : "";
    }

    private void Head(string text) => Line($"<h2>{Text(text)}</h2>");

    private void Note(string text) => Line($"<p class=\"note\">{Text(text)}</p>");

    // Headings that start with > stand, with their column, to the right.
    private void Table(IReadOnlyList<string> headings, IEnumerable<string[]> rows)
    {
        string[] classes = [.. headings.Select(heading => heading.StartsWith('>') ? " class=\"number\"" : "")];
        Line("<div class=\"wide\"><table>");
        Line($"<tr>{string.Concat(headings.Zip(classes, (heading, kind) => $"<th{kind}>{Text(heading.TrimStart('>'))}</th>"))}</tr>");
        foreach (string[] row in rows)
            Line($"<tr>{string.Concat(row.Zip(classes, (cell, kind) => $"<td{kind}>{Text(cell)}</td>"))}</tr>");
        Line("</table></div>");
    }

    // As images their styles are their own.
    private void Picture(string name, string svg)
    {
        string data = Convert.ToBase64String(Encoding.UTF8.GetBytes(svg));
        Line($"<figure><img alt=\"{Text(name)}\" src=\"data:image/svg+xml;base64,{data}\"><figcaption>{Text(name)}</figcaption></figure>");
    }

    private void Line(string line) => _html.Append(line).Append('\n');

    private static string Text(string text) => HtmlEncode(SvgText.Clean(text));

    private static string Resource(string name)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
