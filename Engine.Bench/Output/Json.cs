using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.RL.Environments;

namespace Engine.Bench.Output;

/// <summary>How the program writes and reads JSON.</summary>
public static class Json
{
    /// <summary>
    /// kebab-case names, as options have them, enumerations by name, NaN and infinities as strings; what a type does not know is an error.
    /// </summary>
    public static JsonSerializerOptions Options { get; } = Build();

    /// <summary>The text of an object, with a line feed at the end.</summary>
    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Options) + "\n";

    private static JsonSerializerOptions Build()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.General)
        {
            PropertyNamingPolicy = JsonNamingPolicy.KebabCaseLower,
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            AllowDuplicateProperties = false,
            RespectNullableAnnotations = true,
            ReadCommentHandling = JsonCommentHandling.Skip,
            AllowTrailingCommas = true,
            NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
            Converters = { new GridConverter(), new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false) },
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            WriteIndented = true,
            NewLine = "\n",
        };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }

    private sealed class GridConverter : JsonConverter<Grid>
    {
        public override Grid Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
            => reader.TokenType == JsonTokenType.String && Grid.TryParse(reader.GetString()!) is { } grid
                ? grid
                : throw new JsonException();

        public override void Write(Utf8JsonWriter writer, Grid value, JsonSerializerOptions options)
            => writer.WriteStringValue(value.ToString());
    }
}
