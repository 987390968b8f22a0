using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Engine.Bench.Input;
using Engine.Bench.Logging;
using Engine.Bench.Output;
using Engine.Bench.Runs;
using Engine.RL.Experiments;
using static System.FormattableString;

namespace Engine.Bench.Commands;

/// <summary>Experiments that write one table of metrics and one checkpoint to one folder.</summary>
internal static class ExperimentRun
{
    /// <summary>Runs an experiment from the command line's settings to its rows of metrics.</summary>
    /// <typeparam name="T">The experiment's settings.</typeparam>
    /// <param name="parsed">The command line.</param>
    /// <param name="common">The common options.</param>
    /// <param name="config">The settings.</param>
    /// <param name="columns">Columns of metrics after method, seed and iteration.</param>
    /// <param name="experiment">
    /// Makes it ready to go on from a snapshot, if there is one, and returns what runs it; may refuse the snapshot.
    /// </param>
    /// <param name="finish">Writes what follows from the rows: summary, figures, tables.</param>
    /// <param name="files">The names of files that <paramref name="finish"/> writes.</param>
    public static int Run<T>(
        ParseResult parsed,
        CommonOptions common,
        RunConfig<T> config,
        IReadOnlyList<string> columns,
        Func<ExperimentSnapshot?, Func<IExperimentObserver, IReadOnlyList<MetricRow>>> experiment,
        Action<RunFolder, IReadOnlyList<MetricRow>> finish,
        params string[] files)
        where T : class, new()
    {
        using var folder = common.OpenFolder(parsed, [.. RunLogs.Files, .. files]);
        string settings = JsonSerializer.Serialize(config.Settings, Json.Options);
        var start = folder.IsResumed ? RunRecorder.Load(folder, settings, typeof(T)) : null;
        var grown = folder.RequireSettings(config);
        var run = experiment(start);
        folder.WriteSettings(config);
        Print(parsed, grown);
        long began = Stopwatch.GetTimestamp();
        IReadOnlyList<MetricRow> rows;
        try
        {
            using var progress = common.StartProgress(parsed);
            var logs = RunLogs.OfExperiment(folder, common.Formats(parsed), columns, settings);
            using var recorder = new RunRecorder(folder, settings, start, logs, progress);
            rows = run(recorder);
            recorder.Complete();
        }
        catch (OperationCanceledException)
        {
            throw Interrupted.In(folder);
        }

        finish(folder, rows);
        common.ShowFigures(parsed, folder, files);
        PrintWritten(parsed, folder, began, [RunFolder.Table, .. files]);
        if (rows.FirstOrDefault(row => !row.Values.All(double.IsFinite)) is { } odd)
        {
            parsed.InvocationConfiguration.Error.WriteLine(
                Invariant($"{RunFolder.Table} has numbers that are not finite, ")
                + Invariant($"first for method {odd.Method}, seed {odd.Seed} at iteration {odd.Iteration}."));
        }

        return ExitCodes.Ok;
    }

    /// <summary>Says that a run goes on for longer than it was to.</summary>
    public static void Print(ParseResult parsed, IEnumerable<GrownSetting> grown)
    {
        var output = parsed.InvocationConfiguration.Output;
        foreach (var setting in grown)
            output.WriteLine(Invariant($"Goes on: {setting.Name} from {setting.Before:N0} to {setting.Now:N0}."));
    }

    /// <summary>Says which files a run has written, and how long it took.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="folder">Where.</param>
    /// <param name="began">When it began, by the stopwatch.</param>
    /// <param name="files">The files that it may have written beside its settings.</param>
    /// <param name="more">What else it has written.</param>
    public static void PrintWritten(ParseResult parsed, RunFolder folder, long began, IEnumerable<string> files, string more = "")
        => parsed.InvocationConfiguration.Output.WriteLine(
            $"Written to {folder.Location}: {string.Join(", ", files.Where(folder.Has).Prepend(RunFolder.Config))}{more} "
            + Invariant($"({Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s)."));
}
