using System.Diagnostics;
using Engine.Kernels;
using Engine.RL.Experiments;
using Engine.RL.Meta;

namespace Engine.RL.Training;

/// <summary>How much meta-gradients varied at a point of training.</summary>
/// <param name="Update">Updates made before it.</param>
/// <param name="Std">The standard deviation for each meta-parameter, as it is kept.</param>
/// <param name="OneStep">The same of 1-step meta-gradients at this point.</param>
public sealed record MetaGradientDeviation(int Update, double[] Std, double[] OneStep);

/// <summary>What training has led to.</summary>
/// <param name="Rows">Metrics along it, see <see cref="TrainingRow"/>.</param>
/// <param name="Deviations">How much meta-gradients varied at points along it.</param>
public sealed record TrainingResult(IReadOnlyList<MetricRow> Rows, IReadOnlyList<MetaGradientDeviation> Deviations);

/// <summary>
/// Training agents with meta-learned hyper-parameters (section 3 of the paper): rows of metrics, points that are kept or evaluated,
/// checkpoints. They differ in their seeds alone, or in methods of one inner loop, see <see cref="MetaGradientMethod.Loop"/>.
/// </summary>
/// <param name="runs">What to train: one agent, or several that are made step by step together.</param>
/// <param name="device">Where.</param>
public sealed class AgentTraining(IReadOnlyList<AgentRun> runs, Device device)
{
    private IReadOnlyList<ExperimentSnapshot>? _start;

    /// <summary>Whether updates are checked, see <see cref="Trainer.CheckFinite"/>.</summary>
    public bool CheckFinite { get; init; }

    /// <summary>The updates after which points of training lie.</summary>
    public static int[] PointUpdates(int updates, int points)
        => [.. Enumerable.Range(0, points).Select(k => (int)(((2L * k) + 1) * updates / (2L * points))).Distinct()];

    /// <summary>A snapshot with the number of its points of training, which earlier versions did not write.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="before">The agent as it was to be trained when that was taken.</param>
    public static ExperimentSnapshot WithPoints(ExperimentSnapshot snapshot, AgentRun before) => AgentLog.WithPoints(snapshot, before);

    /// <summary>
    /// Goes on from snapshots of all agents, after as many updates each, rather than from the beginning. They may be of a run that was to
    /// have fewer frames: those points of training follow that lie ahead in the longer run, and the step size, if it is annealed, goes on
    /// as it does in that one.
    /// </summary>
    /// <exception cref="ArgumentException">There are not as many as agents, or they have not come equally far, or too far.</exception>
    public void Resume(IReadOnlyList<ExperimentSnapshot> snapshots)
    {
        if (snapshots.Count != runs.Count)
            throw new ArgumentException($"There are {runs.Count} agents, but {snapshots.Count} snapshots.", nameof(snapshots));
        int[] updates = [.. snapshots.Select(snapshot => snapshot.Iteration).Distinct()];
        if (updates.Length > 1)
            throw new ArgumentException($"Agents have made {string.Join(", ", updates)} updates, but must be as far.", nameof(snapshots));
        if (updates[0] > runs[0].Settings.Updates)
        {
            throw new ArgumentException(
                $"Agents have made {updates[0]} updates, more than the {runs[0].Settings.Updates} of their run.", nameof(snapshots));
        }

        _start = snapshots;
    }

    /// <summary>
    /// The bytes that updates and the evaluation of points work in, beside the agents themselves; nothing is computed but agents' first
    /// states.
    /// </summary>
    public long Plan()
    {
        using var trainer = CreateTrainer();
        using var deviations = new MetaGradientDeviations(runs, trainer.Update, device);
        return trainer.Plan() + deviations.Plan(trainer);
    }

    /// <summary>Trains.</summary>
    /// <param name="observers">Who watches each agent.</param>
    /// <param name="keep">
    /// Gets, by agent and number, the points of training that <see cref="AgentRun.Points"/> asks for; null if nobody keeps them.
    /// </param>
    /// <param name="cancel">Asks to stop.</param>
    /// <returns>What came of each agent.</returns>
    /// <exception cref="ArgumentException">A setting is out of range, or methods have different inner loops.</exception>
    /// <exception cref="OperationCanceledException">Training was cancelled; the observers got a last checkpoint.</exception>
    /// <exception cref="InvalidDataException">A snapshot is that of another agent.</exception>
    /// <exception cref="NotFiniteNumberException">NaN or infinity came up, and that is checked.</exception>
    public IReadOnlyList<TrainingResult> Run(
        IReadOnlyList<IExperimentObserver> observers,
        Action<int, int, Func<ExperimentSnapshot>>? keep = null,
        CancellationToken cancel = default)
    {
        var settings = runs[0].Settings;
        settings.Validate();
        AgentLog[] logs = [.. runs.Select(run => new AgentLog(run))];
        using var trainer = CreateTrainer();
        using var deviations = new MetaGradientDeviations(runs, trainer.Update, device);
        if (_start is not null)
        {
            trainer.Restore([.. _start.Select(snapshot => snapshot.Tensors)], _start[0].Iteration);
            foreach (var (log, snapshot) in logs.Zip(_start))
                log.Restore(snapshot);
        }

        int updates = settings.Updates;
        int[] points = PointUpdates(updates, runs[0].Points);
        var pace = new Stopwatch();
        while (trainer.Updates < updates)
        {
            CheckpointOrStop();
            for (int agent = 0; agent < runs.Count && points.Contains(trainer.Updates); agent++)
            {
                keep?.Invoke(agent, logs[agent].Points, Capture(agent));
                logs[agent].AddPoint(deviations.Of(trainer, agent));
            }

            // The pace is that of training alone.
            pace.Start();
            var measured = trainer.Step();
            pace.Stop();
            foreach (var (log, metrics) in logs.Zip(measured))
                log.Add(metrics);
            if (trainer.Updates % settings.LogEvery == 0 || trainer.Updates == updates)
            {
                for (int agent = 0; agent < runs.Count; agent++)
                    observers[agent].Row(logs[agent].Summarise(trainer.Updates, pace.Elapsed));
                pace.Reset();
            }

            for (int agent = 0; agent < runs.Count; agent++)
                observers[agent].Progress(runs[agent].Name, trainer.Updates, updates);
        }

        for (int agent = 0; agent < runs.Count; agent++)
            observers[agent].Checkpoint(Capture(agent), last: true);
        return [.. logs.Select(log => log.Result)];

        Func<ExperimentSnapshot> Capture(int agent) => () => logs[agent].Snapshot(trainer.Capture(agent), trainer.Updates);

        // Asked once: who cancels while a checkpoint is made gets one more, which is the last.
        void CheckpointOrStop()
        {
            bool stop = cancel.IsCancellationRequested;
            for (int agent = 0; agent < runs.Count; agent++)
                observers[agent].Checkpoint(Capture(agent), stop);
            if (stop)
                throw new OperationCanceledException(cancel);
        }
    }

    private Trainer CreateTrainer()
        => new(
            runs[0].Settings.CreateEnvironment(),
            runs[0].Settings,
            [.. runs.Select(run => (MetaGradientMethod.Parse(run.Method), run.Seed))],
            device)
        {
            CheckFinite = CheckFinite,
        };
}
