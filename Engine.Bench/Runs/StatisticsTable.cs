using System.Globalization;
using Engine.RL.Statistics;
using nietras.SeparatedValues;

namespace Engine.Bench.Runs;

/// <summary>Statistics over seeds as comma-separated values.</summary>
internal static class StatisticsTable
{
    /// <summary>Begins a table.</summary>
    public static SepWriter Begin() => Sep.New(',')
        .Writer(options => options with { Escape = true, CultureInfo = CultureInfo.InvariantCulture })
        .ToText();

    /// <summary>Puts statistics into a row, and where they are into a column of that name; what is not known is an empty cell.</summary>
    public static void Set(SepWriter.Row row, string at, double x, SeedStatistics statistics)
    {
        row["seeds"].Format(statistics.Seeds);
        foreach (var (name, number) in ((string, double?)[])[
            (at, x), ("mean", statistics.Mean), ("mean_low", statistics.MeanInterval?.Low), ("mean_high", statistics.MeanInterval?.High),
            ("iqm", statistics.Iqm), ("iqm_low", statistics.IqmInterval?.Low), ("iqm_high", statistics.IqmInterval?.High)])
        {
            if (number is { } known && !double.IsNaN(known))
                row[name].Format(known);
            else
                row[name].Set("");
        }
    }
}
