namespace Engine.Bench.Figures;

/// <summary>Which points of a series are drawn.</summary>
internal static class Thinning
{
    /// <summary>About as many points as a line keeps.</summary>
    public const int Points = 500;

    /// <summary>
    /// The points between gaps, run by run. A long series keeps the least and the greatest of every column of the picture, so that
    /// peaks stay.
    /// </summary>
    public static List<int[]> Runs(Series series, Axis x, Axis y)
    {
        var runs = new List<int[]>();
        for (int start = 0; start < series.X.Length; start++)
        {
            int end = start;
            while (end < series.X.Length && x.Has(series.X[end]) && y.Has(series.Y[end]))
                end++;
            if (end == start)
                continue;
            runs.Add(series.X.Length <= Points ? [.. Enumerable.Range(start, end - start)] : Thin(series, x, start, end));
            start = end;
        }

        return runs;
    }

    private static int[] Thin(Series series, Axis x, int start, int end)
    {
        var kept = new List<int> { start };
        for (int from = start; from < end;)
        {
            int column = Column(from);
            int least = from, greatest = from, to = from;
            for (; to < end && Column(to) == column; to++)
            {
                if (series.Y[to] < series.Y[least])
                    least = to;
                if (series.Y[to] > series.Y[greatest])
                    greatest = to;
            }

            kept.Add(Math.Min(least, greatest));
            kept.Add(Math.Max(least, greatest));
            from = to;
        }

        kept.Add(end - 1);
        return [.. kept.Distinct()];

        int Column(int i) => (int)Math.Floor(x.Place(series.X[i]) / x.Length * (Points / 2));
    }
}
