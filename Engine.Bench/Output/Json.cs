using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.RL.Environments;

namespace Engine.Bench.Output;

/// <summary>How the program writes and reads JSON.</summary>
public static class Json
{
    /// <summary>
    /// kebab-case names, as options have them, enumerations by name; NaN, which says that nothing is known, as null, and infinities, which
    /// are results, as strings, since JSON has no word for either. What a type does not know is an error when it is read.
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
            Converters =
            {
                new NumberConverter(),
                new GridConverter(),
                new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false),
            },
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            WriteIndented = true,
            NewLine = "\n",
        };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }

    private sealed class NumberConverter : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDouble();

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsNaN(value))
                writer.WriteNullValue();
            else if (double.IsInfinity(value))
                writer.WriteStringValue(value > 0 ? "Infinity" : "-Infinity");
            else
                writer.WriteNumberValue(value);
        }
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
