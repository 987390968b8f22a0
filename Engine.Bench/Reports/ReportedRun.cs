using System.Text.Json;
using System.Text.Json.Nodes;
using Engine.Bench.Output;
using Engine.Bench.Runs;

namespace Engine.Bench.Reports;

/// <summary>What a report says of a run beside its curves.</summary>
/// <param name="Path">The run, as the user named it.</param>
/// <param name="Settings">Its settings; null if it has none of its own.</param>
/// <param name="Claims">What it says of the paper's claims.</param>
/// <param name="Figures">The figures that it has drawn.</param>
internal sealed record ReportedRun(
    string Path, JsonObject? Settings, IReadOnlyList<ReportedClaim> Claims, IReadOnlyList<(string Name, string Svg)> Figures)
{
    private static readonly JsonSerializerOptions s_strict = new(JsonSerializerDefaults.Web)
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>Reads a run: a folder, or a file of comma-separated values, which has nothing beside its curves.</summary>
    /// <exception cref="UserError">A file of it can't be read.</exception>
    public static ReportedRun Read(string path)
    {
        if (!Directory.Exists(path))
            return new(path, null, [], []);
        return new(
            path,
            Of(System.IO.Path.Combine(path, RunFolder.Config), settings => settings),
            Of(System.IO.Path.Combine(path, "summary.json"), ClaimsOf) ?? [],
            [.. Directory.GetFiles(path, "*.svg").Order(StringComparer.Ordinal)
                .Select(file => (System.IO.Path.GetFileNameWithoutExtension(file), File.ReadAllText(file)))]);
    }

    /// <summary>The agents that can play, best first; none of a run that trains none or has no checkpoint yet.</summary>
    /// <param name="curves">What runs have measured.</param>
    public IReadOnlyList<AgentFolder> Agents(IEnumerable<MeasuredSeed> curves)
    {
        const string Return = "return_mean";
        var returns = curves.Where(seed => seed.Run == Path && seed.Table.Has(Return))
            .ToDictionary(seed => $"{seed.Method}-{seed.Seed}", seed => seed.Table.Numbers("--y", Return, seed.Rows)[^1]);
        bool hasAgents = returns.Count > 0 && Directory.Exists(Path)
            && Directory.GetDirectories(Path).Append(Path).Any(AgentFolder.HasBegun);
        return hasAgents
            ? [.. AgentFolder.All(Path).OrderByDescending(agent => returns.GetValueOrDefault(agent.Name, double.NegativeInfinity))]
            : [];
    }

    /// <summary>The command that takes these settings; null if none does.</summary>
    public string? Command => Settings is null ? null : Program.Commands
        .Select(command => (command.Name, Names: command.Options.Select(option => option.Name[2..])
            .Concat(command.Arguments.Select(argument => argument.Name.ToLowerInvariant())).ToArray()))
        .Where(command => Settings.All(setting => command.Names.Contains(setting.Key)))
        .OrderBy(command => command.Names.Length)
        .Select(command => command.Name)
        .FirstOrDefault();

    /// <summary>The text of a setting; empty if it is not set or not known.</summary>
    public string Setting(string name) => Settings?[name] switch
    {
        null => "",
        JsonArray list => string.Join(',', list.Select(item => item?.ToString())),
        var value => value.ToString(),
    };

    private static ReportedClaim[]? ClaimsOf(JsonObject summary)
        => summary["claims"].Deserialize<ReportedClaim?[]>(s_strict) is { } claims
            ? [.. claims.Select(claim => claim ?? throw new JsonException("a claim is null."))]
            : null;

    // Something of an object in a file; null if there is no such file.
    private static T? Of<T>(string path, Func<JsonObject, T?> take)
        where T : class
    {
        if (!File.Exists(path))
            return null;
        try
        {
            var json = JsonNode.Parse(File.ReadAllText(path), documentOptions: new()
            {
                AllowTrailingCommas = true,
                AllowDuplicateProperties = false,
                CommentHandling = JsonCommentHandling.Skip,
            });
            return take(json as JsonObject ?? throw new JsonException("it is no object."));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new UserError($"{path} can't be read: {e.Message}");
        }
    }
}

/// <summary>A claim, as a run's summary has it.</summary>
/// <param name="Letter">The claim's letter in the documentation.</param>
/// <param name="Text">What is claimed.</param>
/// <param name="Numbers">What was measured.</param>
/// <param name="Verdict">"holds", "fails" or "open".</param>
internal sealed record ReportedClaim(string Letter, string Text, string Numbers, string Verdict);
