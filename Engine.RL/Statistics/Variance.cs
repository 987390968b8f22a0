namespace Engine.RL.Statistics;

/// <summary>Variance by where it comes from.</summary>
internal static class Variance
{
    /// <summary>
    /// The parts of a variance that are due to two sources, and to both together, from every combination of some of the one with as many
    /// of the other: a two-way analysis of variance with random effects and no repetitions (Searle, Casella and McCulloch, 1992). Parts
    /// that come out below 0 are 0; the three sum to 1.
    /// </summary>
    /// <param name="samples">[size, size], row by row: the first source decides the row, the second one the column.</param>
    /// <param name="size">How many there are of each.</param>
    public static (double First, double Second, double Both) BySource(double[] samples, int size)
    {
        double mean = samples.Average(), freedom = size - 1;
        double[] rows = [.. samples.Chunk(size).Select(row => row.Average())];
        double[] columns = [.. Enumerable.Range(0, size).Select(c => samples.Where((_, i) => i % size == c).Average())];
        double rowSquare = size * rows.Sum(x => (x - mean) * (x - mean)) / freedom;
        double columnSquare = size * columns.Sum(x => (x - mean) * (x - mean)) / freedom;
        double rest = samples.Select((x, i) => Math.Pow(x - rows[i / size] - columns[i % size] + mean, 2)).Sum() / (freedom * freedom);
        double first = Math.Max(0, (rowSquare - rest) / size), second = Math.Max(0, (columnSquare - rest) / size);
        double total = first + second + rest;
        return (first / total, second / total, rest / total);
    }
}
