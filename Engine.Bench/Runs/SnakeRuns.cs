using System.Collections.Concurrent;
using System.Text.Json;
using Engine.Bench.Output;
using Engine.Kernels;
using Engine.RL.Experiments;

namespace Engine.Bench.Runs;

/// <summary>
/// Agents in training, each in a folder of its own within the folder of the experiment, some of them at once if asked to.
/// </summary>
/// <param name="folder">The folder of the experiment.</param>
/// <param name="command">The command that writes to it.</param>
/// <param name="mode">What to do with folders that are not empty; when resuming, agents that have no checkpoint yet begin anew.</param>
/// <param name="progress">What shows progress.</param>
internal sealed class SnakeRuns(RunFolder folder, string command, RunMode mode, IProgressDisplay progress)
{
    // What is worth a look while an agent learns.
    private static readonly string[] s_shown = ["return_mean", "gamma", "lambda", "c_crit", "c_entr", "frames_per_second"];

    /// <summary>Trains them.</summary>
    /// <param name="runs">The agents.</param>
    /// <param name="openDevice">Makes the device of each that trains at the same time.</param>
    /// <param name="parallel">How many train at the same time.</param>
    /// <param name="cancel">Asks to stop.</param>
    /// <returns>The agents with what their training has led to, in the order given.</returns>
    /// <exception cref="OperationCanceledException">Training was cancelled; all checkpoints are complete.</exception>
    public IReadOnlyList<(SnakeRun Run, SnakeResult Result)> Train(
        IReadOnlyList<SnakeRun> runs, Func<Device> openDevice, int parallel, CancellationToken cancel)
    {
        // All folders first: an agent of an earlier run that is to be overwritten must not be taken for one to go on with.
        RunFolder[] folders = [.. runs.Select(Open)];

        // Once one has failed, the others stop at their next checkpoint.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var waiting = new ConcurrentQueue<int>(Enumerable.Range(0, runs.Count));
        var results = new SnakeResult[runs.Count];
        var failures = new ConcurrentQueue<Exception>();
        Thread[] workers = [.. Enumerable.Range(0, Math.Min(parallel, runs.Count)).Select(_ => new Thread(Work))];
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
                using var device = openDevice();
                while (!stop.IsCancellationRequested && waiting.TryDequeue(out int number))
                    results[number] = Train(runs[number], folders[number], device, stop.Token);
            }
            catch (Exception e)
            {
                failures.Enqueue(e);
                stop.Cancel();
            }
        }
    }

    private RunFolder Open(SnakeRun run)
    {
        string location = Path.Combine(folder.Location, run.Name);
        bool goesOn = mode == RunMode.Resume && File.Exists(Path.Combine(location, RunFolder.Checkpoint));
        return RunFolder.Open(
            location, command, goesOn ? RunMode.Resume : RunMode.Overwrite, RunRecorder.Metrics, SnakeFolder.PointFiles);
    }

    private SnakeResult Train(SnakeRun run, RunFolder own, Device device, CancellationToken cancel)
    {
        string settings = JsonSerializer.Serialize(run, Json.Options);
        var start = own.IsResumed ? RunRecorder.Load(own, settings) : null;
        using var recorder = new RunRecorder(own, settings, start, ["update", .. SnakeTraining.Columns], Cells, progress, Values);
        var training = new SnakeTraining(run, device);
        if (start is not null)
            training.Resume(start);
        return training.Run(recorder, run.Replicates == 0 ? Keep : null, cancel);

        void Keep(int point, Func<ExperimentSnapshot> capture)
            => SnapshotFile.Save(own.PathOf(SnakeFolder.PointFile(point)), capture(), settings);

        static IReadOnlyList<(string Name, double Value)> Values(MetricRow row)
            => [.. s_shown.Select(name => (name, row.Values[SnakeTraining.Column(name)]))];

        // What there is none of is an empty cell.
        static object?[] Cells(MetricRow row)
            => [row.Iteration, .. row.Values.Select(value => double.IsNaN(value) ? null : (object)value)];
    }
}
