using System.Globalization;

namespace Engine.Bench.Output;

/// <summary>Numbers in a few digits, for a glance.</summary>
internal static class ShortNumber
{
    /// <summary>The most characters of a text.</summary>
    public const int Width = 8;

    /// <summary>The number in about four digits, which stay as many while it changes little; "-" for NaN.</summary>
    public static string Text(double value)
    {
        if (double.IsNaN(value))
            return "-";
        if (double.IsInfinity(value))
            return value > 0 ? "∞" : "-∞";
        double size = Math.Abs(value);
        return size switch
        {
            0 => "0",
            < 0.0005 => value.ToString("0.0E+0", CultureInfo.InvariantCulture),
            < 9.9995 => Fixed(value, size < 0.99995 ? 4 : 3),
            < 99.995 => Fixed(value, 2),
            < 999.95 => Fixed(value, 1),
            < 9999.5 => Fixed(value, 0),
            < 999.5e3 => Fixed(value / 1e3, size < 99.95e3 ? 1 : 0) + "k",
            < 999.5e6 => Fixed(value / 1e6, size < 99.95e6 ? 1 : 0) + "M",
            < 999.5e9 => Fixed(value / 1e9, size < 99.95e9 ? 1 : 0) + "G",
            _ => value.ToString("0.0E+0", CultureInfo.InvariantCulture),
        };
    }

    private static string Fixed(double value, int decimals)
        => value.ToString("F" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
