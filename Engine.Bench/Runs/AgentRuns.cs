using System.Collections.Concurrent;
using System.Text.Json;
using Engine.Bench.Output;
using Engine.Kernels;
using Engine.RL;
using Engine.RL.Experiments;
using Engine.RL.Training;

namespace Engine.Bench.Runs;

/// <summary>
/// Agents in training, each in a folder of its own within the folder of the experiment, some of them at once if asked to.
/// </summary>
/// <param name="folder">The folder of the experiment.</param>
/// <param name="command">The command that writes to it.</param>
/// <param name="mode">What to do with folders that are not empty; when resuming, agents that have no checkpoint yet begin anew.</param>
/// <param name="progress">What shows progress.</param>
/// <param name="begin">What agents begin with that have no checkpoint yet; null for agents that have learned nothing.</param>
internal sealed class AgentRuns(
    RunFolder folder, string command, RunMode mode, IProgressDisplay progress, Func<AgentRun, ExperimentSnapshot>? begin = null)
{
    // What is worth a look while an agent learns.
    private static readonly (string Heading, string Column)[] s_shown =
    [
        ("return", "return_mean"), ("gamma", "gamma"), ("lambda", "lambda"), ("c_crit", "c_crit"), ("c_entr", "c_entr"),
        ("frames/s", "frames_per_second"),
    ];

    /// <summary>Trains them.</summary>
    /// <param name="runs">The agents.</param>
    /// <param name="device">Where; each that trains at the same time gets a fork of it.</param>
    /// <param name="threads">Threads that they share.</param>
    /// <param name="parallel">How many train at the same time, or how many batches of agents on a device that prefers batches.</param>
    /// <param name="cancel">Asks to stop.</param>
    /// <returns>The agents with what their training has led to, in the order given.</returns>
    /// <exception cref="OperationCanceledException">Training was cancelled; all checkpoints are complete.</exception>
    public IReadOnlyList<(AgentRun Run, TrainingResult Result)> Train(
        IReadOnlyList<AgentRun> runs, Device device, int threads, int parallel, CancellationToken cancel)
    {
        // All folders first: an agent of an earlier run that is to be overwritten must not be taken for one to go on with.
        if (mode == RunMode.Overwrite)
            AgentFolder.Clear(folder.Location, command);
        var folders = new List<RunFolder>();
        try
        {
            folders.AddRange(runs.Select(Open));
            return Train(runs, folders, device, threads, parallel, cancel);
        }
        finally
        {
            foreach (var own in folders)
                own.Dispose();
        }
    }

    /// <summary>The numbers of a row as cells of a table; what there is none of is an empty one.</summary>
    public static IEnumerable<object?> NumberCells(MetricRow row)
        => row.Values.Select(value => double.IsNaN(value) ? null : (object)value);

    private IReadOnlyList<(AgentRun Run, TrainingResult Result)> Train(
        IReadOnlyList<AgentRun> runs, List<RunFolder> folders, Device device, int threads, int parallel, CancellationToken cancel)
    {
        // Once one has failed, the others stop at their next checkpoint.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var starts = runs.Zip(folders, Start).ToArray();
        foreach (var (run, start) in runs.Zip(starts))
            progress.Expect(run.Name, start?.Iteration ?? 0, run.Settings.Updates);
        var waiting = new ConcurrentQueue<int[]>(Batches(runs, starts, device));
        var results = new TrainingResult[runs.Count];
        var failures = new ConcurrentQueue<Exception>();
        int atOnce = Math.Min(parallel, waiting.Count);
        Thread[] workers = [.. Enumerable.Range(0, atOnce).Select(_ => new Thread(Work))];
        foreach (var worker in workers)
            worker.Start();
        foreach (var worker in workers)
            worker.Join();
        if (failures.FirstOrDefault(e => e is not OperationCanceledException) is { } failure)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        cancel.ThrowIfCancellationRequested();
        return [.. runs.Zip(results)];

        void Work()
        {
            try
            {
                using var own = device.Fork(Math.Max(1, threads / atOnce));
                while (!stop.IsCancellationRequested && waiting.TryDequeue(out int[]? batch))
                {
                    var found = Train(Some(runs), Some(folders), Some(starts), own, stop.Token);
                    foreach (var (i, result) in batch.Zip(found))
                        results[i] = result;

                    T[] Some<T>(IReadOnlyList<T> all) => [.. batch.Select(i => all[i])];
                }
            }
            catch (Exception e)
            {
                failures.Enqueue(e);
                stop.Cancel();
            }
        }
    }

    private RunFolder Open(AgentRun run)
    {
        string location = Path.Combine(folder.Location, run.Name);
        bool goesOn = mode == RunMode.Resume && File.Exists(Path.Combine(location, RunFolder.Checkpoint));
        return AgentFolder.Open(location, command, goesOn ? RunMode.Resume : RunMode.Overwrite);
    }

    private ExperimentSnapshot? Start(AgentRun run, RunFolder own)
        => own.IsResumed ? RunRecorder.Load(own, Json(run), typeof(LearningSettings)) : begin?.Invoke(run);

    // Agents that may learn as one batch: they differ in their seeds alone, and have come equally far.
    private static IEnumerable<int[]> Batches(IReadOnlyList<AgentRun> runs, ExperimentSnapshot?[] starts, Device device)
    {
        var numbers = Enumerable.Range(0, runs.Count);
        return device.PrefersWholeBatches
            ? numbers.GroupBy(i => (runs[i].Method, starts[i]?.Iteration)).Select(batch => batch.ToArray())
            : numbers.Select(i => (int[])[i]);
    }

    private IReadOnlyList<TrainingResult> Train(
        AgentRun[] runs, RunFolder[] folders, ExperimentSnapshot?[] starts, Device device, CancellationToken cancel)
    {
        var recorders = new List<RunRecorder>();
        try
        {
            for (int i = 0; i < runs.Length; i++)
                recorders.Add(new(folders[i], Json(runs[i]), starts[i], ["update", .. Columns<TrainingRow>.Names], Cells, progress, Shown));
            var training = new AgentTraining(runs, device);
            if (starts[0] is not null)
                training.Resume([.. starts.Select(start => start!)]);
            return training.Run(recorders, runs[0].Replicates == 0 ? Keep : null, cancel);
        }
        finally
        {
            foreach (var recorder in recorders)
                recorder.Dispose();
        }

        void Keep(int agent, int point, Func<ExperimentSnapshot> capture)
            => SnapshotFile.Save(folders[agent].PathOf(AgentFolder.PointFile(point)), capture(), Json(runs[agent]));

        static IReadOnlyList<(string Name, double Value)> Shown(MetricRow row)
            => [.. s_shown.Select(shown => (shown.Heading, row.Values[Columns<TrainingRow>.Of(shown.Column)]))];

        static object?[] Cells(MetricRow row) => [row.Iteration, .. NumberCells(row)];
    }

    private static string Json(AgentRun run) => JsonSerializer.Serialize(run, Output.Json.Options);
}
