using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Engine.Bench.Input;
using Engine.Bench.Output;
using Engine.RL;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace Engine.Bench.Sweeps;

/// <summary>
/// A file that says what to try: settings for all, every combination of a grid, the items of a list, and seeds. As YAML or as JSON; values
/// may be written as in options.
/// </summary>
internal static class SweepFile
{
    private const int MostJobs = 10_000, MostBytes = 1 << 20, MostValues = 100_000, Deepest = 32, LongestName = 200;

    private static readonly string[] s_commands = ["train", "table1", "mrp", "bias-variance"];
    private static readonly string[] s_own = ["seed", "seeds"];

    /// <summary>Reads a file.</summary>
    /// <exception cref="UserError">It can't be read, or something in it is wrong.</exception>
    public static Sweep Read(string path)
    {
        string text = ReadText(path);
        try
        {
            return Parse(Path.GetExtension(path).Equals(".json", StringComparison.OrdinalIgnoreCase) ? Json(text) : Yaml(text));
        }
        catch (UserError e)
        {
            throw new UserError($"{Printable.Value(path)}: {e.Message}");
        }
        catch (InvalidOperationException)
        {
            // All that the parser leaves for later to find.
            throw new UserError($"{Printable.Value(path)}: no valid JSON: a \\u escape stands for half a character.");
        }
    }

    private static Sweep Parse(JsonNode? file)
    {
        var json = file as JsonObject ?? throw new UserError("this is no object of names and values.");
        string[] known = ["command", "settings", "grid", "list", "seed", "seeds"];
        if (json.FirstOrDefault(entry => !known.Contains(entry.Key)) is { Key: { } unknown })
        {
            string near = Nearest.To(unknown, known) is { } name ? $" (did you mean '{name}'?)" : "";
            throw new UserError($"unknown name {Printable.Quote(unknown)}{near}; there are {string.Join(", ", known)}.");
        }

        string command = json["command"]?.ToString() ?? s_commands[0];
        if (!s_commands.Contains(command))
            throw new UserError($"command is {Printable.Quote(command)}, but must be one of {string.Join(", ", s_commands)}.");
        var all = Settings("settings", json["settings"]);
        var grid = Settings("grid", json["grid"]);
        JsonObject[] items = json["list"] switch
        {
            null => [[]],
            JsonArray { Count: > 0 } list => [.. list.Select((item, i) => Settings(FormattableString.Invariant($"list[{i}]"), item))],
            _ => throw new UserError("list must be a list of settings, each an object of names and values."),
        };
        string[] varied = [.. grid.Select(entry => entry.Key), .. items.SelectMany(item => item.Select(entry => entry.Key)).Distinct()];
        if (varied.CountBy(name => name).FirstOrDefault(each => each.Value > 1).Key is { } twice)
            throw new UserError($"{Printable.Quote(twice)} is both in grid and in list.");
        int seed = Count("seed", json["seed"], 0, 0), seeds = Count("seeds", json["seeds"], 1, 1);
        double count = grid.Aggregate((double)items.Length * seeds, (many, entry) => many * ((entry.Value as JsonArray)?.Count ?? 1));
        if (count > MostJobs)
        {
            throw new UserError(FormattableString.Invariant(
                $"these are {count:N0} jobs, but must be at most {MostJobs:N0}: vary less at once."));
        }

        SweepJob[] jobs =
        [
            .. from item in items
               from combination in Combinations([.. grid])
               let variant = Merged(item, combination)
               from number in Enumerable.Range(seed, seeds)
               select new SweepJob(variant, number, Merged(all, variant)),
        ];
        if (jobs.GroupBy(job => job.Name).FirstOrDefault(same => same.Skip(1).Any()) is { } same)
            throw new UserError($"{same.Key} is there twice: settings must differ, also once what no file's name can hold is left out.");
        return jobs.FirstOrDefault(job => job.Name.Length > LongestName) is { } wordy
            ? throw new UserError($"the name of a job is its folder's, and too long: {wordy.Name[..50]}...; vary less at once.")
            : new Sweep(command, varied, jobs);
    }

