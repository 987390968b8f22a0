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

    /// <summary>Draws parts in a window of so many columns and lines.</summary>
    public static IRenderable Draw(IReadOnlyList<ProgressPart> parts, int width, int height)
    {
        // A terminal that writes to its last column may begin another line.
        width = Math.Max(1, width - 1);
        var lines = new List<Line>();
        var columns = Columns(parts);
        var header = Header(columns);
        bool valued = columns.Length > 0;
        int room = Math.Max(1, valued ? (height - header.Length - 2) / 2 : height - 2);
        var shown = Chosen(parts, room);
        int label = Math.Min(shown.Count == 0 ? 0 : shown.Max(part => part.Name.Length), Math.Max(4, width / 3));
        foreach (var part in shown)
            lines.Add(Bar(part, label, width));
        if (Hidden(parts, shown) is { Length: > 0 } hidden)
            lines.Add(new Line(width).Add(hidden, s_faint));
        if (valued)
            lines.AddRange(Values(shown, columns, header, label, width));
        return new Rows(lines.Select(line => line.Text));
    }

    // Those under way come first where there is no room for all.
    private static IReadOnlyList<ProgressPart> Chosen(IReadOnlyList<ProgressPart> parts, int room)
    {
        if (parts.Count <= room)
            return parts;
        var chosen = parts.Where(part => !part.IsDone).Take(room).ToHashSet();
        foreach (var part in parts.Reverse().Where(part => part.IsDone).Take(room - chosen.Count))
            chosen.Add(part);
        return [.. parts.Where(chosen.Contains)];
    }

    private static string Hidden(IReadOnlyList<ProgressPart> parts, IReadOnlyList<ProgressPart> shown)
    {
        int done = parts.Count(part => part.IsDone) - shown.Count(part => part.IsDone);
        int others = parts.Count - shown.Count - done;
        string[] words =
        [
            others > 0 ? FormattableString.Invariant($"{others} more under way") : "",
            done > 0 ? FormattableString.Invariant($"{done} done") : "",
        ];
        return string.Join(", ", words.Where(word => word.Length > 0));
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
                .Add(new string('━', full), part.IsDone ? s_done : s_underWay)
                .Add(new string('─', bar - full), s_faint);
        }

        line.Add(Gap + part.Pace.Percent.PadLeft(Percent), s_plain);
        if (bar >= LeastBar)
            line.Add(Gap + part.Pace.Speed.PadLeft(Speed), s_faint);
        return line.Add(Gap + part.Pace.Remaining.PadLeft(Remaining), part.IsDone ? s_done : s_plain);
    }

    private static IEnumerable<Line> Values(
        IReadOnlyList<ProgressPart> parts, string[] columns, string[][] header, int label, int width)
    {
        int[] widths = [.. columns.Select(column => Math.Max(ShortNumber.Width - 1, column.Split('_').Max(word => word.Length)))];

        // What is at the end goes first where there is no room for all, and the course before a second column.
        int end = label + Gap.Length + LeastCourse, fitting = 0;
        while (fitting < columns.Length && (end += Gap.Length + widths[fitting]) <= width)
            fitting++;
        fitting = Math.Max(1, fitting);
        int course = width - label - Gap.Length - widths.Take(fitting).Sum(each => each + Gap.Length);
        string leading = parts.Select(part => ProgressPart.Leading(part.Values)).FirstOrDefault(name => name.Length > 0, "");
        for (int i = 0; i < header.Length; i++)
        {
            var line = new Line(width).Add(new string(' ', label), s_plain);
            for (int c = 0; c < fitting; c++)
                line.Add(Gap + header[i][c].PadLeft(widths[c]), s_head);
            bool hasCourse = i == header.Length - 1 && course >= LeastCourse;
            yield return hasCourse ? line.Add(Gap + leading.Replace('_', ' ') + " so far", s_head) : line;
        }

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

    // Words of names above each other, the last ones in the last line.
    private static string[][] Header(string[] columns)
    {
        string[][] words = [.. columns.Select(column => column.Split('_'))];
        int lines = words.Length == 0 ? 0 : words.Max(each => each.Length);
        return [.. Enumerable.Range(0, lines).Select(
            line => words.Select(each => line - lines + each.Length is >= 0 and var at ? each[at] : "").ToArray())];
    }

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
