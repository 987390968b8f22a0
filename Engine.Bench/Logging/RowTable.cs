using Engine.Bench.Output;
using Engine.RL.Experiments;

namespace Engine.Bench.Logging;

/// <summary>The rows of a run as a file, in the order of the run.</summary>
/// <param name="file">The file.</param>
/// <param name="cells">The cells of a row.</param>
internal sealed class RowTable(RowFile file, Func<MetricRow, object?[]> cells) : IRunLog
{
    /// <inheritdoc/>
    public void Begin(IReadOnlyList<MetricRow> rows)
    {
        foreach (var row in rows)
            Add(row);
    }

    /// <inheritdoc/>
    public void Add(MetricRow row) => file.AppendRow(cells(row));

    /// <inheritdoc/>
    public void Settle(IReadOnlyList<MetricRow> rows)
    {
        file.Clear();
        Begin(rows);
    }

    /// <inheritdoc/>
    public void Complete()
    {
        // The rows say it.
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();
}
