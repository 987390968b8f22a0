using System.Text.Json;

namespace Engine.Core.Files;

/// <summary>Compares two JSON objects of settings by value, whatever the order of their members.</summary>
internal static class SettingsComparison
{
    /// <exception cref="ArgumentNullException"><paramref name="json"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="json"/> is no JSON object.</exception>
    public static JsonDocument ParseObject(string json, string parameter)
    {
        ArgumentNullException.ThrowIfNull(json, parameter);
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (JsonException e)
        {
            throw new ArgumentException($"The settings are no JSON object: {e.Message}", parameter, e);
        }

        if (document.RootElement.ValueKind == JsonValueKind.Object)
            return document;
        document.Dispose();
        throw new ArgumentException("The settings are no JSON object.", parameter);
    }

    /// <summary>A line for each differing setting, nested ones by their dotted names.</summary>
    public static List<string> Differences(JsonElement saved, JsonElement current)
    {
        List<string> lines = [];
        Compare("", saved, current, lines);
        return lines;
    }

    private static void Compare(string prefix, JsonElement saved, JsonElement current, List<string> lines)
    {
        foreach (JsonProperty property in saved.EnumerateObject())
        {
            string name = prefix + property.Name;
            if (!current.TryGetProperty(property.Name, out JsonElement now))
                lines.Add($"{name}: {Text(property.Value)} in the checkpoint, absent now");
            else if (property.Value.ValueKind == JsonValueKind.Object && now.ValueKind == JsonValueKind.Object)
                Compare(name + ".", property.Value, now, lines);
            else if (!JsonElement.DeepEquals(property.Value, now))
                lines.Add($"{name}: {Text(property.Value)} in the checkpoint, {Text(now)} now");
        }

        foreach (JsonProperty property in current.EnumerateObject())
        {
            if (!saved.TryGetProperty(property.Name, out _))
                lines.Add($"{prefix}{property.Name}: absent in the checkpoint, {Text(property.Value)} now");
        }
    }

    // On one line, however the file was written.
    private static string Text(JsonElement value) => JsonSerializer.Serialize(value);
}
