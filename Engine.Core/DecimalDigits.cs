using System.Globalization;
using Engine.Kernels;

namespace Engine.Core;

/// <summary>A finite number in decimal: 0.Digits times ten to the power Exponent; zero has no digits.</summary>
internal readonly record struct DecimalDigits(bool Negative, string Digits, int Exponent)
{
    // No double has more significant decimal digits than this.
    private const string ExactFormat = "E766";

    /// <summary>The fewest digits that tell <paramref name="value"/> from its neighbours of its type.</summary>
    public static DecimalDigits Shortest(double value, ElementType type)
        => Parse(
            double.IsNegative(value),
            type == ElementType.Float32
                ? Math.Abs((float)value).ToString("R", CultureInfo.InvariantCulture)
                : Math.Abs(value).ToString("R", CultureInfo.InvariantCulture));

    /// <summary>
    /// These digits of <paramref name="value"/> cut to <paramref name="keep"/> of them, rounded to the nearest and ties to even.
    /// </summary>
    public DecimalDigits Rounded(double value, int keep)
    {
        if (Digits.Length <= keep)
            return this;
        if (keep < 0)
            return this with { Digits = "", Exponent = 0 };

        // Shortest digits lie on the same side of the middle as the value itself unless they are the middle.
        string digits = Digits[keep..] == "5" ? Exact(value).Digits : Digits;
        int side = string.CompareOrdinal(digits[keep..], "5");
        bool odd = keep > 0 && (digits[keep - 1] - '0') % 2 == 1;
        if (side < 0 || (side == 0 && !odd))
            return WithDigits(digits[..keep], Exponent);
        int last = keep - 1;
        while (last >= 0 && digits[last] == '9')
            last--;
        return last < 0
            ? WithDigits("1", Exponent + 1)
            : WithDigits(digits[..last] + (char)(digits[last] + 1), Exponent);
    }

    /// <summary>
    /// Exactly <paramref name="keep"/> digits of <paramref name="value"/>, those beyond the shortest being its own and not zeros:
    /// what NumPy prints where a column needs more digits than a number of it.
    /// </summary>
    public DecimalDigits Filled(double value, int keep, ElementType type)
    {
        // So many digits survive a round trip through a normal number of the type: up to there the value's own are zeros.
        (int safe, double normal) = type == ElementType.Float32 ? (6, 1.17549435e-38) : (15, 2.2250738585072014e-308);
        bool own = Digits.Length > 0 && Digits.Length < keep && (keep > safe || Math.Abs(value) < normal);
        return own ? Exact(value).Rounded(value, keep) : Rounded(value, keep);
    }

    /// <summary>These digits with all of <paramref name="value"/>'s own before the point, as NumPy prints them but in scalars.</summary>
    public DecimalDigits WithWhole(double value, ElementType type)
        => Exponent > Digits.Length ? Filled(value, Exponent, type) : this;

    /// <summary>The text before and after the point.</summary>
    public (string Whole, string Fraction) Positional()
    {
        string sign = Negative ? "-" : "";
        if (Exponent <= 0)
            return (sign + "0", Digits.Length == 0 ? "" : new string('0', -Exponent) + Digits);
        return Exponent >= Digits.Length
            ? (sign + Digits.PadRight(Exponent, '0'), "")
            : (sign + Digits[..Exponent], Digits[Exponent..]);
    }

    /// <summary>The first digit, those after the point, and the power of ten.</summary>
    public (string First, string Tail, int Exponent) Scientific()
    {
        string sign = Negative ? "-" : "";
        return Digits.Length == 0 ? (sign + "0", "", 0) : (sign + Digits[0], Digits[1..], Exponent - 1);
    }

    private static DecimalDigits Exact(double value)
        => Parse(double.IsNegative(value), Math.Abs(value).ToString(ExactFormat, CultureInfo.InvariantCulture));

    private static DecimalDigits Parse(bool negative, string text)
    {
        int e = text.IndexOf('E');
        string mantissa = e < 0 ? text : text[..e];
        int exponent = e < 0 ? 0 : int.Parse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        int point = mantissa.IndexOf('.');
        exponent += point < 0 ? mantissa.Length : point;
        string digits = mantissa.Replace(".", "", StringComparison.Ordinal);
        int zeros = digits.Length - digits.TrimStart('0').Length;
        digits = digits.Trim('0');
        return digits.Length == 0 ? new(negative, "", 0) : new(negative, digits, exponent - zeros);
    }

    private DecimalDigits WithDigits(string digits, int exponent)
    {
        string trimmed = digits.TrimEnd('0');
        return new(Negative, trimmed, trimmed.Length == 0 ? 0 : exponent);
    }
}
