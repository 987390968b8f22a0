using Engine.Bench.Figures;
using Engine.Bench.Output;
using Engine.RL.Statistics;

namespace Engine.Bench.Runs;

/// <summary>A column of one method of one run, over seeds.</summary>
/// <param name="Label">What the figure calls it: what it differs from the others in.</param>
/// <param name="Run">The run.</param>
/// <param name="Method">The method; empty if it is not known.</param>
/// <param name="Column">The column.</param>
/// <param name="Seeds">The curves.</param>
internal sealed record PlottedCurve(string Label, string Run, string Method, string Column, SeedCurves Seeds)
{
    /// <summary>The curve with its intervals, where these are known.</summary>
    public Series Series(bool isMean)
    {
        double[] values = [.. Seeds.Points.Select(point => isMean ? point.Mean : point.Iqm)];
        Interval?[] intervals = [.. Seeds.Points.Select(point => isMean ? point.MeanInterval : point.IqmInterval)];
        var line = new Series(Label, Seeds.X, values);
        return intervals.All(interval => interval is null) ? line : line with
        {
            Lower = [.. intervals.Select(interval => interval?.Low ?? double.NaN)],
            Upper = [.. intervals.Select(interval => interval?.High ?? double.NaN)],
        };
    }

    /// <summary>Curves as a table with a row for each point, and where that is in column x; what is not known is an empty cell.</summary>
    public static string ToCsv(IEnumerable<PlottedCurve> curves)
    {
        using var writer = StatisticsTable.Begin();
        foreach (var curve in curves)
        {
            foreach (var (at, point) in curve.Seeds.X.Zip(curve.Seeds.Points))
            {
                using var row = writer.NewRow();
                row["run"].Set(curve.Run);
                row["method"].Set(curve.Method);
                row["column"].Set(curve.Column);
                StatisticsTable.Set(row, "x", at, point);
            }
        }

        return writer.ToString();
    }

    /// <summary>The final values of curves.</summary>
    public static string ToJson(string x, IEnumerable<PlottedCurve> curves) => Json.Write(new
    {
        x,
        curves = curves.Select(curve => new
        {
            curve.Run,
            curve.Method,
            curve.Column,
            until = curve.Seeds.X[^1],
            final = curve.Seeds.Final,
        }),
    });
}
