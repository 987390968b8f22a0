using System.Globalization;
using Engine.RL;
using Engine.RL.Environments;

namespace Engine.Bench.Input;

/// <summary>Values as people write them, in options and in files of settings.</summary>
internal static class Values
{
    private const NumberStyles Styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    /// <summary>Reads a value; false if the text is none of that type.</summary>
    public static bool TryRead<T>(string text, out T value)
    {
        object? read = Read(text, typeof(T));
        value = read is T typed ? typed : default!;
        return read is not null;
    }

    /// <summary>Reads a value; null if the text is none of that type.</summary>
    public static object? Read(string text, Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        var t when t == typeof(string) => text,
        var t when t == typeof(bool) => bool.TryParse(text, out bool truth) ? truth : null,
        var t when t == typeof(int) => Whole(text) is >= int.MinValue and <= int.MaxValue and var number ? (int)number : null,
        var t when t == typeof(long) => Whole(text) is >= long.MinValue and <= long.MaxValue and var number ? (long)number : null,
        var t when t == typeof(double)
            => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : null,
        var t when t == typeof(Grid) => Grid.TryParse(text),
        var t when t.IsEnum
            => Enum.GetValues(t).Cast<object>().FirstOrDefault(
                named => Setting.Text(named).Equals(text, StringComparison.OrdinalIgnoreCase)),
        var t => throw new NotSupportedException($"A value can't be of type {t.Name}."),
    };

    /// <summary>Takes a list apart at its commas.</summary>
    public static string[] Split(string text) => text.Split(',', StringSplitOptions.TrimEntries);

    /// <summary>All values of a type that has but a few; empty if it has many.</summary>
    public static IEnumerable<string> Names(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        { IsEnum: true } named => Enum.GetValues(named).Cast<object>().Select(Setting.Text),
        var t when t == typeof(bool) => ["true", "false"],
        _ => [],
    };

    /// <summary>The type of a list's elements; null if the type is no list.</summary>
    public static Type? Element(Type type)
        => type.GetElementType() ?? (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>)
            ? type.GetGenericArguments()[0]
            : null);

    /// <summary>The bound that a whole number is beyond, in words; null if the text is none, or the type is not of whole numbers.</summary>
    public static string? Bound(string text, Type type)
    {
        (long least, long most) = (Nullable.GetUnderlyingType(type) ?? type) switch
        {
            var t when t == typeof(int) => (int.MinValue, int.MaxValue),
            var t when t == typeof(long) => (long.MinValue, long.MaxValue),
            _ => (0L, 0L),
        };
        var (digits, unit) = Units(text);
        if (most == 0 || !double.TryParse(digits, Styles, CultureInfo.InvariantCulture, out double number))
            return null;
        number *= (double)unit;
        return number >= most ? FormattableString.Invariant($"at most {most}")
            : number <= least ? FormattableString.Invariant($"at least {least}")
            : null;
    }

    // As people write them: 5000000, 5M, 300k, 1e6.
    private static decimal? Whole(string text)
    {
        var (digits, unit) = Units(text);
        return decimal.TryParse(digits, Styles, CultureInfo.InvariantCulture, out decimal number)
            && Math.Abs(number) <= decimal.MaxValue / unit
            && number * unit == Math.Truncate(number * unit)
            ? number * unit
            : null;
    }

    private static (string Digits, decimal Unit) Units(string text) => text switch
    {
        [.. var digits, 'k' or 'K'] => (digits, 1_000m),
        [.. var digits, 'M'] => (digits, 1_000_000m),
        [.. var digits, 'G'] => (digits, 1_000_000_000m),
        _ => (text, 1m),
    };
}
