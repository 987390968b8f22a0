using System.Text.Json;

namespace Engine.Bench.Output;

/// <summary>A table of measurements that only grows, as JSON objects, one a line; see <see cref="Json"/> for NaN and infinities.</summary>
/// <param name="path">The file; what was there is replaced.</param>
/// <param name="columns">The names of the columns.</param>
public sealed class JsonLinesFile(string path, params string[] columns) : RowFile(path, columns)
{
    private static readonly JsonSerializerOptions s_options = new(Json.Options) { WriteIndented = false };

    /// <inheritdoc/>
    protected override string Heading => "";

    /// <inheritdoc/>
    protected override string Line(IReadOnlyList<object?> row)
        => JsonSerializer.Serialize(Columns.Zip(row).ToDictionary(cell => cell.First, cell => cell.Second), s_options) + "\n";
}
