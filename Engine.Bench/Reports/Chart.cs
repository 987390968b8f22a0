using System.Globalization;
using Engine.Bench.Runs;

namespace Engine.Bench.Reports;

/// <summary>A chart of a report: a column of some runs along another.</summary>
/// <param name="X">The column along.</param>
/// <param name="Y">The column.</param>
/// <param name="Curves">The curves.</param>
internal sealed record Chart(string X, string Y, IReadOnlyList<PlottedCurve> Curves)
{
    // Of a study of hundreds of estimators a chart shows nothing; its own figure does.
    private const int MostCurves = 40;

    private static readonly string[] s_first = ["return_mean", "gamma", "lambda", "c_crit", "c_entr", "learning_rate", "entropy"];
    private static readonly string[] s_never = ["method", "seed", "frames", "iteration", "update"];

    /// <summary>The charts of all that changes along runs, those that people look at first in front.</summary>
    /// <param name="runs">What runs have measured.</param>
    /// <param name="x">The column to draw along; null for that which tables have for it.</param>
    /// <param name="points">The most points of a curve.</param>
    public static IReadOnlyList<Chart> All(PlottedCurves runs, string? x, int points)
    {
        var drawn = runs.Seeds.GroupBy(seed => seed.Run)
            .Where(seeds => seeds.DistinctBy(seed => seed.Method).Count() <= MostCurves)
            .SelectMany(seeds => seeds)
            .ToArray();
        return
        [
            .. from along in drawn.Select(AlongOf).Distinct()
               from column in drawn.Where(seed => AlongOf(seed) == along).SelectMany(seed => seed.Table.Columns).Distinct()
               where column != along && !s_never.Contains(column)
               orderby Array.IndexOf(s_first, column) is >= 0 and var place ? place : s_first.Length
               let curves = runs.Of(along, column, points, seed => drawn.Contains(seed) && seed.Table.Has(column) && AlongOf(seed) == along)
                   .ToArray()
               where Tells(curves)
               select new Chart(along, column, curves),
        ];

        string AlongOf(MeasuredSeed seed) => x ?? PlottedCurves.Along(seed.Table);
    }

    /// <summary>Whether people look at it first.</summary>
    public bool IsFirst => s_first.Contains(Y);

    /// <summary>Its numbers, in six digits.</summary>
    public object Data() => new
    {
        x = X,
        y = Y,
        curves = Curves.Select(curve => new
        {
            name = curve.Label,
            x = curve.Seeds.X.Select(at => Rounded(at)),
            y = curve.Seeds.Points.Select(point => Rounded(point.Iqm)),
            low = curve.Seeds.Final.Seeds > 1 ? curve.Seeds.Points.Select(point => Rounded(point.IqmInterval?.Low)) : null,
            high = curve.Seeds.Final.Seeds > 1 ? curve.Seeds.Points.Select(point => Rounded(point.IqmInterval?.High)) : null,
        }),
    };

    // Something moves, or differs between curves.
    private static bool Tells(PlottedCurve[] curves)
        => curves.SelectMany(curve => curve.Seeds.Points).Select(point => point.Iqm).Where(double.IsFinite).Distinct().Skip(1).Any();

    private static double? Rounded(double? value)
        => value is { } known && double.IsFinite(known)
            ? double.Parse(known.ToString("G6", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)
            : null;
}
