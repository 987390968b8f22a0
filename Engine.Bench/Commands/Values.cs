using System.Globalization;

namespace Engine.Bench.Commands;

/// <summary>Values as they are typed.</summary>
internal static class Values
{
    /// <summary>Reads a value; false if the text is none of that type.</summary>
    public static bool TryRead<T>(string text, out T value)
    {
        object? read = typeof(T) switch
        {
            var t when t == typeof(string) => text,
            var t when t == typeof(int) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int i) ? i : null,
            var t when t == typeof(long) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long l) ? l : null,
            var t when t == typeof(double) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double d) ? d : null,
            var t when t == typeof(float) => float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float f) ? f : null,
            var t when t == typeof(bool) => bool.TryParse(text, out bool b) ? b : null,
            var t when t.IsEnum => Enum.GetNames(t).FirstOrDefault(name => name.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } name
                ? Enum.Parse(t, name) : null,
            var t => throw new NotSupportedException($"An option can't be of type {t.Name}."),
        };
        value = read is T typed ? typed : default!;
        return read is not null;
    }

    /// <summary>Writes a value as it would be typed.</summary>
    public static string Write(object value) => value switch
    {
        Enum => char.ToLowerInvariant(value.ToString()![0]) + value.ToString()![1..],
        bool truth => truth ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };
}
