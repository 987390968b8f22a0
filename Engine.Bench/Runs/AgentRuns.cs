using System.Collections.Concurrent;
using System.Text.Json;
using Engine.Bench.Logging;
using Engine.Bench.Output;
using Engine.Kernels;
using Engine.RL;
using Engine.RL.Experiments;
using Engine.RL.Meta;
using Engine.RL.Training;

namespace Engine.Bench.Runs;

/// <summary>
/// Agents in training, each in a folder of its own within the folder of the experiment, some of them at once if asked to.
/// </summary>
internal sealed class AgentRuns : IDisposable
{
    // What is worth a look while an agent learns.
    private static readonly (string Heading, string Column)[] s_shown =
    [
        ("return", "return_mean"), ("gamma", "gamma"), ("lambda", "lambda"), ("c_crit", "c_crit"), ("c_entr", "c_entr"),
        ("frames/s", "frames_per_second"),
    ];

    private readonly IReadOnlyList<AgentRun> _runs;
    private readonly IReadOnlyList<LogFormat> _formats;
    private readonly List<RunFolder> _folders = [];
    private readonly ExperimentSnapshot?[] _starts;
    private readonly List<string> _begunAnew = [];

    /// <summary>Makes the agents' folders ready, and reads what they go on from.</summary>
    /// <param name="runs">The agents.</param>
    /// <param name="experiment">The folder of the experiment.</param>
    /// <param name="mode">What to do with folders that are not empty; when resuming, agents that have no checkpoint yet begin anew.</param>
    /// <param name="formats">How rows are logged beside the agents' tables.</param>
    /// <param name="begin">What agents begin with that have no checkpoint yet; null for agents that have learned nothing.</param>
    /// <exception cref="UserError">A folder can't be used, or an agent can't go on from its checkpoint.</exception>
    public AgentRuns(
        IReadOnlyList<AgentRun> runs,
        string experiment,
        RunMode mode,
        IReadOnlyList<LogFormat> formats,
        Func<AgentRun, ExperimentSnapshot>? begin = null)
    {
        (_runs, _formats) = (runs, formats);
        try
        {
            // All folders first: an agent of an earlier run that is to be overwritten must not be taken for one to go on with.
            if (mode == RunMode.Overwrite)
                AgentFolder.Clear(experiment);
            foreach (var run in runs)
            {
                string location = Path.Combine(experiment, run.Name);
                bool goesOn = mode == RunMode.Resume && AgentFolder.HasBegun(location);
                if (mode == RunMode.Resume && !goesOn && File.Exists(Path.Combine(location, RunFolder.Table)))
                    _begunAnew.Add(run.Name);
                _folders.Add(AgentFolder.Open(location, goesOn ? RunMode.Resume : RunMode.Overwrite));
            }

            _starts = [.. runs.Zip(_folders, (run, own) => own.IsResumed ? AgentFolder.LoadToGoOn(own, run) : begin?.Invoke(run))];
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Whether updates are checked, see <see cref="Trainer.CheckFinite"/>.</summary>
    public bool CheckFinite { get; init; }

    /// <summary>Agents that were to go on, but had no checkpoint yet: what they had measured is replaced.</summary>
    public IReadOnlyList<string> BegunAnew => _begunAnew;

    /// <summary>The bytes that must be free for agents that begin to train, at the most; none of them is made.</summary>
    /// <param name="runs">The agents.</param>
    /// <param name="device">Where, see <see cref="Train(Device, int, int, IProgressDisplay, CancellationToken)"/>.</param>
    /// <param name="threads">Threads that they share.</param>
    /// <param name="parallel">How many train at the same time; 0 for as many as fit, at least one.</param>
    public static long Plan(IReadOnlyList<AgentRun> runs, Device device, int threads, int parallel)
    {
        int atOnce = Math.Max(1, parallel);
        using var own = device.Fork(Math.Max(1, threads / atOnce));

        // Agents that differ in their seeds alone take the same.
        return Batches(runs, device)
            .Select(batch => batch.Select(i => runs[i]).ToArray())
            .GroupBy(batch => string.Join(',', batch.Select(run => run.Method)))
            .SelectMany(alike => Enumerable.Repeat(Need(alike.First(), own), alike.Count()))
            .OrderDescending().Take(atOnce).Sum();
    }

    /// <summary>Trains them.</summary>
    /// <param name="device">Where; each that trains at the same time gets a fork of it.</param>
    /// <param name="threads">Threads that they share.</param>
    /// <param name="parallel">
    /// How many train at the same time, or how many batches of agents on a device that prefers batches; 0 for one on others, and on such
    /// a one for as many batches as fit its memory.
    /// </param>
    /// <param name="progress">What shows progress.</param>
    /// <param name="cancel">Asks to stop.</param>
    /// <returns>The agents with what their training has led to, in the order given.</returns>
    /// <exception cref="OperationCanceledException">Training was cancelled; all checkpoints are complete.</exception>
    public IReadOnlyList<(AgentRun Run, TrainingResult Result)> Train(
        Device device, int threads, int parallel, IProgressDisplay progress, CancellationToken cancel)
    {
        // Once one has failed, the others stop at their next checkpoint.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        foreach (var (run, start) in _runs.Zip(_starts))
        {
            double cost = MetaGradientMethod.Parse(run.Method).RelativeCost;
            progress.Expect(run.Name, start?.Iteration ?? 0, run.Settings.Updates, cost);
        }

        var results = new TrainingResult[_runs.Count];
        var failures = new ConcurrentQueue<Exception>();
        int[][] batches = [.. Batches(_runs, device, i => _starts[i]?.Iteration)];
        bool fits = parallel == 0 && device.PrefersWholeBatches && batches.Length > 1;
        int atOnce = Math.Min(fits ? batches.Length : Math.Max(1, parallel), batches.Length);

        var waiting = new WaitingBatches(batches.Select(batch => (batch, fits ? Need(Agents(batch), device) : 0)), device.FreeBytes);
        Thread[] workers = [.. Enumerable.Range(0, atOnce).Select(_ => new Thread(Work))];
        foreach (var worker in workers)
            worker.Start();
        foreach (var worker in workers)
            worker.Join();
        if (failures.FirstOrDefault(e => e is not OperationCanceledException) is { } failure)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        cancel.ThrowIfCancellationRequested();
        return [.. _runs.Zip(results)];

        void Work() => Attempt(() =>
        {
            using var own = device.Fork(Math.Max(1, threads / atOnce));
            waiting.Train(batch => Attempt(() =>
            {
                foreach (var (i, result) in batch.Zip(Train(batch, own, progress, stop.Token)))
                    results[i] = result;
            }));
        });

        // What waits when one has failed is passed over.
        void Attempt(Action act)
        {
            try
            {
                if (!stop.IsCancellationRequested)
                    act();
            }
            catch (Exception e)
            {
                failures.Enqueue(e);
                stop.Cancel();
            }
        }
    }

    /// <summary>Lets others have the folders.</summary>
    public void Dispose()
    {
        foreach (var own in _folders)
            own.Dispose();
    }

    // Agents that may learn as one batch: they differ in nothing but seeds and methods of one inner loop, and have come equally far.
    private static IEnumerable<int[]> Batches(IReadOnlyList<AgentRun> runs, Device device, Func<int, int?>? iteration = null)
    {
        var numbers = Enumerable.Range(0, runs.Count);
        return device.PrefersWholeBatches
            ? numbers.GroupBy(Common).Select(batch => batch.ToArray())
            : numbers.Select(i => (int[])[i]);

        (AgentRun, (MetaGradientKind, int), int?) Common(int i)
            => (runs[i] with { Method = "", Seed = 0 }, MetaGradientMethod.Parse(runs[i].Method).Loop, iteration?.Invoke(i));
    }

    // The blocks of a pool are up to a quarter larger than what is asked for.
    private static long Need(AgentRun[] batch, Device device) => new AgentTraining(batch, device).Plan() / 4 * 5;

    private AgentRun[] Agents(int[] batch) => [.. batch.Select(i => _runs[i])];

    private IReadOnlyList<TrainingResult> Train(int[] batch, Device device, IProgressDisplay progress, CancellationToken cancel)
    {
        var recorders = new List<RunRecorder>();
        try
        {
            foreach (int i in batch)
            {
                var logs = RunLogs.OfAgent(_folders[i], _formats, Columns<TrainingRow>.Names, Json(_runs[i]));
                recorders.Add(new(_folders[i], Json(_runs[i]), _starts[i], logs, progress, Shown));
            }

            var training = new AgentTraining(Agents(batch), device) { CheckFinite = CheckFinite };
            if (_starts[batch[0]] is not null)
                training.Resume([.. batch.Select(i => _starts[i]!)]);
            var results = training.Run(recorders, _runs[batch[0]].Replicates == 0 ? Keep : null, cancel);
            foreach (var recorder in recorders)
                recorder.Complete();
            return results;
        }
        finally
        {
            foreach (var recorder in recorders)
                recorder.Dispose();
        }

        void Keep(int agent, int point, Func<ExperimentSnapshot> capture)
            => SnapshotFile.Save(_folders[batch[agent]].PathOf(AgentFolder.PointFile(point)), capture(), Json(_runs[batch[agent]]));

        static IReadOnlyList<(string Name, double Value)> Shown(MetricRow row)
            => [.. s_shown.Select(shown => (shown.Heading, row.Values[Columns<TrainingRow>.Of(shown.Column)]))];
    }

    private static string Json(AgentRun run) => JsonSerializer.Serialize(run, Output.Json.Options);
}
