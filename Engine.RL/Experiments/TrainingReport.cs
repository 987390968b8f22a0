using Engine.RL.Statistics;
using Engine.RL.Training;

namespace Engine.RL.Experiments;

/// <summary>How a method did, over seeds.</summary>
/// <param name="Method">The method's name.</param>
/// <param name="FinalReturn">
/// The mean return of the episodes that ended in the last 5% of training: mean and standard deviation over seeds; NaN if none ended.
/// </param>
/// <param name="Deviation">
/// The standard deviation of its meta-gradients over that of 1-step ones at the same points, averaged over points and meta-parameters:
/// mean and standard deviation over seeds. Null if it was not measured.
/// </param>
/// <param name="FramesPerSecond">The median pace of training, over rows of metrics.</param>
public sealed record TrainingSummary(string Method, Spread FinalReturn, Spread? Deviation, double FramesPerSecond);

/// <summary>What runs of <see cref="AgentTraining"/> showed, method by method.</summary>
/// <param name="runs">The runs of one experiment.</param>
public sealed class TrainingReport(IReadOnlyList<(AgentRun Run, TrainingResult Result)> runs)
{
    // The part of training at whose end the final return is taken.
    private const double FinalPart = 0.05;

    private readonly ILookup<string, (AgentRun Run, TrainingResult Result)> _byMethod = runs.ToLookup(run => run.Run.Method);

    /// <summary>The methods that were run.</summary>
    public IReadOnlyList<string> Methods => [.. _byMethod.Select(group => group.Key)];

    /// <summary>The number of seeds.</summary>
    public int Seeds => runs.Select(run => run.Run.Seed).Distinct().Count();

    /// <summary>Each method in numbers.</summary>
    public IReadOnlyList<TrainingSummary> Summary =>
    [
        .. _byMethod.Select(group => new TrainingSummary(
            group.Key,
            Spread.Of([.. group.Select(run => FinalReturn(run.Run, run.Result))]),
            group.All(run => run.Result.Deviations.Count > 0) ? Spread.Of([.. group.Select(run => DeviationRatio(run.Result))]) : null,
            Median([.. group.SelectMany(run => run.Result.Rows).Select(row => row.Values[Columns<TrainingRow>.Of("frames_per_second")])]))),
    ];

    /// <summary>The mean return of the episodes that ended in the last 5% of training, in whole rows of metrics; NaN if none did.</summary>
    public static double FinalReturn(AgentRun run, TrainingResult result)
        => MeanReturn(result.Rows, row => row.Iteration > (1 - FinalPart) * run.Settings.Updates);

    /// <summary>
    /// The standard deviation of meta-gradients over that of 1-step ones, averaged over points and meta-parameters that vary.
    /// </summary>
    public static double DeviationRatio(TrainingResult result)
    {
        var ratios = result.Deviations
            .SelectMany(point => point.Std.Zip(point.OneStep))
            .Where(pair => pair.Second > 0)
            .Select(pair => pair.First / pair.Second)
            .ToArray();
        return ratios.Length > 0 ? ratios.Average() : double.NaN;
    }

    /// <summary>A column of the metrics along training, averaged over parts of as many rows; by updates made.</summary>
    /// <param name="method">The method.</param>
    /// <param name="column">The column, see <see cref="TrainingRow"/>; returns are weighed by episodes.</param>
    /// <param name="parts">The number of parts; there are no more than rows.</param>
    public Curve Along(string method, string column, int parts = 100)
    {
        var group = _byMethod[method].ToArray();
        var first = group[0].Result.Rows;
        parts = Math.Min(parts, first.Count);
        int[] ends = [.. Enumerable.Range(1, parts).Select(part => first[(int)((long)part * first.Count / parts) - 1].Iteration)];
        var spreads = ends.Select((end, part) => Spread.Of(
            [.. group.Select(run => Mean(run.Result.Rows, row => row.Iteration <= end && (part == 0 || row.Iteration > ends[part - 1])))]));
        return new Curve(ends, [.. spreads]);

        double Mean(IReadOnlyList<MetricRow> rows, Func<MetricRow, bool> within)
        {
            if (column == "return_mean")
                return MeanReturn(rows, within);
            var values = rows.Where(within).Select(row => row.Values[Columns<TrainingRow>.Of(column)]).ToArray();
            return values.Length > 0 ? values.Average() : double.NaN;
        }
    }

    // Over all episodes that ended in these rows.
    private static double MeanReturn(IReadOnlyList<MetricRow> rows, Func<MetricRow, bool> within)
    {
        int episodes = Columns<TrainingRow>.Of("episodes"), mean = Columns<TrainingRow>.Of("return_mean");
        double count = 0, sum = 0, before = 0;
        foreach (var row in rows)
        {
            double ended = row.Values[episodes] - before;
            before = row.Values[episodes];
            if (ended > 0 && within(row))
            {
                count += ended;
                sum += ended * row.Values[mean];
            }
        }

        return count > 0 ? sum / count : double.NaN;
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        return values.Length > 0 ? values[values.Length / 2] : double.NaN;
    }
}
