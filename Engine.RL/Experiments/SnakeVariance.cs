using Engine.Core;
using Engine.Kernels;
using Engine.RL.Meta;

namespace Engine.RL.Experiments;

/// <summary>Settings of <see cref="SnakeVariance"/>.</summary>
public sealed record SnakeVarianceSettings
{
    /// <summary>The folder of the agent, or of the experiment that trained it.</summary>
    public string Run { get; init; } = "";

    /// <summary>The agent's name, such as 3-mix-0, if that experiment trained several.</summary>
    public string? Agent { get; init; }

    /// <summary>The methods to judge, by name: see <see cref="MetaGradientMethod.Parse"/>.</summary>
    public IReadOnlyList<string> Methods { get; init; } = ["1", "3", "5", "3-mix", "5-mix"];

    /// <summary>Points of training at which they are judged, evenly chosen among those kept.</summary>
    public int Points { get; init; } = 20;

    /// <summary>Meta-gradients of each method at each point.</summary>
    public int Replicates { get; init; } = 96;

    /// <summary>Inner steps of the oracle.</summary>
    public int Oracle { get; init; } = 10;

    /// <summary>Makes sure that every setting is in range.</summary>
    /// <exception cref="ArgumentException">One is not; the message names it, its value and what would do.</exception>
    public void Validate()
    {
        Setting.Require(Methods.Count > 0, "methods", "empty", "a list such as 1,3,3-mix");
        bool once = Methods.Distinct().Count() == Methods.Count;
        Setting.Require(once, "methods", string.Join(",", Methods), "a list in which no method stands twice");
        foreach (string method in Methods)
            Setting.Require(MetaGradientMethod.Parse(method).Steps > 0, "methods", method, "one that looks a step ahead");
        Setting.Require(Points >= 1, "points", Points, "at least 1");
        Setting.Require(Replicates is >= 2 and <= 1 << 16, "replicates", Replicates, $"between 2 and {1 << 16}");
        Setting.Require(Oracle is >= 1 and <= 1000, "oracle", Oracle, "between 1 and 1000");
    }
}

/// <summary>Bias and variance of meta-gradients at points along the training of an agent on Snake (section 3.4 of the paper).</summary>
/// <param name="settings">What to judge.</param>
/// <param name="run">The agent, as it was trained.</param>
/// <param name="points">Snapshots along its training; each is loaded when its turn comes.</param>
/// <param name="device">Where.</param>
public sealed class SnakeVariance(
    SnakeVarianceSettings settings, SnakeRun run, IReadOnlyList<Func<ExperimentSnapshot>> points, Device device)
{
    private readonly List<MetricRow> _rows = [];
    private ExperimentSnapshot? _start;

    /// <summary>Columns of a row, after method, seed and update.</summary>
    /// <remarks>
    /// Of each meta-parameter, in logit space: mean, standard deviation and signal-to-noise ratio with their standard errors. Of all
    /// four: the norm of the difference to the oracle's mean, and the cosine with it, with their standard errors.
    /// </remarks>
    public static IReadOnlyList<string> Columns { get; } =
    [
        .. from parameter in SnakeTraining.MetaParameterNames
           from statistic in (string[])["mean", "mean_error", "std", "std_error", "snr", "snr_error"]
           select parameter + "_" + statistic,
        "bias", "bias_error", "cosine", "cosine_error",
    ];

    /// <summary>The number of a column.</summary>
    public static int Column(string name) => Columns.Index().Single(column => column.Item == name).Index;

    /// <summary>Goes on from a snapshot rather than from the beginning.</summary>
    public void Resume(ExperimentSnapshot snapshot) => _start = snapshot;

    /// <summary>Judges the methods.</summary>
    /// <returns>A row for each point and method.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; the observer got a last checkpoint.</exception>
    public IReadOnlyList<MetricRow> Run(IExperimentObserver observer, CancellationToken cancel = default)
    {
        settings.Validate();
        run.Settings.Validate();
        MetaGradientMethod[] methods =
            [.. settings.Methods.Select(MetaGradientMethod.Parse), new(MetaGradientKind.Classic, settings.Oracle)];
        var task = new SnakeTask(run.Settings);
        using var scope = new TensorScope();
        var like = SnakeState.Initial(task, run.Settings.Envs, run.Seed, device);
        using var sampler = new SnakeMetaGradients(task, run.Settings, methods, device);
        _rows.Clear();
        _rows.AddRange(_start?.Rows ?? []);
        int[] chosen = SnakeTraining.PointUpdates(points.Count, Math.Min(settings.Points, points.Count));
        for (int done = _start?.Iteration ?? 0; done < chosen.Length; done++)
        {
            observer.CheckpointOrStop(() => Capture(done), cancel);
            var snapshot = points[chosen[done]]();
            float[][] samples;
            using (new TensorScope())
            {
                var state = like.Restore(snapshot.Tensors, task.Network, device);
                samples = sampler.Sample(state, run.Seed, snapshot.Iteration, settings.Replicates);
            }

            foreach (var (number, method) in settings.Methods.Index())
            {
                var row = new MetricRow(method, run.Seed, snapshot.Iteration, Judge(samples[number], samples[^1]));
                _rows.Add(row);
                observer.Row(row);
            }

            observer.Progress(run.Name, done + 1, chosen.Length);
        }

        observer.Checkpoint(() => Capture(chosen.Length), last: true);
        return [.. _rows];

        ExperimentSnapshot Capture(int done) => new(new Dictionary<string, Core.Files.StoredTensor>(), 0, done, [.. _rows]);
    }

    private static double[] Judge(float[] samples, float[] oracle)
    {
        var all = EstimatorStatistics.Of(samples, oracle, 4, [0, 1, 2, 3]);
        return
        [
            .. Enumerable.Range(0, 4).SelectMany(Parameter),
            all.BiasNorm.Value, all.BiasNorm.Error, all.Cosine.Value, all.Cosine.Error,
        ];

        double[] Parameter(int number)
        {
            var mean = Estimate.Of([.. samples.Where((_, i) => i % 4 == number).Select(x => (double)x)]);
            var one = EstimatorStatistics.Of(samples, oracle, 4, [number]);
            return [mean.Value, mean.Error, one.Deviation.Value, one.Deviation.Error, one.SignalToNoise.Value, one.SignalToNoise.Error];
        }
    }
}
