using Engine.RL.Experiments;
using Engine.RL.Statistics;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Engine.Bench.Output;

/// <summary>Tables: with lines in a terminal, else as Markdown, ready for a report.</summary>
public static class Tables
{
    /// <summary>Prints a table.</summary>
    /// <param name="console">Where to.</param>
    /// <param name="columns">The headings; those that start with &gt; stand, with their column, to the right.</param>
    /// <param name="rows">The cells.</param>
    /// <param name="note">A line below the table: what brackets are, over what means are taken; null for none.</param>
    public static void WriteTable(
        this IAnsiConsole console, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows, string? note = null)
    {
        string[][] cells = [.. rows.Select(row => row.ToArray())];
        var table = Empty(console);
        foreach (string column in columns)
        {
            bool right = column.StartsWith('>');
            table.AddColumn(new TableColumn(new Text(right ? column[1..] : column, new Style(decoration: Decoration.Bold)))
            {
                Alignment = right ? Justify.Right : Justify.Left,
            });
        }

        foreach (string[] row in cells)
            table.AddRow(row.Select(cell => Cell(console, cell)));
        if (Fits(console, table))
            Write(console, table);
        else
            WriteLists(console, columns, cells);
        WriteNote(console, note);
    }

    /// <summary>A number with its interval in brackets, such as 5.2 [4.9, 5.6]; "-" if it is not known.</summary>
    public static string WithInterval(double value, Interval? interval)
        => ShortNumber.Text(value)
            + (interval is { } known ? $" [{ShortNumber.Text(known.Low)}, {ShortNumber.Text(known.High)}]" : "");

    /// <summary>Prints claims, each with its numbers and whether it holds.</summary>
    /// <param name="console">Where.</param>
    /// <param name="claims">The claims.</param>
    /// <param name="brackets">What numbers in brackets are.</param>
    public static void WriteClaims(
        this IAnsiConsole console, IEnumerable<Claim> claims, string brackets = "standard errors over seeds")
    {
        var table = Empty(console);
        foreach (string column in new[] { "", "Claim", "Numbers", "Verdict" })
            table.AddColumn(new TableColumn(new Text(column, new Style(decoration: Decoration.Bold))));
        foreach (var claim in claims)
        {
            var verdict = new Text(claim.Verdict, new Style(Colour(claim)));
            table.AddRow(new Text($"({claim.Letter})"), Cell(console, claim.Text), Cell(console, claim.Numbers), verdict);
        }

        Write(console, table);
        WriteNote(console, $"In brackets: {brackets}. A claim is open where the run can't decide it.");
    }

    // In Markdown, a line right below a table would be another row.
    private static void WriteNote(IAnsiConsole console, string? note)
    {
        if (note is null)
            return;
        if (console.Profile.Capabilities.Ansi)
            console.Write(new Text(note + "\n", new Style(decoration: Decoration.Italic)));
        else
            console.Profile.Out.Writer.WriteLine($"\n{note}\n");
    }

    private static Color Colour(Claim claim) => claim.Holds switch { true => Color.Green, false => Color.Red, null => Color.Grey };

    private static Text Cell(IAnsiConsole console, string text)
        => new(Printable.Escape(console.Profile.Capabilities.Ansi ? text : text.Replace("|", "\\|")));

    // Whether no word need be broken.
    private static bool Fits(IAnsiConsole console, IRenderable table)
        => table.Measure(RenderOptions.Create(console), int.MaxValue).Min <= console.Profile.Width;

    // A row after another, for narrow terminals.
    private static void WriteLists(IAnsiConsole console, IReadOnlyList<string> columns, string[][] rows)
    {
        foreach (string[] row in rows)
        {
            foreach (var (column, cell) in columns.Zip(row))
                console.Profile.Out.Writer.WriteLine($"{column.TrimStart('>')}: {cell}");
            console.Profile.Out.Writer.WriteLine();
        }
    }

    private static void Write(IAnsiConsole console, Table table)
    {
        if (console.Profile.Capabilities.Ansi)
        {
            console.Write(table);
            return;
        }

        // A Markdown table has blank lines for its upper and lower edges.
        using var text = new StringWriter();
        Consoles.For(text).Write(table);
        foreach (string line in text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            console.Profile.Out.Writer.WriteLine(line);
    }

    private static Table Empty(IAnsiConsole console)
        => new() { Border = console.Profile.Capabilities.Ansi ? TableBorder.Rounded : TableBorder.Markdown };
}
