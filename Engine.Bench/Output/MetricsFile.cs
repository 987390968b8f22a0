using System.Globalization;
using System.Text;

namespace Engine.Bench.Output;

/// <summary>A table of measurements that only grows, as comma-separated values.</summary>
/// <remarks>
/// Others see each row as soon as it is added, and as a whole. Numbers are written in the fewest digits that read back as the same number.
/// </remarks>
public sealed class MetricsFile : IDisposable
{
    private readonly FileStream _stream;
    private readonly string[] _columns;

    /// <summary>Begins a file, in place of what was there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="columns">The names of the columns.</param>
    public MetricsFile(string path, params string[] columns)
    {
        _columns = columns;
        _stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        Write(columns);
    }

    /// <summary>Adds a row: numbers, texts and truth values; null is an empty cell.</summary>
    public void AppendRow(params object?[] row)
    {
        if (row.Length != _columns.Length)
            throw new ArgumentException($"A row of {row.Length} cells in a table of {_columns.Length} columns.", nameof(row));
        Write(row);
    }

    /// <summary>Removes all rows.</summary>
    public void Clear()
    {
        _stream.SetLength(0);
        Write(_columns);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _stream.Dispose();

    private void Write(IEnumerable<object?> cells) => _stream.Write(Encoding.UTF8.GetBytes(string.Join(',', cells.Select(Cell)) + "\n"));

    private static string Cell(object? value)
    {
        string text = value switch
        {
            null => "",
            double number => number.ToString("R", CultureInfo.InvariantCulture),
            float number => number.ToString("R", CultureInfo.InvariantCulture),
            bool truth => truth ? "true" : "false",
            IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
            _ => value.ToString() ?? "",
        };
        return text.AsSpan().IndexOfAny(",\"\n\r") < 0 ? text : $"\"{text.Replace("\"", "\"\"")}\"";
    }
}
