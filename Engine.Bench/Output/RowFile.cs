using System.Text;

namespace Engine.Bench.Output;

/// <summary>A file of rows that only grows. Others see each row as soon as it is added, and as a whole.</summary>
public abstract class RowFile : IDisposable
{
    private readonly FileStream _stream;

    /// <summary>Begins a file, in place of what was there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="columns">The names of the columns.</param>
    protected RowFile(string path, string[] columns)
    {
        Columns = columns;
        _stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        Write(Heading);
    }

    /// <summary>The names of the columns.</summary>
    protected IReadOnlyList<string> Columns { get; }

    /// <summary>What stands above the rows, with the line's end; empty if nothing does.</summary>
    protected abstract string Heading { get; }

    /// <summary>Adds a row: numbers, texts and truth values; null is no value.</summary>
    public void AppendRow(params object?[] row)
    {
        if (row.Length != Columns.Count)
            throw new ArgumentException($"A row of {row.Length} cells in a table of {Columns.Count} columns.", nameof(row));
        Write(Line(row));
    }

    /// <summary>Removes all rows.</summary>
    public void Clear()
    {
        _stream.SetLength(0);
        Write(Heading);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes the file.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
            _stream.Dispose();
    }

    /// <summary>A row as it is written, with the line's end.</summary>
    protected abstract string Line(IReadOnlyList<object?> row);

    private void Write(string text) => _stream.Write(Encoding.UTF8.GetBytes(text));
}
