using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Engine.RL.Environments;

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
            var t when t == typeof(int) => Whole(text) is >= int.MinValue and <= int.MaxValue and var number ? (int)number : null,
            var t when t == typeof(long) => Whole(text) is { } number ? (long)number : null,
            var t when t == typeof(double) => Number<double>(text, NumberStyles.Float),
            var t when t == typeof(float) => Number<float>(text, NumberStyles.Float),
            var t when t == typeof(Grid) => Grid.TryParse(text),
            var t when t.IsEnum
                => Enum.GetValues(t).Cast<object>().FirstOrDefault(named => Write(named).Equals(text, StringComparison.OrdinalIgnoreCase)),
            var t => throw new NotSupportedException($"An option can't be of type {t.Name}."),
        };
        value = read is T typed ? typed : default!;
        return read is not null;
    }

    /// <summary>Writes a value as it would be typed.</summary>
    public static string Write(object? value) => value switch
    {
        null => "",
        Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString()!),
        bool truth => truth ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    // As people write them: 5000000, 5M, 300k, 1e6.
    private static decimal? Whole(string text)
    {
        var (digits, unit) = text.Length > 1 ? text[^1] switch
        {
            'k' or 'K' => (text[..^1], 1_000m),
            'M' => (text[..^1], 1_000_000m),
            'G' => (text[..^1], 1_000_000_000m),
            _ => (text, 1m),
        } : (text, 1m);
        const NumberStyles Styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return decimal.TryParse(digits, Styles, CultureInfo.InvariantCulture, out decimal number)
            && Math.Abs(number) <= long.MaxValue / unit
            && number * unit == Math.Truncate(number * unit)
            ? number * unit
            : null;
    }

    private static object? Number<T>(string text, NumberStyles styles)
        where T : INumber<T>
        => T.TryParse(text, styles, CultureInfo.InvariantCulture, out var number) ? number : null;
}
