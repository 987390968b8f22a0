using Engine.Core.Files;
using Engine.Kernels;
using Engine.RL.Experiments;

namespace Engine.RL.Training;

/// <summary>A row of metrics of an agent in training.</summary>
/// <remarks>
/// Returns are those of episodes that ended since the row before, NaN if none did; losses and norms are means since then,
/// meta-parameters those of the last update. Of method 0, what belongs to the meta-gradient is NaN.
/// </remarks>
/// <param name="Frames">Steps of all games in kept rollouts, from the beginning.</param>
/// <param name="Episodes">Episodes that ended, from the beginning.</param>
/// <param name="ReturnMean">Their mean return.</param>
/// <param name="ReturnMax">The largest.</param>
/// <param name="Gamma">The discount.</param>
/// <param name="Lambda">How far returns reach.</param>
/// <param name="CCrit">The weight of the critic's loss.</param>
/// <param name="CEntr">The weight of the entropy.</param>
/// <param name="LearningRate">The inner step size, before it is annealed.</param>
/// <param name="ActorLoss">The actor's term of the inner loss.</param>
/// <param name="CriticLoss">The critic's term.</param>
/// <param name="Entropy">The policy's entropy.</param>
/// <param name="InnerLoss">The inner loss.</param>
/// <param name="OuterLoss">The outer loss.</param>
/// <param name="GradNorm">The norm of the inner gradient before it is clipped.</param>
/// <param name="MetaGradNorm">The norm of the meta-gradient before it is clipped.</param>
/// <param name="FramesPerSecond">The pace of training.</param>
public sealed record TrainingRow(
    double Frames,
    double Episodes,
    double ReturnMean,
    double ReturnMax,
    double Gamma,
    double Lambda,
    double CCrit,
    double CEntr,
    double LearningRate,
    double ActorLoss,
    double CriticLoss,
    double Entropy,
    double InnerLoss,
    double OuterLoss,
    double GradNorm,
    double MetaGradNorm,
    double FramesPerSecond);

/// <summary>What is known of an agent's training so far beside the agent itself.</summary>
internal sealed class AgentLog(AgentRun run)
{
    private const string PendingTensor = "pending", DeviationsTensor = "deviations", PointsTensor = "points";

    private readonly List<MetricRow> _rows = [];
    private readonly List<double[]> _pending = [];
    private readonly List<MetaGradientDeviation> _deviations = [];
    private UpdateMetrics<int>? _sizes;
    private int _measured;

    /// <summary>All of it.</summary>
    public TrainingResult Result => new([.. _rows], [.. _deviations]);

    /// <summary>Takes note of an update.</summary>
    public void Add(UpdateMetrics<double[]> metrics)
    {
        _sizes ??= metrics.Map(values => values.Length);
        var numbers = new List<double>();
        metrics.Map(values =>
        {
            numbers.AddRange(values);
            return values;
        });
        _pending.Add([.. numbers]);
        _measured++;
    }

    /// <summary>Points of training that were kept or evaluated; the number of the next one.</summary>
    public int Points { get; private set; }

    /// <summary>Takes note of a point of training.</summary>
    /// <param name="deviation">How much meta-gradients vary there, if that was evaluated.</param>
    public void AddPoint(MetaGradientDeviation? deviation)
    {
        Points++;
        if (deviation is not null)
            _deviations.Add(deviation);
    }

