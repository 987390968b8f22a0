using System.Globalization;
using Engine.Kernels;

namespace Engine.Core;

/// <summary>Numbers as aligned text, by NumPy's rules.</summary>
internal static class NumberText
{
    /// <summary>A number alone: the shortest text that tells it from its neighbours.</summary>
    public static string Scalar(double value, ElementType type)
    {
        if (type == ElementType.Int32)
            return value.ToString("F0", CultureInfo.InvariantCulture);
        if (!double.IsFinite(value))
            return NonFinite(value);
        DecimalDigits digits = DecimalDigits.Shortest(value, type);
        if (value == 0 || (Math.Abs(value) >= 1e-4 && Math.Abs(value) < 1e16))
        {
            (string whole, string fraction) = digits.Positional();
            return $"{whole}.{(fraction.Length == 0 ? "0" : fraction)}";
        }

        (string first, string rest, int exponent) = digits.Scientific();
        return first + (rest.Length == 0 ? "" : "." + rest) + Exponent(exponent, 2);
    }

    /// <summary>Integers, padded on the left to one width.</summary>
    public static string[] Integers(double[] values)
    {
        string[] words = Array.ConvertAll(values, v => v.ToString("F0", CultureInfo.InvariantCulture));
        int width = words.Max(w => w.Length);
        return Array.ConvertAll(words, w => w.PadLeft(width));
    }

    /// <summary>Floating-point numbers, padded so that their points lie below each other.</summary>
    public static string[] Floats(double[] values, ElementType type, int precision)
    {
        // No more digits than this are ever shortest: a bound that keeps the sums below from overflowing.
        precision = Math.Min(precision, 1000);
        double[] finite = Array.FindAll(values, double.IsFinite);
        int left = 0;
        int right = 0;
        Func<double, string> finiteText = _ => "";
        if (finite.Length > 0 && NeedsExponent(finite, type))
        {
            (string First, string Tail, int Exponent)[] parts = Array.ConvertAll(
                finite, v => DecimalDigits.Shortest(v, type).Rounded(v, precision + 1).Scientific());
            int digits = parts.Max(p => p.Tail.Length);
            int exponentDigits = Math.Max(2, parts.Max(p => Math.Abs(p.Exponent).ToString(CultureInfo.InvariantCulture).Length));
            left = parts.Max(p => p.First.Length);
            right = digits + 2 + exponentDigits;
            finiteText = v =>
            {
                (string first, string rest, int exponent) = DecimalDigits.Shortest(v, type).Filled(v, digits + 1, type).Scientific();
                return first.PadLeft(left) + "." + rest.PadRight(digits, '0') + Exponent(exponent, exponentDigits);
            };
        }
        else if (finite.Length > 0)
        {
            (string Whole, string Fraction) Parts(double v)
            {
                DecimalDigits shortest = DecimalDigits.Shortest(v, type);
                return shortest.Rounded(v, shortest.Exponent + precision).WithWhole(v, type).Positional();
            }

            (string Whole, string Fraction)[] parts = Array.ConvertAll(finite, Parts);
            left = parts.Max(p => p.Whole.Length);
            right = parts.Max(p => p.Fraction.Length);
            finiteText = v =>
            {
                (string whole, string fraction) = Parts(v);
                return whole.PadLeft(left) + "." + fraction.PadRight(right);
            };
        }

        foreach (double value in values)
        {
            if (!double.IsFinite(value))
                left = Math.Max(left, NonFinite(value).Length - right - 1);
        }

        return Array.ConvertAll(values, v => double.IsFinite(v) ? finiteText(v) : NonFinite(v).PadLeft(left + 1 + right));
    }

    private static bool NeedsExponent(double[] finite, ElementType type)
    {
        double[] sizes = [.. finite.Where(v => v != 0).Select(Math.Abs)];
        if (sizes.Length == 0)
            return false;
        double max = sizes.Max();
        double min = sizes.Min();

        // The ratio is rounded as the elements' type rounds it, or 1000 itself would fall on either side.
        double ratio = type == ElementType.Float32 ? (float)max / (float)min : max / min;
        return max >= 1e8 || min < 1e-4 || ratio > 1000;
    }

    private static string Exponent(int exponent, int digits)
        => (exponent < 0 ? "e-" : "e+") + Math.Abs(exponent).ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0');

    private static string NonFinite(double value) => double.IsNaN(value) ? "nan" : value < 0 ? "-inf" : "inf";
}
