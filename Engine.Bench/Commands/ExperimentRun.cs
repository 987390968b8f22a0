using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Engine.Bench.Output;
using Engine.Core.Files;
using Engine.RL.Experiments;
using static System.FormattableString;

namespace Engine.Bench.Commands;

/// <summary>
/// An experiment under way: writes its metrics and checkpoints, shows its progress, and goes on from an earlier checkpoint. The
/// checkpoint holds all rows of metrics, so that the file of a resumed run is that of an uninterrupted one, byte for byte.
/// </summary>
internal sealed class ExperimentRun : IExperimentObserver, IDisposable
{
    private const string Metrics = "metrics.csv";
    private const string RowsTensor = "rows";
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(30);

    private readonly RunFolder _folder;
    private readonly string _settings;
    private readonly MetricsFile _metrics;
    private readonly IProgressDisplay _progress;
    private long _saved;

    private ExperimentRun(
        RunFolder folder, string settings, ExperimentSnapshot? start, IReadOnlyList<string> columns, IProgressDisplay progress)
    {
        _folder = folder;
        _settings = settings;
        _progress = progress;
        _metrics = folder.Metrics(Metrics, ["method", "seed", "iteration", .. columns]);
        foreach (var row in start?.Rows ?? [])
            Row(row);
    }

    /// <summary>Runs an experiment from the command line's settings to its rows of metrics.</summary>
    /// <typeparam name="T">The experiment's settings.</typeparam>
    /// <param name="parsed">The command line.</param>
    /// <param name="common">The common options.</param>
    /// <param name="config">The settings.</param>
    /// <param name="columns">Columns of metrics after method, seed and iteration.</param>
    /// <param name="experiment">Runs on a device, from a snapshot if there is one.</param>
    /// <param name="finish">Writes what follows from the rows: summary, figures, tables.</param>
    /// <param name="files">The names of files that <paramref name="finish"/> writes.</param>
    public static int Run<T>(
        ParseResult parsed,
        CommonOptions common,
        RunConfig<T> config,
        IReadOnlyList<string> columns,
        Func<Kernels.Device, ExperimentSnapshot?, IExperimentObserver, IReadOnlyList<MetricRow>> experiment,
        Action<RunFolder, IReadOnlyList<MetricRow>> finish,
        params string[] files)
        where T : class
    {
        using var device = CommonOptions.OpenDevice(config);
        var folder = common.OpenFolder(parsed, [Metrics, .. files]);
        string settings = JsonSerializer.Serialize(config.Settings, Json.Options);
        var start = folder.IsResumed ? Load(folder, settings) : null;
        folder.WriteSettings(config);
        long began = Stopwatch.GetTimestamp();
        IReadOnlyList<MetricRow> rows;
        try
        {
            using var run = new ExperimentRun(folder, settings, start, columns, common.StartProgress(parsed));
            rows = experiment(device, start, run);
        }
        catch (OperationCanceledException)
        {
            throw new Interrupted($"Interrupted; the checkpoint in {folder.Location} is complete: the same command with --resume goes on.");
        }

        finish(folder, rows);
        parsed.InvocationConfiguration.Output.WriteLine(
            Invariant($"Written to {folder.Location}: {RunFolder.Config}, {Metrics}, {string.Join(", ", files)} ({Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s)."));
        if (rows.FirstOrDefault(row => !row.Values.All(double.IsFinite)) is { } odd)
        {
            parsed.InvocationConfiguration.Error.WriteLine(
                Invariant($"{Metrics} has numbers that are not finite, first for method {odd.Method}, seed {odd.Seed} at iteration {odd.Iteration}."));
        }

        return ExitCodes.Ok;
    }

    /// <inheritdoc/>
    public void Progress(string part, int done, int total) => _progress.Report(part, done, total);

    /// <inheritdoc/>
    public void Row(MetricRow row)
        => _metrics.AppendRow([row.Method, row.Seed, row.Iteration, .. row.Values.Cast<object>()]);

    /// <inheritdoc/>
    public void Checkpoint(Func<ExperimentSnapshot> capture, bool last)
    {
        // The first one comes at once, so that there is always something to resume.
        if (_saved != 0 && !last && Stopwatch.GetElapsedTime(_saved) < s_interval)
            return;
        _metrics.Flush();
        Save(capture());
        _saved = Stopwatch.GetTimestamp();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _progress.Dispose();
        _metrics.Dispose();
    }

    private static ExperimentSnapshot Load(RunFolder folder, string settings)
    {
        string path = folder.PathOf(RunFolder.Checkpoint);
        var checkpoint = Core.Files.Checkpoint.Load(path);
        RunFolder.RequireSameSettings(checkpoint.Settings, settings);
        var position = JsonSerializer.Deserialize<Position>(checkpoint.Progress, Json.Options)!;
        var stored = checkpoint.Tensors[RowsTensor];
        var numbers = stored.Elements<double>();
        int width = stored.Shape[1];
        var rows = new MetricRow[stored.Shape[0]];
        for (int i = 0; i < rows.Length; i++)
        {
            var row = numbers.Slice(i * width, width);
            rows[i] = new MetricRow(position.Methods[(int)row[0]], (int)row[1], (int)row[2], row[3..].ToArray());
        }

        return new ExperimentSnapshot(
            checkpoint.Tensors.Where(tensor => tensor.Key != RowsTensor).ToDictionary(), position.Part, position.Iteration, rows);
    }

    private void Save(ExperimentSnapshot snapshot)
    {
        string[] methods = [.. snapshot.Rows.Select(row => row.Method).Distinct()];
        int width = snapshot.Rows.Count == 0 ? 3 : 3 + snapshot.Rows[0].Values.Length;
        double[] numbers = [.. snapshot.Rows.SelectMany(
            row => (double[])[Array.IndexOf(methods, row.Method), row.Seed, row.Iteration, .. row.Values])];
        var rows = StoredTensor.Of<double>([snapshot.Rows.Count, width], numbers);
        var tensors = snapshot.Tensors.Append(KeyValuePair.Create(RowsTensor, rows));
        string progress = JsonSerializer.Serialize(new Position(snapshot.Part, snapshot.Iteration, methods), Json.Options);
        Core.Files.Checkpoint.Save(_folder.PathOf(RunFolder.Checkpoint), tensors, _settings, progress);
    }

    private sealed record Position(int Part, int Iteration, string[] Methods);
}