    /// <summary>A row of the updates since the last one.</summary>
    /// <param name="update">Updates made.</param>
    /// <param name="time">What they took, as far as this process has made them.</param>
    public MetricRow Summarise(int update, TimeSpan time)
    {
        var updates = _pending.Select(Unpacked).ToArray();
        double episodes = updates.Sum(each => each.Episodes[0]), frames = run.Settings.FramesPerUpdate;
        double[] eta = updates[^1].Eta;
        double before = _rows.Count == 0 ? 0 : Columns<TrainingRow>.Row(_rows[^1].Values).Episodes;
        var row = new TrainingRow(
            update * frames,
            before + episodes,
            episodes > 0 ? updates.Sum(each => each.ReturnSum[0]) / episodes : double.NaN,
            episodes > 0 ? updates.Max(each => each.ReturnMaximum[0]) : double.NaN,
            eta[0],
            eta[1],
            eta[2],
            eta[3],
            eta[4],
            Mean(each => each.ActorLoss),
            Mean(each => each.CriticLoss),
            Mean(each => each.Entropy),
            Mean(each => each.InnerLoss),
            Mean(each => each.OuterLoss),
            Mean(each => each.GradientNorm),
            Mean(each => each.MetaGradientNorm),
            _measured * frames / time.TotalSeconds);
        _rows.Add(new MetricRow(run.Method, run.Seed, update, Columns<TrainingRow>.Values(row)));

        // The row at the end may come early. What it is made of is kept: should training go on, that belongs to the row after it.
        if (update % run.Settings.LogEvery == 0)
            _pending.Clear();
        _measured = 0;
        return _rows[^1];

        double Mean(Func<UpdateMetrics<double[]>, double[]> metric) => updates.Average(each => metric(each)[0]);
    }

    /// <summary>All of it with the agent.</summary>
    public ExperimentSnapshot Snapshot(OrderedDictionary<string, StoredTensor> agent, int updates)
    {
        agent[PendingTensor] = Stored(_pending);
        agent[DeviationsTensor] = Stored([.. _deviations.Select(point => (double[])[point.Update, .. point.Std, .. point.OneStep])]);
        agent[PointsTensor] = Stored([[Points]]);
        return new ExperimentSnapshot(agent, 0, updates, [.. _rows]);
    }

    /// <summary>Goes on from a snapshot.</summary>
    /// <exception cref="InvalidDataException">It is not one of an agent in training.</exception>
    public void Restore(ExperimentSnapshot snapshot)
    {
        _rows.Clear();
        _rows.AddRange(snapshot.Rows);
        if (_rows.Count > 0 && _rows[^1].Iteration % run.Settings.LogEvery != 0 && snapshot.Iteration < run.Settings.Updates)
            _rows.RemoveAt(_rows.Count - 1);
        _pending.Clear();
        _pending.AddRange(Rows(snapshot, PendingTensor));
        _deviations.Clear();
        _deviations.AddRange(Rows(snapshot, DeviationsTensor).Select(
            row => new MetaGradientDeviation((int)row[0], row[1..((row.Length / 2) + 1)], row[((row.Length / 2) + 1)..])));
        Points = (int)Rows(snapshot, PointsTensor).Single()[0];
    }

    /// <summary>A snapshot with the number of its points: earlier versions did not write it, and made no run longer.</summary>
    public static ExperimentSnapshot WithPoints(ExperimentSnapshot snapshot, AgentRun before)
    {
        if (snapshot.Tensors.ContainsKey(PointsTensor))
            return snapshot;
        int points = AgentTraining.PointUpdates(before.Settings.Updates, before.Points).Count(update => update < snapshot.Iteration);
        return snapshot with { Tensors = snapshot.Tensors.Append(new(PointsTensor, Stored([[points]]))).ToDictionary() };
    }

    private UpdateMetrics<double[]> Unpacked(double[] numbers)
    {
        // After a restart sizes follow from the first update's, which has come by now.
        int at = 0;
        return _sizes!.Map(size => numbers[at..(at += size)]);
    }

    private static StoredTensor Stored(IReadOnlyList<double[]> rows)
        => StoredTensor.Of<double>([rows.Count, rows.Count == 0 ? 0 : rows[0].Length], [.. rows.SelectMany(row => row)]);

    private static IEnumerable<double[]> Rows(ExperimentSnapshot snapshot, string name)
        => snapshot.Tensors.TryGetValue(name, out var stored) && stored is { Type: ElementType.Float64, Shape: [var rows, var columns] }
            ? Enumerable.Range(0, rows).Select(row => stored.Elements<double>()[(row * columns)..((row + 1) * columns)].ToArray())
            : throw new InvalidDataException($"The checkpoint has no tensor '{name}' of two axes.");
}
