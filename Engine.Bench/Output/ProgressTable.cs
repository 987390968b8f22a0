using Spectre.Console;
using Spectre.Console.Rendering;

namespace Engine.Bench.Output;

/// <summary>
/// Draws parts under way: a bar for each, below them a table of their values. No line is longer than the window, and there are no more
/// lines than it has, so that the next drawing can take the place of this one whatever size the window gets.
/// </summary>
internal static class ProgressTable
{
    private const string Gap = "  ";
    private const int MostBar = 30, LeastBar = 8, MostCourse = 32, LeastCourse = 10;
    private const int Percent = 5, Speed = 10, Remaining = 15;

    private static readonly Style s_plain = Style.Plain;
    private static readonly Style s_faint = new(Color.Grey);
    private static readonly Style s_head = new(Color.Grey);
    private static readonly Style s_underWay = new(Color.Yellow);
    private static readonly Style s_done = new(Color.Green);
    private static readonly Style s_course = new(Color.Aqua);

    /// <summary>Draws parts, and a line about the whole unless it is empty, in a window of so many columns and lines.</summary>
    public static IRenderable Draw(IReadOnlyList<ProgressPart> parts, string summary, int width, int height)
    {
        // A terminal that writes to its last column may begin another line, and the cursor rests in the last line.
        width = Math.Max(1, width - 1);
        int room = Math.Max(1, height - 1 - (summary.Length > 0 ? 1 : 0));
        var columns = Columns(parts);
        bool valued = columns.Length > 0 && room >= 3;
        var shown = Chosen(parts, valued ? (room - 1) / 2 : room);
        int label = Math.Min(shown.Count == 0 ? 0 : shown.Max(part => part.Name.Length), Math.Max(4, width / 3));
        List<Line> lines = [.. shown.Select(part => Bar(part, label, width))];
        if (summary.Length > 0)
            lines.Add(new Line(width).Add(summary, s_plain));
        if (valued)
            lines.AddRange(Values(shown, columns, label, width));
        return new Rows(lines.Select(line => line.Text));
    }

    // Where there is no room for all, those under way come first, then those to come, then the latest of those done.
    private static IReadOnlyList<ProgressPart> Chosen(IReadOnlyList<ProgressPart> parts, int room)
    {
        if (parts.Count <= room)
            return parts;
        var chosen = parts.Index()
            .OrderBy(part => part.Item.Pace.IsDone ? 2 : part.Item.IsUnderWay ? 0 : 1)
            .ThenBy(part => part.Item.Pace.IsDone ? -part.Index : part.Index)
            .Take(room);
        return [.. chosen.OrderBy(part => part.Index).Select(part => part.Item)];
    }

    private static Line Bar(ProgressPart part, int label, int width)
    {
        var line = new Line(width);
        line.Add(Cut(part.Name, label), s_plain);
        int bar = Math.Min(MostBar, width - label - Percent - Speed - Remaining - (4 * Gap.Length));
        if (bar >= LeastBar)
        {
            double share = part.Pace.Total <= 0 ? 1 : Math.Clamp((double)part.Pace.Done / part.Pace.Total, 0, 1);
            int full = (int)(share * bar);
            line.Add(Gap, s_plain)
                .Add(new string('━', full), part.Pace.IsDone ? s_done : s_underWay)
                .Add(new string('─', bar - full), s_faint);
        }

        line.Add(Gap + part.Pace.Percent.PadLeft(Percent), s_plain);
        if (bar >= LeastBar)
            line.Add(Gap + part.Pace.Speed.PadLeft(Speed), s_faint);
        return line.Add(Gap + part.Pace.Remaining.PadLeft(Remaining), part.Pace.IsDone ? s_done : s_plain);
    }

    private static IEnumerable<Line> Values(IReadOnlyList<ProgressPart> parts, string[] columns, int label, int width)
    {
        int[] widths = [.. columns.Select(column => Math.Max(ShortNumber.Width - 1, column.Length))];

        // What is at the end goes first where there is no room for all, and the course before a second column.
        int end = label + Gap.Length + LeastCourse, fitting = 0;
        while (fitting < columns.Length && (end += Gap.Length + widths[fitting]) <= width)
            fitting++;
        fitting = Math.Max(1, fitting);
        int course = width - label - Gap.Length - widths.Take(fitting).Sum(each => each + Gap.Length);
        var header = new Line(width).Add(new string(' ', label), s_plain);
        for (int c = 0; c < fitting; c++)
            header.Add(Gap + columns[c].PadLeft(widths[c]), s_head);
        string leading = parts.Select(part => ProgressPart.Leading(part.Values)).FirstOrDefault(name => name.Length > 0, "");
        yield return course >= LeastCourse ? header.Add(Gap + leading + " so far", s_head) : header;
        foreach (var part in parts.Where(part => part.Values.Count > 0))
        {
            var line = new Line(width).Add(Cut(part.Name, label), s_plain);
            for (int c = 0; c < fitting; c++)
            {
                var values = part.Values.Where(value => value.Name == columns[c]);
                string text = values.Select(value => ShortNumber.Text(value.Value)).FirstOrDefault("");
                line.Add(Gap + text.PadLeft(widths[c]), s_plain);
            }

            yield return course >= LeastCourse ? line.Add(Gap + part.Course.Text(Math.Min(course, MostCourse)), s_course) : line;
        }
    }

    private static string[] Columns(IReadOnlyList<ProgressPart> parts)
        => [.. parts.SelectMany(part => part.Values).Select(value => value.Name).Distinct()];

    private static string Cut(string text, int width) => text.Length <= width ? text.PadRight(width) : text[..(width - 1)] + "…";

    private sealed class Line(int width)
    {
        private int _left = width;

        public Paragraph Text { get; } = new() { Overflow = Overflow.Crop };

        public Line Add(string text, Style style)
        {
            string part = text[..Math.Min(text.Length, _left)];
            _left -= part.Length;
            if (part.Length > 0)
                Text.Append(part, style);
            return this;
        }
    }
}
