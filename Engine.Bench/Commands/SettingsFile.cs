using System.Text.Json;
using Engine.Bench.Output;

namespace Engine.Bench.Commands;

/// <summary>Settings that a run wrote, or someone by hand: JSON with the names of a settings record.</summary>
public static class SettingsFile
{
    /// <summary>Reads settings; what the file leaves out has its default.</summary>
    /// <exception cref="UserError">The file can't be read, or names or values in it are wrong.</exception>
    public static T Read<T>(string path)
        where T : class
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UserError($"--config {path}: there is no such file.");
        }
        catch (UnauthorizedAccessException)
        {
            throw new UserError($"--config {path}: this can't be read as a file.");
        }

        try
        {
            CheckNames<T>(path, bytes);
            return JsonSerializer.Deserialize<T>(bytes, Json.Options) ?? throw new UserError($"{path}: an object in braces is needed.");
        }
        catch (JsonException e)
        {
            throw new UserError(Explain(path, e));
        }
    }

    // The serializer would say this too, but in words of .NET and without the names there are.
    private static void CheckNames<T>(string path, byte[] bytes)
    {
        var reading = new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
        using var document = JsonDocument.Parse(bytes, reading);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
            throw new UserError($"{path}: settings are an object in braces, not {Text(document.RootElement.GetRawText())}.");
        var properties = Json.Options.GetTypeInfo(typeof(T)).Properties;
        foreach (var property in document.RootElement.EnumerateObject())
        {
            var known = properties.FirstOrDefault(p => p.Name == property.Name) ?? throw new UserError(
                $"{path}: unknown property '{property.Name}'; known are {string.Join(", ", properties.Select(p => p.Name))}.");
            try
            {
                property.Value.Deserialize(known.PropertyType, Json.Options);
            }
            catch (JsonException e)
            {
                string within = e.Path is null or "$" ? "" : $" (at {e.Path[1..].TrimStart('.')})";
                throw new UserError(
                    $"{path}: {property.Name} is {Text(property.Value.GetRawText())}{within}; {Kinds.Of(known.PropertyType)} is needed.");
            }
        }
    }

    private static string Explain(string path, JsonException e)
    {
        string where = FormattableString.Invariant($"line {e.LineNumber + 1}, column {e.BytePositionInLine + 1}");
        return $"{path}: no valid JSON at {where}: {e.Message.Split(" LineNumber:")[0]}";
    }

    // On one line, and not too much of it.
    private static string Text(string json)
    {
        string line = string.Join(' ', json.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= 60 ? line : line[..57] + "...";
    }
}
