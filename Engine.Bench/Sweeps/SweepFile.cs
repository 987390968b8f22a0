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
    private static readonly string[] s_commands = ["train", "table1", "mrp", "bias-variance"];
    private static readonly string[] s_own = ["seed", "seeds"];

    /// <summary>Reads a file.</summary>
    /// <exception cref="UserError">It can't be read, or something in it is wrong.</exception>
    public static Sweep Read(string path)
    {
        string text = ReadText(path);
        try
        {
            return Parse(Path.GetExtension(path).ToLowerInvariant() is ".yml" or ".yaml" ? Yaml(text) : Json(text));
        }
        catch (UserError e)
        {
            throw new UserError($"{Printable.Value(path)}: {e.Message}");
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
        return new Sweep(command, varied, jobs);
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
            return JsonNode.Parse(text, documentOptions: new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
        }
        catch (JsonException e)
        {
            throw new UserError($"no valid JSON: {e.Message}");
        }
    }

    private static JsonNode? Yaml(string text)
    {
        try
        {
            return Node(new DeserializerBuilder().Build().Deserialize<object?>(text));
        }
        catch (YamlException e)
        {
            string where = string.Create(CultureInfo.InvariantCulture, $"line {e.Start.Line}, column {e.Start.Column}");
            throw new UserError($"no valid YAML at {where}: {(e.InnerException ?? e).Message}");
        }

        // All scalars are texts, as in options.
        static JsonNode? Node(object? value) => value switch
        {
            IDictionary<object, object?> entries => new JsonObject(
                entries.Select(entry => KeyValuePair.Create(entry.Key.ToString()!, Node(entry.Value)))),
            IList<object?> list => new JsonArray([.. list.Select(Node)]),
            null => null,
            _ => JsonValue.Create(Setting.Text(value)),
        };
    }

    private static string ReadText(string path)
    {
        try
        {
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
