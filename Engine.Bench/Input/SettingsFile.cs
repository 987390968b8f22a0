using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Engine.Bench.Output;

namespace Engine.Bench.Input;

/// <summary>
/// Settings that a run wrote, or someone by hand: JSON with the names of a settings record, and the device and threads. Values may be
/// written as in options, too: "5M", "6x6", "1,5,10".
/// </summary>
public static class SettingsFile
{
    private const int MostBytes = 1 << 20;

    private static readonly JsonDocumentOptions s_lenient = new()
    {
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
    };

    /// <summary>Reads the settings of --config over others, which stay where the file leaves them out.</summary>
    /// <exception cref="UserError">The file can't be read, or names or values in it are wrong.</exception>
    public static RunConfig<T> Read<T>(string path, T over)
        where T : class, new()
        => Read(path, $"--config {Printable.Quote(path)}", over);

    /// <summary>Reads the settings of a run that is to go on.</summary>
    /// <exception cref="UserError">The file can't be read, or is not one of such a run.</exception>
    public static RunConfig<T> ReadOwn<T>(string path)
        where T : class, new()
    {
        try
        {
            return Read(path, Printable.Value(path), new T());
        }
        catch (UserError e)
        {
            throw new UserError($"--resume: {e.Message} A run of this command can't go on from it: name another folder, or start anew.");
        }
    }

    private static RunConfig<T> Read<T>(string path, string named, T over)
        where T : class, new()
    {
        byte[] bytes = ReadBytes(path, named);
        try
        {
            return Parse(bytes, over);
        }
        catch (UserError e)
        {
            throw new UserError($"{Printable.Value(path)}: {e.Message}");
        }
    }

    /// <summary>Reads settings from the bytes of a file; see <see cref="Read{T}(string, T)"/>.</summary>
    internal static RunConfig<T> Parse<T>(byte[] bytes, T over)
        where T : class, new()
    {
        try
        {
            string text = new UTF8Encoding(false, true).GetString(bytes).TrimStart('\uFEFF');
            if (string.IsNullOrWhiteSpace(text))
                throw new UserError("this is empty; settings are an object in braces, and {} is the least.");
            using var document = JsonDocument.Parse(text, s_lenient);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? Config(document.RootElement, over)
                : throw new UserError($"settings are an object in braces, not {Text(document.RootElement)}.");
        }
        catch (DecoderFallbackException e)
        {
            throw new UserError(FormattableString.Invariant($"this is no text in UTF-8; byte {e.Index + 1} is the first that is wrong."));
        }
        catch (JsonException e)
        {
            string where = FormattableString.Invariant($"line {e.LineNumber + 1}, column {e.BytePositionInLine + 1}");
            throw new UserError($"no valid JSON at {where}: {e.Message.Split(" LineNumber:")[0]}");
        }
        catch (InvalidOperationException)
        {
            // All that the parser leaves for later to find.
            throw new UserError("no valid JSON: a \\u escape stands for half a character.");
        }
    }

    private static RunConfig<T> Config<T>(JsonElement json, T over)
        where T : class, new()
    {
        var known = Json.Options.GetTypeInfo(typeof(T)).Properties.Where(property => property.Set is not null)
            .ToDictionary(property => property.Name);
        CheckNames(
            [.. json.EnumerateObject().Select(each => each.Name)], [.. known.Keys, RunConfig<T>.DeviceName, RunConfig<T>.ThreadsName]);
        var config = new RunConfig<T>(over);
        foreach (var each in json.EnumerateObject())
        {
            if (each.Name == RunConfig<T>.DeviceName)
                config = config with { Device = (string)Value(each.Name, each.Value, typeof(string)) };
            else if (each.Name == RunConfig<T>.ThreadsName)
                config = config with { Threads = (int)Value(each.Name, each.Value, typeof(int)) };
            else
                Set(config.Settings, known[each.Name], each.Value);
        }

        return config;
    }

    // A file of another command has many such.
    private static void CheckNames(string[] names, string[] known)
    {
        if (names.CountBy(name => name).FirstOrDefault(each => each.Value > 1).Key is { } twice)
            throw new UserError($"{Printable.Quote(twice)} is given more than once.");
        string[] unknown = [.. names.Except(known)];
        if (unknown.Length == 0)
            return;
        string named = string.Join(", ", unknown.Take(2).Select(
            name => Printable.Quote(name) + (Nearest.To(name, known) is { } near ? $" (did you mean '{near}'?)" : "")));
        string more = unknown.Length > 2 ? FormattableString.Invariant($" and {unknown.Length - 2} more") : "";
        throw new UserError($"unknown setting {named}{more}; the command's --help lists those there are.");
    }

    private static void Set(object settings, JsonPropertyInfo property, JsonElement json)
        => property.Set!(
            settings,
            json.ValueKind == JsonValueKind.Null && property.IsSetNullable ? null : Value(property.Name, json, property.PropertyType));

    private static object Value(string name, JsonElement json, Type type)
        => Values.Element(type) is { } element ? List(name, json, type, element)
            : (Text(json, type) is { } text ? Values.Read(text, type) : null) ?? throw Wrong(name, json, type);

    private static Array List(string name, JsonElement json, Type type, Type element)
    {
        object[] values = json.ValueKind switch
        {
            JsonValueKind.Array => [.. json.EnumerateArray().Select(
                (each, i) => Value(FormattableString.Invariant($"{name}[{i}]"), each, element))],
            JsonValueKind.String => [.. Values.Split(json.GetString()!).Select(
                each => each.Length == 0 ? throw new UserError($"{name} is {Text(json)}: a value is missing beside a comma.")
                    : Values.Read(each, element) ?? throw Wrong(name, json, type))],
            _ => throw Wrong(name, json, type),
        };
        var list = Array.CreateInstance(element, values.Length);
        Array.Copy(values, list, values.Length);
        return list;
    }

    // What would be typed; null if there is nothing such.
    private static string? Text(JsonElement json, Type type) => json.ValueKind switch
    {
        JsonValueKind.String => json.GetString(),
        JsonValueKind.Number => json.GetRawText(),
        JsonValueKind.True or JsonValueKind.False when type == typeof(bool) => json.GetRawText(),
        _ => null,
    };

    private static UserError Wrong(string name, JsonElement json, Type type)
        => new($"{name} is {Text(json)}; {Kinds.Of(type, Text(json, type) ?? "")} is needed.");

    private static string Text(JsonElement json) => Printable.Value(json.GetRawText());

    private static byte[] ReadBytes(string path, string named)
    {
        try
        {
            using var stream = File.OpenRead(path);
            byte[] bytes = new byte[MostBytes + 1];
            int count = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return count <= MostBytes
                ? bytes[..count]
                : throw new UserError($"{named}: this is longer than a MiB, and so no file of settings.");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UserError($"{named}: there is no such file.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new UserError($"{named}: this can't be read as a file.");
        }
    }
}
