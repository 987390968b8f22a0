using System.Globalization;

namespace Engine.RL.Statistics;

/// <summary>Numbers with how sure they are in brackets.</summary>
internal static class Brackets
{
    /// <summary>A number and another one in brackets, such as 0.15 (0.02). What is NaN is left out; "-" if the number is.</summary>
    public static string Text(double value, double inBrackets, string format, string bracketsFormat)
    {
        if (double.IsNaN(value))
            return "-";
        string text = value.ToString(format, CultureInfo.InvariantCulture);
        return double.IsNaN(inBrackets) ? text : $"{text} ({inBrackets.ToString(bracketsFormat, CultureInfo.InvariantCulture)})";
    }
}
