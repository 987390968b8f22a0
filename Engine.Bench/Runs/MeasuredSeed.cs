using System.Globalization;
using Engine.Bench.Output;
using Engine.RL.Training;

namespace Engine.Bench.Runs;

/// <summary>What one seed of one method has measured: some rows of a table.</summary>
/// <param name="Run">The run, as the user named it.</param>
/// <param name="Method">The method; empty if it is not known.</param>
/// <param name="Seed">The seed; empty if it is not known.</param>
/// <param name="Table">The table.</param>
/// <param name="Rows">Which rows.</param>
internal sealed record MeasuredSeed(string Run, string Method, string Seed, MetricsTable Table, int[] Rows)
{
    private const string MethodColumn = "method", SeedColumn = "seed";

    /// <summary>Finds what a run has measured.</summary>
    /// <param name="path">Its folder, that of one of its agents, or a file of comma-separated values.</param>
    /// <exception cref="UserError">There is nothing, or it can't be read.</exception>
    public static IReadOnlyList<MeasuredSeed> Find(string path)
    {
        MeasuredSeed[] found = [.. Directory.Exists(path) ? InFolder(Path.TrimEndingDirectorySeparator(path)) : InFile(path)];
        return found.Length > 0 ? found : throw new UserError($"{path} has no rows of metrics yet.");
    }

    private static IEnumerable<MeasuredSeed> InFile(string path)
        => File.Exists(path)
            ? Split(path, "", "", MetricsTable.Read(path))
            : throw new UserError($"{path}: there is no such folder, nor file.");

    private static IEnumerable<MeasuredSeed> InFolder(string run)
    {
        // Agents' own tables have what that of the run, written at its end, has not yet.
        string[] agents = [.. Directory.GetDirectories(run).Where(IsAgent).Order(StringComparer.Ordinal)];
        if (agents.Length > 0)
            return agents.SelectMany(folder => OfAgent(run, folder));
        if (!File.Exists(MetricsOf(run)))
            throw new UserError($"{run} has no {RunFolder.Table}, nor has an agent in it: name the folder of a run, or a CSV file.");
        return IsAgent(run) && Path.GetDirectoryName(run) is { Length: > 0 } parent
            ? OfAgent(parent, run)
            : Split(run, "", "", MetricsTable.Read(MetricsOf(run)));
    }

    private static string MetricsOf(string folder) => Path.Combine(folder, RunFolder.Table);

    // A run may be called as an agent is, but then its table has methods.
    private static bool IsAgent(string folder) => File.Exists(MetricsOf(folder)) && AgentRun.Named(Path.GetFileName(folder)) is not null;

    private static IEnumerable<MeasuredSeed> OfAgent(string run, string folder)
    {
        var (method, seed) = AgentRun.Named(Path.GetFileName(folder))!.Value;
        var table = MetricsTable.Read(MetricsOf(folder));
        return table.Has(MethodColumn)
            ? Split(folder, "", "", table)
            : Split(run, method, seed.ToString(CultureInfo.InvariantCulture), table);
    }

    private static IEnumerable<MeasuredSeed> Split(string run, string method, string seed, MetricsTable table)
    {
        string[] methods = Column(MethodColumn, method), seeds = Column(SeedColumn, seed);
        return Enumerable.Range(0, table.Count)
            .GroupBy(row => (methods[row], seeds[row]))
            .Select(rows => new MeasuredSeed(run, rows.Key.Item1, rows.Key.Item2, table, [.. rows]));

        string[] Column(string name, string otherwise)
            => table.Has(name) ? table.Texts("", name) : [.. Enumerable.Repeat(otherwise, table.Count)];
    }
}
