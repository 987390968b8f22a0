using Engine.Bench.Output;
using Engine.RL.Experiments;

namespace Engine.Bench.Logging;

/// <summary>Where the rows of a run go: its table, and what else was asked for.</summary>
internal static class RunLogs
{
    private const string Lines = "metrics.jsonl";
    private const string Boards = "tensorboard";

    /// <summary>The files of a run that go by its rows, see <see cref="RunFolder.Open"/>.</summary>
    public static string[] Files => [RunFolder.Table, Lines, EventFile.Names, $"{Boards}/*/{EventFile.Names}"];

    /// <summary>Begins the logs of an experiment, whose rows are of several methods and seeds.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="formats">What to write beside the table.</param>
    /// <param name="columns">The names of the rows' numbers.</param>
    /// <param name="settings">What was asked for, a JSON object.</param>
    public static IReadOnlyList<IRunLog> OfExperiment(
        RunFolder folder, IReadOnlyList<LogFormat> formats, IReadOnlyList<string> columns, string settings)
    {
        var table = new RowTable(folder.Metrics(RunFolder.Table, Named("iteration", columns)), Cells);
        return [table, .. Others(folder, formats, "iteration", columns, settings, BoardOf)];

        string BoardOf(MetricRow row) => Path.Combine(folder.Location, Boards, $"{row.Method}-{row.Seed}");
    }

    /// <summary>Begins the logs of one agent, see <see cref="OfExperiment"/>.</summary>
    public static IReadOnlyList<IRunLog> OfAgent(
        RunFolder folder, IReadOnlyList<LogFormat> formats, IReadOnlyList<string> columns, string settings)
    {
        var table = new RowTable(
            folder.Metrics(RunFolder.Table, ["update", .. columns]), row => [row.Iteration, .. NumberCells(row)]);
        return [table, .. Others(folder, formats, "update", columns, settings, _ => folder.Location)];
    }

    /// <summary>The numbers of a row as cells of a table; what there is none of is an empty one.</summary>
    public static IEnumerable<object?> NumberCells(MetricRow row)
        => row.Values.Select(value => double.IsNaN(value) ? null : (object)value);

    private static IEnumerable<IRunLog> Others(
        RunFolder folder,
        IReadOnlyList<LogFormat> formats,
        string iteration,
        IReadOnlyList<string> columns,
        string settings,
        Func<MetricRow, string> boardOf)
        => formats.Distinct().Select(format => (IRunLog)(format switch
        {
            LogFormat.Jsonl => new RowTable(new JsonLinesFile(folder.PathOf(Lines), Named(iteration, columns)), Cells),
            LogFormat.Tensorboard => new TensorBoardLog(boardOf, columns, settings),
            _ => throw new ArgumentOutOfRangeException(nameof(formats)),
        }));

    private static string[] Named(string iteration, IReadOnlyList<string> columns) => ["method", "seed", iteration, .. columns];

    private static object?[] Cells(MetricRow row) => [row.Method, row.Seed, row.Iteration, .. row.Values.Cast<object>()];
}
