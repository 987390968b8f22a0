using System.Globalization;
using System.Numerics;

namespace Engine.Bench.Commands;

/// <summary>Values as they are typed.</summary>
internal static class Values
{
    /// <summary>Reads a value; false if the text is none of that type.</summary>
    public static bool TryRead<T>(string text, out T value)
    {
        object? read = (Nullable.GetUnderlyingType(typeof(T)) ?? typeof(T)) switch
        {
            var t when t == typeof(string) => text,
            var t when t == typeof(bool) => bool.TryParse(text, out bool truth) ? truth : null,
            var t when t == typeof(int) => Number<int>(text, NumberStyles.AllowLeadingSign),
            var t when t == typeof(long) => Number<long>(text, NumberStyles.AllowLeadingSign),
            var t when t == typeof(double) => Number<double>(text, NumberStyles.Float),
            var t when t == typeof(float) => Number<float>(text, NumberStyles.Float),
            var t when t.IsEnum => Array.Find(Enum.GetNames(t), name => name.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } name
                ? Enum.Parse(t, name) : null,
            var t => throw new NotSupportedException($"An option can't be of type {t.Name}."),
        };
        value = read is T typed ? typed : default!;
        return read is not null;
    }

    /// <summary>Writes a value as it would be typed.</summary>
    public static string Write(object? value) => value switch
    {
        null => "",
        Enum => char.ToLowerInvariant(value.ToString()![0]) + value.ToString()![1..],
        bool truth => truth ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    private static object? Number<T>(string text, NumberStyles styles)
        where T : INumber<T>
        => T.TryParse(text, styles, CultureInfo.InvariantCulture, out var number) ? number : null;
}