    private static JsonObject Settings(string name, JsonNode? node)
    {
        var settings = node switch
        {
            null => [],
            JsonObject given => given,
            _ => throw new UserError($"{name} must be an object of names and values."),
        };
        return settings.FirstOrDefault(entry => s_own.Contains(entry.Key)) is { Key: { } own }
            ? throw new UserError($"{own} stands beside {name}, not in it: each seed is a job.")
            : settings;
    }

    // Every combination of one value of each name; values are lists.
    private static IEnumerable<JsonObject> Combinations(KeyValuePair<string, JsonNode?>[] grid)
    {
        if (grid is not [var (name, values), .. var others])
            return [[]];
        if (values is not JsonArray { Count: > 0 } list)
            throw new UserError($"grid.{name} must be a list of values.");
        return from value in list
               from rest in Combinations(others)
               select Merged(new JsonObject { [name] = value?.DeepClone() }, rest);
    }

    private static JsonObject Merged(JsonObject under, JsonObject over)
    {
        var merged = under.DeepClone().AsObject();
        foreach (var (name, value) in over)
            merged[name] = value?.DeepClone();
        return merged;
    }

    private static int Count(string name, JsonNode? node, int otherwise, int least)
        => node is null ? otherwise
            : Values.Read(node.ToString(), typeof(int)) is int count && count >= least && count <= 10_000 ? count
            : throw new UserError($"{name} is {Printable.Value(node.ToString())}, but must be a whole number from {least} to 10000.");

    private static JsonNode? Json(string text)
    {
        try
        {
            return JsonNode.Parse(text, documentOptions: new()
            {
                AllowTrailingCommas = true,
                AllowDuplicateProperties = false,
                CommentHandling = JsonCommentHandling.Skip,
            });
        }
        catch (JsonException e)
        {
            throw new UserError($"no valid JSON: {e.Message}");
        }
    }

    private static JsonNode? Yaml(string text)
    {
        int values = 0;
        try
        {
            RequireFlat(text);
            return Node(new DeserializerBuilder().WithDuplicateKeyChecking().Build().Deserialize<object?>(text), 0);
        }
        catch (YamlException e)
        {
            string where = string.Create(CultureInfo.InvariantCulture, $"line {e.Start.Line}, column {e.Start.Column}");
            throw new UserError($"no valid YAML at {where}: {(e.InnerException ?? e).Message}");
        }
        catch (Exception e) when (e is not UserError)
        {
            // The parser does not see to all that can be wrong, such as with tags.
            throw new UserError($"no valid YAML: {e.Message.Split(" (Parameter")[0]}");
        }

        // All scalars are texts, as in options. What stands in several places by an alias counts in each, and may hold itself.
        JsonNode? Node(object? value, int depth)
        {
            if (++values > MostValues || depth > Deepest)
            {
                throw new UserError(FormattableString.Invariant(
                    $"this has more than {MostValues:N0} values, or more than {Deepest} within each other."));
            }

            return value switch
            {
                IDictionary<object, object?> entries => new JsonObject(
                    entries.Select(entry => KeyValuePair.Create(Name(entry.Key), Node(entry.Value, depth + 1)))),
                IList<object?> list => new JsonArray([.. list.Select(item => Node(item, depth + 1))]),
                null => null,
                _ => JsonValue.Create(Setting.Text(value)),
            };
        }
    }

    // In YAML whole lists may stand where names do.
    private static string Name(object key)
        => key as string ?? throw new UserError("a name is a list or an object: put it in quotation marks if it is meant as a text.");

    // Reads event by event, so that no depth can exhaust the stack.
    private static void RequireFlat(string text)
    {
        var parser = new Parser(new StringReader(text));
        for (int depth = 0; parser.MoveNext();)
        {
            depth += parser.Current!.NestingIncrease;
            if (depth > Deepest)
                throw new UserError(FormattableString.Invariant($"this has more than {Deepest} values within each other."));
        }
    }

    private static string ReadText(string path)
    {
        try
        {
            if (new FileInfo(path).Length > MostBytes)
                throw new UserError($"{Printable.Quote(path)}: this is longer than a MiB, and so no sweep.");
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UserError($"{Printable.Quote(path)}: there is no such file.");
        }
        catch (Exception e) when (UserFile.IsFault(e))
        {
            throw new UserError($"{Printable.Quote(path)}: this can't be read as a file.");
        }
    }
}
