using System.Diagnostics;
using Engine.Bench.Input;
using Engine.Bench.Logging;
using Engine.Bench.Output;
using Engine.RL.Experiments;

namespace Engine.Bench.Runs;

/// <summary>
/// Watches an experiment: logs its metrics, writes checkpoints to a folder, shows its progress. The checkpoint holds all rows of
/// metrics, so that the files of a resumed run are those of an uninterrupted one.
/// </summary>
internal sealed class RunRecorder : IExperimentObserver, IDisposable
{
    // Seconds from one checkpoint to the next; tests that kill runs want more of them.
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(
        int.TryParse(Environment.GetEnvironmentVariable("ENGINE_CHECKPOINT_SECONDS"), out int seconds) ? seconds : 30);

    private readonly RunFolder _folder;
    private readonly string _settings;
    private readonly Func<MetricRow, IReadOnlyList<(string Name, double Value)>>? _values;
    private readonly IReadOnlyList<IRunLog> _logs;
    private readonly IProgressDisplay _progress;
    private IReadOnlyList<(string Name, double Value)> _current = [];
    private long _saved;

    /// <summary>Begins the logs with the rows there are.</summary>
    /// <param name="folder">Where the run writes.</param>
    /// <param name="settings">Its settings, a JSON object.</param>
    /// <param name="start">What it goes on from; null if from the beginning.</param>
    /// <param name="logs">Where rows go.</param>
    /// <param name="progress">What shows progress.</param>
    /// <param name="values">What progress shows of the latest row; null for nothing.</param>
    public RunRecorder(
        RunFolder folder,
        string settings,
        ExperimentSnapshot? start,
        IReadOnlyList<IRunLog> logs,
        IProgressDisplay progress,
        Func<MetricRow, IReadOnlyList<(string Name, double Value)>>? values = null)
    {
        _folder = folder;
        _settings = settings;
        _logs = logs;
        _progress = progress;
        _values = values;
        foreach (var log in logs)
            log.Begin(start?.Rows ?? []);
        if (start?.Rows is [.., var last])
            _current = _values?.Invoke(last) ?? _current;
    }

    /// <summary>What the folder's checkpoint goes on from.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="settings">The settings to go on with, a JSON object.</param>
    /// <param name="type">The record that says which of them may grow.</param>
    /// <exception cref="UserError">It was saved with other settings.</exception>
    public static ExperimentSnapshot Load(RunFolder folder, string settings, Type type)
    {
        var (snapshot, before) = SnapshotFile.Load(folder.PathOf(RunFolder.Checkpoint));
        RecordedSettings.Require(before, settings, type);
        return snapshot;
    }

    /// <inheritdoc/>
    public void Expect(string part, int done, int total, double cost) => _progress.Expect(part, done, total, cost);

    /// <inheritdoc/>
    public void Progress(string part, int done, int total) => _progress.Report(part, done, total, _current);

    /// <inheritdoc/>
    public void Row(MetricRow row)
    {
        foreach (var log in _logs)
            log.Add(row);
        _current = _values?.Invoke(row) ?? _current;
    }

    /// <inheritdoc/>
    public void Checkpoint(Func<ExperimentSnapshot> capture, bool last)
    {
        // The first one comes at once, so that there is always something to resume.
        if (_saved != 0 && !last && Stopwatch.GetElapsedTime(_saved) < s_interval)
            return;
        var snapshot = capture();
        SnapshotFile.Save(_folder.PathOf(RunFolder.Checkpoint), snapshot, _settings);
        _saved = Stopwatch.GetTimestamp();
        if (!last)
            return;

        // A run that was made longer does without the row at its former end.
        foreach (var log in _logs)
            log.Settle(snapshot.Rows);
    }

    /// <summary>The experiment is complete.</summary>
    public void Complete()
    {
        foreach (var log in _logs)
            log.Complete();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var log in _logs)
            log.Dispose();
    }
}
