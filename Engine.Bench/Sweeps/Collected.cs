using Engine.Bench.Figures;
using Engine.Bench.Output;
using Engine.Bench.Runs;
using Engine.RL.Statistics;

namespace Engine.Bench.Sweeps;

/// <summary>What the jobs of a sweep have measured so far: a curve for each variant, over its seeds.</summary>
/// <param name="Variant">The variant, and the method where its runs have several.</param>
/// <param name="Differs">The settings in which it differs from others, in the order of the sweep's names.</param>
/// <param name="X">The column along.</param>
/// <param name="Curve">The curve.</param>
internal sealed record Collected(string Variant, IReadOnlyList<string> Differs, string X, SeedCurves Curve)
{
    /// <summary>Collects what there is; variants of which there is nothing yet are left out.</summary>
    /// <param name="sweep">The sweep.</param>
    /// <param name="folder">Its folder.</param>
    /// <param name="x">The column along; null for the one that tables have for it.</param>
    /// <param name="y">The column.</param>
    /// <param name="points">The most points of a curve.</param>
    public static IReadOnlyList<Collected> Of(Sweep sweep, SweepFolder folder, string? x, string y, int points) =>
    [
        .. from variant in sweep.Variants
           let seeds = variant.SelectMany(job => Measured(folder.RunOf(job))).ToArray()
           let several = seeds.DistinctBy(seed => seed.Method).Count() > 1
           from method in seeds.GroupBy(seed => seed.Method)
           let along = x ?? PlottedCurves.Along(method.First().Table)
           select new Collected(
               several ? $"{variant.Key},{method.Key}" : variant.Key,
               [.. sweep.Varied.Select(name => SweepJob.Text(variant.First().Differs[name]))],
               along,
               PlottedCurves.Aligned(variant.Key, [.. method], along, y, points)),
    ];

    /// <summary>A table with a row for each variant.</summary>
    public static string ToCsv(Sweep sweep, IReadOnlyList<Collected> variants)
    {
        using var writer = StatisticsTable.Begin();
        foreach (var variant in variants)
        {
            using var row = writer.NewRow();
            row["variant"].Set(variant.Variant);
            foreach (var (name, value) in sweep.Varied.Zip(variant.Differs))
                row[name].Set(value);
            StatisticsTable.Set(row, "until", variant.Curve.X[^1], variant.Curve.Final);
        }

        return writer.ToString();
    }

    /// <summary>The curve with its intervals.</summary>
    public Series Series() => new PlottedCurve(Variant, "", "", "", Curve).Series(isMean: false);

    private static IReadOnlyList<MeasuredSeed> Measured(string run)
        => Directory.Exists(run) && Directory.GetFiles(run, RunFolder.Table, SearchOption.AllDirectories).Any(HasRows)
            ? MeasuredSeed.Find(run)
            : [];

    private static bool HasRows(string table) => MetricsTable.Read(table).Count > 0;
}
