using System.Globalization;

namespace Engine.Bench.Figures;

/// <summary>A number beside an axis: what stands on the line, and what is raised above it.</summary>
internal readonly record struct TickLabel(string Text, string Raised = "")
{
    public double Width(double size) => Typesetting.Width(Text, size) + Typesetting.Width(Raised, size * Typesetting.RaisedSize);

    /// <summary>Labels that agree in decimals and unit.</summary>
    public static TickLabel[] Linear(double[] ticks)
    {
        double largest = ticks.Length == 0 ? 0 : ticks.Max(Math.Abs);
        var (divisor, unit) = largest switch
        {
            >= 1e12 => (Math.Pow(10, Math.Floor(Math.Log10(largest))), null),
            >= 1e9 => (1e9, "G"),
            >= 1e6 => (1e6, "M"),
            >= 1e4 => (1e3, "k"),
            >= 1e-3 or 0 => (1, ""),
            _ => (Math.Pow(10, Math.Floor(Math.Log10(largest))), (string?)null),
        };
        int decimals = ticks.Length == 0 ? 0 : ticks.Max(tick => Decimals(tick / divisor));
        return [.. ticks.Select(tick => tick == 0 ? new TickLabel("0") : unit is null
            ? new(Fixed(tick / divisor, decimals) + "×10", Exponent(divisor))
            : new(Fixed(tick / divisor, decimals) + unit))];
    }

    /// <summary>Plain numbers if all are of a common size, else powers of ten.</summary>
    public static TickLabel[] Log(double[] ticks)
    {
        if (ticks.All(tick => tick is >= 0.9e-3 and < 0.9e5))
            return [.. ticks.Select(tick => new TickLabel(Fixed(tick, Decimals(tick))))];
        return [.. ticks.Select(tick =>
        {
            double power = Math.Pow(10, Math.Floor(Math.Log10(tick) + 1e-9));
            double mantissa = tick / power;
            string prefix = Math.Abs(mantissa - 1) < 1e-9 ? "" : Fixed(mantissa, Decimals(mantissa)) + "×";
            return new TickLabel(prefix + "10", Exponent(power));
        })];
    }

    // As many as it takes to write the number, within the rounding of a tick.
    private static int Decimals(double value)
    {
        int decimals = 0;
        for (double scaled = Math.Abs(value); decimals < 12 && Math.Abs(scaled - Math.Round(scaled)) > 1e-6; scaled *= 10)
            decimals++;
        return decimals;
    }

    private static string Fixed(double value, int decimals)
        => value.ToString("F" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture).Replace('-', '−');

    private static string Exponent(double power)
        => Math.Round(Math.Log10(power)).ToString(CultureInfo.InvariantCulture).Replace('-', '−');
}
