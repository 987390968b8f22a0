using System.Text;
using BenchmarkDotNet.Loggers;

namespace Engine.Bench.Micro;

/// <summary>Keeps what BenchmarkDotNet says of a benchmark: the exception that ended it is nowhere but in its log.</summary>
internal sealed class MicroLog : ILogger
{
    // Before what the benchmark threw, as Exception.ToString writes it: the caller's reflection wraps it.
    private const string Inner = "---> ";

    private readonly StringBuilder _text = new();

    /// <inheritdoc/>
    public string Id => nameof(MicroLog);

    /// <inheritdoc/>
    public int Priority => 0;

    /// <summary>Type and message of the exception; null if there was none.</summary>
    public string? Reason
    {
        get
        {
            string[] lines = _text.ToString().Split('\n', StringSplitOptions.TrimEntries);
            int at = Array.FindIndex(lines, line => line.StartsWith(Inner, StringComparison.Ordinal));
            string? line = at >= 0 ? lines[at][Inner.Length..] : Array.Find(lines, line => line.Contains("Exception: "));
            return line?.TrimEnd('.');
        }
    }

    /// <summary>Forgets what was said.</summary>
    public void Clear() => _text.Clear();

    /// <inheritdoc/>
    public void Write(LogKind logKind, string text) => _text.Append(text);

    /// <inheritdoc/>
    public void WriteLine() => _text.Append('\n');

    /// <inheritdoc/>
    public void WriteLine(LogKind logKind, string text) => _text.Append(text).Append('\n');

    /// <inheritdoc/>
    public void Flush()
    {
        // Everything is here.
    }
}
