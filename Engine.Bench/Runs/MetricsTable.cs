using System.Globalization;
using Engine.Bench.Output;
using nietras.SeparatedValues;

namespace Engine.Bench.Runs;

/// <summary>A file of metrics, read: what a run has written so far, or any table of comma-separated values.</summary>
internal sealed class MetricsTable
{
    private readonly string[] _columns;
    private readonly string[][] _rows;

    private MetricsTable(string path, string[] columns, string[][] rows) => (Path, _columns, _rows) = (path, columns, rows);

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>The names of its columns.</summary>
    public IReadOnlyList<string> Columns => _columns;

    /// <summary>The number of rows.</summary>
    public int Count => _rows.Length;

    /// <summary>Reads a file.</summary>
    /// <exception cref="UserError">It can't be read, or is no such table.</exception>
    public static MetricsTable Read(string path)
    {
        try
        {
            string text = Text(path);
            using var reader = Sep.New(',').Reader(options => options with { Unescape = true, DisableColCountCheck = true })
                .FromText(text.TrimEnd('\r', '\n'));
            string[] columns = [.. reader.Header.ColNames];
            var rows = new List<string[]>();
            foreach (var row in reader)
                rows.Add(row[..].ToStringsArray());

            // A run may be writing the last line at this moment.
            if (rows.Count > 0 && rows[^1].Length < columns.Length && !text.EndsWith('\n'))
                rows.RemoveAt(rows.Count - 1);
            if (rows.Any(row => row.Length != columns.Length))
                throw new InvalidDataException();
            return new(path, columns, [.. rows]);
        }
        catch (Exception e) when (e is InvalidDataException or ArgumentException)
        {
            throw new UserError(
                $"{path} is no table of comma-separated values: a line of different names, then lines of as many values are needed.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserError($"{path} can't be read: {e.Message}");
        }
    }

    /// <summary>Whether there is a column.</summary>
    public bool Has(string column) => Columns.Contains(column);

    /// <summary>The texts of a column.</summary>
    /// <exception cref="UserError">There is no such column; the message calls it by the option that asked for it.</exception>
    public string[] Texts(string option, string column)
    {
        int at = Place(option, column);
        return [.. _rows.Select(row => row[at])];
    }

    /// <summary>The numbers of a column in some rows, NaN where a cell is empty.</summary>
    /// <exception cref="UserError">There is no such column, or something else is in it.</exception>
    public double[] Numbers(string option, string column, int[] rows)
    {
        int at = Place(option, column);
        return [.. rows.Select(row => Number(_rows[row][at], row))];

        double Number(string text, int row)
            => text.Length == 0 ? double.NaN
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number
            : text.TrimStart('-', '+').Equals("inf", StringComparison.OrdinalIgnoreCase)
                ? text[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity
            : throw new UserError(
                $"{option} {column}: {Printable.Quote(text)} in line {row + 2} of {Path} is not a number, as 0.5 or 1e-3; "
                + "name another column.");
    }

    private int Place(string option, string column)
        => Array.IndexOf(_columns, column) is >= 0 and var at
            ? at
            : throw new UserError($"{option} {column}: {Path} has no such column; there are {string.Join(", ", Columns)}.");

    private static string Text(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        return reader.ReadToEnd();
    }
}
