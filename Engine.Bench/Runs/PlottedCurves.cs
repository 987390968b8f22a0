using Engine.Bench.Output;
using Engine.RL.Statistics;

namespace Engine.Bench.Runs;

/// <summary>What runs have measured, as curves: one for each run and method, over its seeds.</summary>
internal sealed class PlottedCurves
{
    private static readonly string[] s_defaultX = ["frames", "iteration", "update"];

    private readonly IGrouping<(string Run, string Method), MeasuredSeed>[] _groups;
    private readonly ILookup<string, string> _runs;

    /// <summary>Takes runs.</summary>
    /// <param name="runs">Folders of runs or of agents, or files of comma-separated values; one that comes twice counts once.</param>
    /// <exception cref="UserError">There is nothing, or it can't be read.</exception>
    public PlottedCurves(IEnumerable<string> runs)
    {
        Seeds = [.. runs.SelectMany(MeasuredSeed.Find).DistinctBy(seed => (Path.GetFullPath(seed.Run), seed.Method, seed.Seed))];
        _groups = [.. Seeds.GroupBy(seed => (seed.Run, seed.Method))];
        _runs = _groups.Select(group => group.Key.Run).Distinct().ToLookup(run => Path.GetFileName(run));
    }

    /// <summary>What curves are drawn along if nothing is said: whichever column there is first.</summary>
    public static string DefaultX => string.Join(", ", s_defaultX);

    /// <summary>The seeds of the runs.</summary>
    public IReadOnlyList<MeasuredSeed> Seeds { get; }

    /// <summary>What a table's curves are drawn along if nothing is said.</summary>
    public static string Along(MetricsTable table) => s_defaultX.FirstOrDefault(table.Has) ?? table.Columns[0];

    /// <summary>The curves of a column.</summary>
    /// <param name="x">The column to draw along.</param>
    /// <param name="column">The column.</param>
    /// <param name="points">The most points of a curve.</param>
    /// <param name="isDrawn">Which seeds; all if null.</param>
    /// <exception cref="UserError">There is no such column.</exception>
    public IEnumerable<PlottedCurve> Of(string x, string column, int points, Func<MeasuredSeed, bool>? isDrawn = null)
        => from seeds in _groups
           where isDrawn is null || seeds.All(isDrawn)
           let key = seeds.Key
           let label = Label(key.Run, key.Method)
           select new PlottedCurve(label, key.Run, key.Method, column, Aligned(label, [.. seeds], x, column, points));

    private string Label(string run, string method)
    {
        string name = _runs[Path.GetFileName(run)].Count() > 1 ? run : Path.GetFileName(run);
        return method.Length == 0 || name == method ? name : _runs.Sum(same => same.Count()) > 1 ? $"{name}, {method}" : method;
    }

    /// <summary>A column of seeds along another.</summary>
    /// <param name="label">What the message calls them.</param>
    /// <param name="seeds">The seeds.</param>
    /// <param name="x">The column along.</param>
    /// <param name="column">The column.</param>
    /// <param name="points">The most points of a curve.</param>
    /// <exception cref="UserError">There is no such column, or it does not rise.</exception>
    public static SeedCurves Aligned(string label, IReadOnlyList<MeasuredSeed> seeds, string x, string column, int points)
    {
        try
        {
            double[][] places = LearningCost.Places(seeds, "--x", x);
            return new([.. seeds.Select((seed, i) => new SeedCurve(places[i], LearningCost.Column(seed, "--y", column)))], points);
        }
        catch (ArgumentException e)
        {
            throw new UserError($"--x {x}: {e.Message} ({label}); name another column.");
        }
    }
}
