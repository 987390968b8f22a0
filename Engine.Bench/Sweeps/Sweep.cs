using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Engine.Bench.Sweeps;

/// <summary>What is to be tried: jobs, each a run of a command in a folder of its own.</summary>
/// <param name="Command">The command.</param>
/// <param name="Varied">The names of the settings that jobs differ in.</param>
/// <param name="Jobs">The jobs, those of one variant together.</param>
internal sealed record Sweep(string Command, IReadOnlyList<string> Varied, IReadOnlyList<SweepJob> Jobs)
{
    /// <summary>The jobs by variant, in order.</summary>
    public IEnumerable<IGrouping<string, SweepJob>> Variants => Jobs.GroupBy(job => job.Variant);
}

/// <summary>A job: one variant with one seed.</summary>
/// <param name="Differs">The settings in which its variant differs from others.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Settings">All settings but the seed.</param>
internal sealed partial record SweepJob(JsonObject Differs, int Seed, JsonObject Settings)
{
    /// <summary>What the variant is called, such as method=back-5,gamma=0.9.</summary>
    public string Variant { get; } = Differs.Count == 0 ? "all" : string.Join(
        ',', Differs.Select(entry => $"{entry.Key}={Unsafe().Replace(Text(entry.Value), "-")}"));

    /// <summary>What the job is called, and its folder.</summary>
    public string Name => FormattableString.Invariant($"{Variant},seed={Seed}");

    /// <summary>The settings as a file for --config has them.</summary>
    public JsonObject Config()
    {
        var config = Settings.DeepClone().AsObject();
        (config["seed"], config["seeds"]) = (Seed, 1);
        return config;
    }

    /// <summary>A value as it would be typed.</summary>
    public static string Text(JsonNode? value)
        => value is JsonArray list ? string.Join('+', list.Select(Text)) : value?.ToString() ?? "none";

    // What some system's files can't be called.
    [GeneratedRegex("[^A-Za-z0-9.+_-]")]
    private static partial Regex Unsafe();
}
