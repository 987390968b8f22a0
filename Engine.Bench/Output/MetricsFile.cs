using System.Globalization;

namespace Engine.Bench.Output;

/// <summary>A table of measurements that only grows, as comma-separated values.</summary>
/// <remarks>
/// Others see each row as soon as it is added, and as a whole. Numbers are written in the fewest digits that read back as the same number.
/// </remarks>
/// <param name="path">The file; what was there is replaced.</param>
/// <param name="columns">The names of the columns.</param>
public sealed class MetricsFile(string path, params string[] columns) : RowFile(path, columns)
{
    /// <inheritdoc/>
    protected override string Heading => Line(Columns);

    /// <inheritdoc/>
    protected override string Line(IReadOnlyList<object?> row) => string.Join(',', row.Select(Cell)) + "\n";

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
