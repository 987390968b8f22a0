using System.Text.Json;
using System.Text.Json.Nodes;
using Engine.Bench.Output;
using Engine.RL.Meta;

namespace Engine.Bench.Runs;

/// <summary>What learning has cost up to each row of an agent's metrics: no columns of their own, but they follow from those.</summary>
internal static class LearningCost
{
    /// <summary>All frames that were played, look-ahead included.</summary>
    public const string FramesPlayed = "frames_played";

    /// <summary>The time it took.</summary>
    public const string Seconds = "seconds";

    private const string Frames = "frames", Pace = "frames_per_second", FreshValidation = "fresh-validation";

    /// <summary>Where the rows of a method's seeds are along a column: in time, where they are on average after as many frames.</summary>
    /// <param name="seeds">The seeds.</param>
    /// <param name="option">The option that asked for it.</param>
    /// <param name="column">Its name.</param>
    /// <exception cref="UserError">There is no such column.</exception>
    public static double[][] Places(IReadOnlyList<MeasuredSeed> seeds, string option, string column)
    {
        double[][] places = [.. seeds.Select(seed => Column(seed, option, column))];
        if (column != Seconds || seeds.Any(seed => seed.Table.Has(column)))
            return places;
        double[][] frames = [.. seeds.Select(seed => seed.Table.Numbers(option, Frames, seed.Rows))];
        var times = frames.SelectMany((each, seed) => each.Select((played, row) => (played, Time: places[seed][row])))
            .GroupBy(row => row.played).ToDictionary(rows => rows.Key, rows => rows.Average(row => row.Time));
        return [.. frames.Select(each => each.Select(played => times[played]).ToArray())];
    }

    /// <summary>A column of a seed's rows: one of the table, or one that follows from them.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="option">The option that asked for it.</param>
    /// <param name="column">Its name.</param>
    /// <exception cref="UserError">There is no such column.</exception>
    public static double[] Column(MeasuredSeed seed, string option, string column)
    {
        if (seed.Table.Has(column) || column is not (FramesPlayed or Seconds))
            return seed.Table.Numbers(option, column, seed.Rows);
        string[] needed = column == Seconds ? [Frames, Pace] : [Frames];
        if (Array.Find(needed, name => !seed.Table.Has(name)) is { } missing)
        {
            throw new UserError(
                $"{option} {column}: it follows from {missing}, which {seed.Table.Path} does not have; name another column.");
        }

        double[] frames = seed.Table.Numbers(option, Frames, seed.Rows);
        if (column == FramesPlayed)
        {
            int rollouts = Rollouts(seed, option);
            return [.. frames.Select(played => played * rollouts)];
        }

        double[] pace = seed.Table.Numbers(option, Pace, seed.Rows);
        double time = 0, before = 0;
        return
        [
            .. frames.Select((played, row) =>
            {
                time += (played - before) / pace[row];
                before = played;
                return time;
            }),
        ];
    }

    // Of an update.
    private static int Rollouts(MeasuredSeed seed, string option)
    {
        try
        {
            return MetaGradientMethod.Parse(seed.Method).Rollouts(HasFreshValidation(seed.Run));
        }
        catch (ArgumentException)
        {
            throw new UserError($"{option} {FramesPlayed}: {seed.Table.Path} does not say by what method: name another column.");
        }
    }

    private static bool HasFreshValidation(string run)
    {
        string config = Path.Combine(run, RunFolder.Config);
        if (!File.Exists(config))
            return false;
        try
        {
            return JsonNode.Parse(File.ReadAllText(config))?[FreshValidation]?.GetValue<bool>() ?? false;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new UserError($"{config} can't be read, which says whether validation was played apart: {e.Message}");
        }
    }
}
