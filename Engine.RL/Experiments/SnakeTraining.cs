using System.Diagnostics;
using System.Text.Json.Serialization;
using Engine.Core.Files;
using Engine.Kernels;
using Engine.RL.Meta;

namespace Engine.RL.Experiments;

/// <summary>One agent to train.</summary>
/// <param name="Method">How meta-gradients are taken: see <see cref="MetaGradientMethod.Parse"/>.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Settings">Everything else about learning.</param>
/// <param name="Points">Points of training, evenly spaced, that are kept or at which meta-gradients are judged.</param>
/// <param name="Replicates">Meta-gradients taken at each of them, beside 1-step ones; 0 for none.</param>
public sealed record SnakeRun(string Method, int Seed, SnakeSettings Settings, int Points = 0, int Replicates = 0)
{
    /// <summary>The run's name, such as 3-mix-0.</summary>
    [JsonIgnore]
    public string Name => FormattableString.Invariant($"{Method}-{Seed}");
}

/// <summary>How much meta-gradients varied at a point of training.</summary>
/// <param name="Update">Updates made before it.</param>
/// <param name="Deviation">The standard deviation for each meta-parameter, in logit space.</param>
/// <param name="OneStep">The same of 1-step meta-gradients at this point.</param>
public sealed record SnakeDeviation(int Update, double[] Deviation, double[] OneStep);

/// <summary>What training has led to.</summary>
/// <param name="Rows">Metrics along it.</param>
/// <param name="Deviations">How much meta-gradients varied at points along it.</param>
public sealed record SnakeResult(IReadOnlyList<MetricRow> Rows, IReadOnlyList<SnakeDeviation> Deviations);

/// <summary>Training one agent on Snake with meta-learned hyper-parameters (section 3 of the paper).</summary>
/// <param name="run">What to train.</param>
/// <param name="device">Where.</param>
public sealed class SnakeTraining(SnakeRun run, Device device)
{
    private const string PendingTensor = "pending", DeviationsTensor = "deviations";

    // The update, and two deviations of each of the four meta-parameters.
    private const int DeviationWidth = 9;

    private readonly List<MetricRow> _rows = [];
    private readonly List<double[]> _pending = [];
    private readonly List<SnakeDeviation> _deviations = [];
    private ExperimentSnapshot? _start;

    /// <summary>The columns of the four meta-parameters, in the order of <see cref="MetaParameter"/>.</summary>
    public static IReadOnlyList<string> MetaParameterNames { get; } = ["gamma", "lambda", "c_crit", "c_entr"];

    /// <summary>Columns of a row of metrics, after method, seed and update.</summary>
    /// <remarks>
    /// Frames and episodes count from the beginning; returns are those of episodes that ended since the row before, NaN if none did;
    /// losses and norms are means since then, meta-parameters those of the last update. Of method 0, what belongs to the
    /// meta-gradient is NaN.
    /// </remarks>
    public static IReadOnlyList<string> Columns { get; } =
    [
        "frames", "episodes", "return_mean", "return_max", .. MetaParameterNames, "actor_loss", "critic_loss", "entropy",
        "inner_loss", "outer_loss", "grad_norm", "meta_grad_norm", "frames_per_second",
    ];

    /// <summary>The number of a column.</summary>
    public static int Column(string name) => Columns.Index().Single(column => column.Item == name).Index;

    /// <summary>The updates after which points of training lie.</summary>
    public static int[] PointUpdates(int updates, int points)
        => [.. Enumerable.Range(0, points).Select(k => (int)(((2L * k) + 1) * updates / (2L * points))).Distinct()];

    /// <summary>Goes on from a snapshot rather than from the beginning.</summary>
    public void Resume(ExperimentSnapshot snapshot) => _start = snapshot;

