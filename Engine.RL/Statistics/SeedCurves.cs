namespace Engine.RL.Statistics;

/// <summary>A quantity along one run.</summary>
/// <param name="X">When, such as frames; the numbers rise.</param>
/// <param name="Y">Its values; NaN where it has none.</param>
public sealed record SeedCurve(double[] X, double[] Y);

/// <summary>
/// A quantity along runs that differ in their seeds. Runs are compared where all of them have been: what some have beyond is left out, and
/// nothing is interpolated.
/// </summary>
public sealed class SeedCurves
{
    private const int FinalPart = 10;

    // [seeds][rows]
    private readonly double[][] _values;
    private readonly double[] _x;

    /// <summary>Aligns runs.</summary>
    /// <param name="seeds">The runs.</param>
    /// <param name="points">The most points that a curve has: each is a mean over as many rows.</param>
    /// <exception cref="ArgumentException">There is no place that all runs have, or one has a place twice.</exception>
    public SeedCurves(IReadOnlyList<SeedCurve> seeds, int points)
    {
        var rows = seeds.Select(Places).ToArray();
        _x = [.. rows[0].Keys.Where(x => rows.All(seed => seed.ContainsKey(x))).Order()];
        if (_x.Length == 0)
            throw new ArgumentException("the seeds have no value of it in common");
        _values = [.. rows.Select(seed => _x.Select(x => seed[x]).ToArray())];
        IsCut = rows.Any(seed => seed.Count > _x.Length);
        points = Math.Min(points, _x.Length);
        int[] ends = [.. Enumerable.Range(0, points + 1).Select(part => (int)((long)part * _x.Length / points))];
        X = [.. ends.Skip(1).Select(end => _x[end - 1])];
        Points = [.. ends.Zip(ends.Skip(1), Over)];
        Final = Over(_x.Length - ((_x.Length + FinalPart - 1) / FinalPart), _x.Length);
    }

    /// <summary>The last place that each point is a mean up to.</summary>
    public double[] X { get; }

    /// <summary>The statistics over seeds at each of these; NaN where a seed has no value.</summary>
    public SeedStatistics[] Points { get; }

    /// <summary>The statistics over seeds of the mean over the last tenth of the rows.</summary>
    public SeedStatistics Final { get; }

    /// <summary>Whether some run has rows that others lack.</summary>
    public bool IsCut { get; }

    private static Dictionary<double, double> Places(SeedCurve seed)
    {
        var places = new Dictionary<double, double>();
        foreach (var (x, y) in seed.X.Zip(seed.Y))
        {
            if (!double.IsNaN(x) && !places.TryAdd(x, y))
                throw new ArgumentException(FormattableString.Invariant($"a seed has {x} twice"));
        }

        return places;
    }

    private SeedStatistics Over(int first, int end)
        => SeedStatistics.Of([.. _values.Select(seed => Mean(seed.AsSpan(first..end).ToArray().Where(value => !double.IsNaN(value))))]);

    private static double Mean(IEnumerable<double> values) => values.DefaultIfEmpty(double.NaN).Average();
}
