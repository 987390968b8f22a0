using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Engine.Bench.Output;

namespace Engine.Bench.Commands;

/// <summary>Settings that a run wrote, or someone by hand: JSON with the names of a settings record, and the device and threads.</summary>
public static class SettingsFile
{
    /// <summary>Reads settings; what the file leaves out has its default.</summary>
    /// <exception cref="UserError">The file can't be read, or names or values in it are wrong.</exception>
    public static RunConfig<T> Read<T>(string path)
        where T : class, new()
    {
        try
        {
            var json = Parse(path, File.ReadAllBytes(path));
            var config = new RunConfig<T>(new T());
            config = config with
            {
                Device = Take(path, json, RunConfig<T>.DeviceName, config.Device),
                Threads = Take(path, json, RunConfig<T>.ThreadsName, config.Threads),
            };
            CheckProperties(path, json, [.. Json.Options.GetTypeInfo(typeof(T)).Properties.Where(property => property.Set is not null)]);
            return config with { Settings = json.Deserialize<T>(Json.Options)! };
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UserError($"--config {path}: there is no such file.");
        }
        catch (UnauthorizedAccessException)
        {
            throw new UserError($"--config {path}: this can't be read as a file.");
        }
        catch (JsonException e)
        {
            throw new UserError($"{path}: {e.Message}");
        }
    }

    private static JsonObject Parse(string path, byte[] bytes)
    {
        try
        {
            var node = JsonNode.Parse(bytes, documentOptions: new()
            {
                AllowDuplicateProperties = false,
                AllowTrailingCommas = true,
                CommentHandling = JsonCommentHandling.Skip,
            });
            return node as JsonObject ?? throw new UserError($"{path}: settings are an object in braces, not {Text(node)}.");
        }
        catch (JsonException e) when (e.LineNumber is not null)
        {
            string where = FormattableString.Invariant($"line {e.LineNumber + 1}, column {e.BytePositionInLine + 1}");
            throw new UserError($"{path}: no valid JSON at {where}: {e.Message.Split(" LineNumber:")[0]}");
        }
    }

    private static T Take<T>(string path, JsonObject json, string name, T fallback)
    {
        if (!json.TryGetPropertyValue(name, out var value))
            return fallback;
        CheckValue(path, name, value, typeof(T));
        json.Remove(name);
        return value.Deserialize<T>(Json.Options) ?? throw Wrong(path, name, value, "", typeof(T));
    }

    // The serializer would say this too, but in words of .NET and without the names there are.
    private static void CheckProperties(string path, JsonObject json, IList<JsonPropertyInfo> properties)
    {
        foreach (var (name, value) in json)
        {
            var property = properties.FirstOrDefault(p => p.Name == name) ?? throw new UserError(
                $"{path}: unknown property '{name}'; known are {string.Join(", ", properties.Select(p => p.Name))}, device, threads.");
            if (value is null && !property.IsSetNullable)
                throw Wrong(path, name, value, "", property.PropertyType);
            CheckValue(path, name, value, property.PropertyType);
        }
    }

    private static void CheckValue(string path, string name, JsonNode? value, Type type)
    {
        try
        {
            value.Deserialize(type, Json.Options);
        }
        catch (JsonException e)
        {
            throw Wrong(path, name, value, e.Path is null or "$" ? "" : $" (at {e.Path[1..].TrimStart('.')})", type);
        }
    }

    private static UserError Wrong(string path, string name, JsonNode? value, string within, Type type)
        => new($"{path}: {name} is {Text(value)}{within}; {Kinds.Of(type)} is needed.");

    // On one line, and not too much of it.
    private static string Text(JsonNode? value)
    {
        string text = value?.ToJsonString() ?? "null";
        return text.Length <= 60 ? text : text[..57] + "...";
    }
}