    /// <summary>Trains.</summary>
    /// <param name="observer">Who watches.</param>
    /// <param name="keep">
    /// Gets the points of training that <see cref="SnakeRun.Points"/> asks for, by number; null if nobody keeps them.
    /// </param>
    /// <param name="cancel">Asks to stop.</param>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <exception cref="OperationCanceledException">Training was cancelled; the observer got a last checkpoint.</exception>
    /// <exception cref="InvalidDataException">The snapshot is that of another agent.</exception>
    public SnakeResult Run(
        IExperimentObserver observer, Action<int, Func<ExperimentSnapshot>>? keep = null, CancellationToken cancel = default)
    {
        run.Settings.Validate();
        var method = MetaGradientMethod.Parse(run.Method);
        var task = new SnakeTask(run.Settings);
        using var learner = new SnakeLearner(task, run.Settings, method, run.Seed, device);
        using var judge = run.Replicates == 0 || method.Steps == 0
            ? null
            : new SnakeMetaGradients(task, run.Settings, [method, new(MetaGradientKind.Classic, 1)], device);
        Begin(learner);
        int updates = run.Settings.Updates;
        int[] points = PointUpdates(updates, run.Points);
        var (rowBegan, measured) = (Stopwatch.GetTimestamp(), 0);
        while (learner.Updates < updates)
        {
            observer.CheckpointOrStop(Capture, cancel);
            int point = Array.IndexOf(points, learner.Updates);
            if (point >= 0)
            {
                // The pace is that of training alone.
                long paused = Stopwatch.GetTimestamp();
                keep?.Invoke(point, Capture);
                if (judge is not null)
                    _deviations.Add(Judge(judge, learner));
                rowBegan += Stopwatch.GetTimestamp() - paused;
            }

            _pending.Add(learner.Step());
            measured++;
            if (learner.Updates % run.Settings.LogEvery == 0 || learner.Updates == updates)
            {
                // A run that goes on has measured only part of its first row.
                var row = Summarise(learner.Updates, measured / Stopwatch.GetElapsedTime(rowBegan).TotalSeconds);
                (rowBegan, measured) = (Stopwatch.GetTimestamp(), 0);
                _pending.Clear();
                _rows.Add(row);
                observer.Row(row);
            }

            observer.Progress(run.Name, learner.Updates, updates);
        }

        observer.Checkpoint(Capture, last: true);
        return new SnakeResult([.. _rows], [.. _deviations]);

        ExperimentSnapshot Capture()
        {
            var tensors = learner.Capture();
            tensors[PendingTensor] = Stored(_pending, SnakeLearner.MetricCount);
            double[][] deviations = [.. _deviations.Select(point => (double[])[point.Update, .. point.Deviation, .. point.OneStep])];
            tensors[DeviationsTensor] = Stored(deviations, DeviationWidth);
            return new ExperimentSnapshot(tensors, 0, learner.Updates, [.. _rows]);
        }
    }

    private static StoredTensor Stored(IReadOnlyList<double[]> rows, int width)
        => StoredTensor.Of<double>([rows.Count, width], [.. rows.SelectMany(row => row)]);

    private static IEnumerable<double[]> Rows(ExperimentSnapshot snapshot, string name, int width)
        => snapshot.Tensors.TryGetValue(name, out var stored)
            && stored.Type == ElementType.Float64
            && stored.Shape is [_, var columns]
            && columns == width
            ? stored.Elements<double>().ToArray().Chunk(width)
            : throw new InvalidDataException($"The checkpoint has no tensor '{name}' of {width} columns.");

    private void Begin(SnakeLearner learner)
    {
        _rows.Clear();
        _pending.Clear();
        _deviations.Clear();
        if (_start is null)
            return;
        learner.Restore(_start.Tensors, _start.Iteration);
        _rows.AddRange(_start.Rows);
        _pending.AddRange(Rows(_start, PendingTensor, SnakeLearner.MetricCount));
        _deviations.AddRange(
            Rows(_start, DeviationsTensor, DeviationWidth).Select(row => new SnakeDeviation((int)row[0], row[1..5], row[5..])));
    }

    private SnakeDeviation Judge(SnakeMetaGradients judge, SnakeLearner learner)
    {
        double[][] deviations = [.. judge.Sample(learner.State, run.Seed, learner.Updates, run.Replicates).Select(Deviation)];
        return new SnakeDeviation(learner.Updates, deviations[0], deviations[1]);

        static double[] Deviation(float[] samples)
            => [.. Enumerable.Range(0, 4).Select(c => Estimate.Deviation([.. samples.Where((_, i) => i % 4 == c).Select(x => (double)x)]))];
    }

    private MetricRow Summarise(int update, double updatesPerSecond)
    {
        double episodes = Sum(SnakeLearner.Episodes), maximum = _pending.Max(metrics => metrics[SnakeLearner.ReturnMaximum]);
        double before = _rows.Count == 0 ? 0 : _rows[^1].Values[Column("episodes")];
        return new MetricRow(
            run.Method,
            run.Seed,
            update,
            [
                update * run.Settings.FramesPerUpdate,
                before + episodes,
                episodes > 0 ? Sum(SnakeLearner.ReturnSum) / episodes : double.NaN,
                episodes > 0 ? maximum : double.NaN,
                .. _pending[^1][SnakeLearner.Values..SnakeLearner.Losses],
                .. Enumerable.Range(0, SnakeLearner.MetricCount).Skip(SnakeLearner.Losses).Select(metric => Sum(metric) / _pending.Count),
                updatesPerSecond * run.Settings.FramesPerUpdate,
            ]);

        double Sum(int metric) => _pending.Sum(metrics => metrics[metric]);
    }
}
