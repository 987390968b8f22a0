using System.Globalization;
using System.Text;

namespace Engine.Bench.Output;

/// <summary>
/// A table of measurements that only grows, as comma-separated values. A checkpoint records its <see cref="Position"/>; cut there, the
/// file goes on byte for byte as if the run had never stopped.
/// </summary>
/// <remarks>
/// Numbers are written in the fewest digits that read back as the same number. Thread-safe; rows stand in the order of calls.
/// </remarks>
public sealed class MetricsFile : IDisposable
{
    private readonly Lock _lock = new();
    private readonly FileStream _stream;
    private readonly int _columns;

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="position">0 to begin anew, or a <see cref="Position"/> of before, to go on from there.</param>
    /// <param name="columns">The names of the columns.</param>
    /// <exception cref="UserError">The file is not the one whose position that was.</exception>
    public MetricsFile(string path, long position, params string[] columns)
    {
        _columns = columns.Length;
        byte[] header = Encoding.UTF8.GetBytes(Line(columns));
        _stream = new FileStream(path, position == 0 ? FileMode.Create : FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        try
        {
            if (position == 0)
                _stream.Write(header);
            else
                Continue(position, header);
        }
        catch
        {
            _stream.Dispose();
            throw;
        }
    }

    /// <summary>The length of the file, with what is not yet on disk.</summary>
    public long Position
    {
        get
        {
            lock (_lock)
                return _stream.Position;
        }
    }

    /// <summary>Adds a row: numbers, texts and truth values; null is an empty cell.</summary>
    public void AppendRow(params object?[] row) => Append([row]);

    /// <summary>Adds rows, next to each other whoever else adds some.</summary>
    public void Append(IEnumerable<object?[]> rows)
    {
        var text = new StringBuilder();
        foreach (object?[] row in rows)
        {
            if (row.Length != _columns)
                throw new ArgumentException($"A row of {row.Length} cells in a table of {_columns} columns.", nameof(rows));
            text.Append(Line(row));
        }

        lock (_lock)
            _stream.Write(Encoding.UTF8.GetBytes(text.ToString()));
    }

    /// <summary>Hands the rows to the system, so that others see them; on request, waits until they are on disk.</summary>
    public void Flush(bool toDisk = false)
    {
        lock (_lock)
            _stream.Flush(toDisk);
    }

    /// <summary>Cuts the file at a <see cref="Position"/> of before.</summary>
    /// <exception cref="UserError">The file is shorter, or has no row that ends there.</exception>
    public void TruncateTo(long position)
    {
        lock (_lock)
        {
            _stream.Flush();
            _stream.Position = Math.Max(0, position - 1);
            if (position <= 0 || position > _stream.Length || _stream.ReadByte() != '\n')
                throw Changed();
            _stream.SetLength(position);
            _stream.Position = position;
        }
    }

    /// <summary>Writes what is left and closes the file.</summary>
    public void Dispose() => _stream.Dispose();

    private static string Line(IEnumerable<object?> cells) => string.Join(',', cells.Select(Cell)) + "\n";

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

    private void Continue(long position, byte[] header)
    {
        byte[] found = new byte[header.Length];
        if (_stream.ReadAtLeast(found, found.Length, throwOnEndOfStream: false) < found.Length || !found.SequenceEqual(header))
            throw Changed();
        TruncateTo(position);
    }

    private UserError Changed()
        => new($"{_stream.Name} is not as the checkpoint left it, so the run can't go on; start anew with --overwrite.");
}
