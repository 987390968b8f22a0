using System.Globalization;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace Engine.Bench.Figures;

/// <summary>The marks of an axis and their numbers.</summary>
internal static class Ticks
{
    /// <summary>Round values in proportion.</summary>
    public static ITickGenerator Linear() => new NumericAutomatic { LabelFormatter = Label, TickDensity = 0.7 };

    /// <summary>Given values.</summary>
    public static ITickGenerator At(IEnumerable<double> values, Scale scale)
        => new NumericManual([.. values.Select(value => new Tick(scale.Place(value), Label(value)))]);

    /// <summary>Names, the first at the top.</summary>
    public static ITickGenerator Named(string[] names)
        => new NumericManual([.. names.Select((name, row) => new Tick(-row, name))]);

    /// <summary>
    /// Powers of ten; where these are too few, also twice and five times these, and within one power all its multiples. Faint lines
    /// stand at the other multiples.
    /// </summary>
    public static ITickGenerator Log(double low, double high)
    {
        int stride = (int)Math.Ceiling((high - low) / 8);
        var labelled = Multiples(1).Where(tick => Math.Round(tick.Place) % stride == 0).ToArray();
        foreach (int[] digits in (int[][])[[1, 2, 5], [1, 2, 3, 4, 5, 6, 7, 8, 9]])
        {
            if (labelled.Length < 3 && stride == 1)
                labelled = [.. Multiples(digits)];
        }

        var faint = high - low > 6 ? [] : Multiples(2, 3, 4, 5, 6, 7, 8, 9).Except(labelled);
        return labelled.Length < 2 && high - low < 1
            ? new NumericAutomatic { LabelFormatter = place => Label(Math.Pow(10, place)), TickDensity = 0.7 }
            : new NumericManual([
                .. labelled.Select(tick => new Tick(tick.Place, Label(tick.Value))),
                .. faint.Select(tick => Tick.Minor(tick.Place))]);

        IEnumerable<(double Place, double Value)> Multiples(params int[] digits)
            => from power in Enumerable.Range((int)Math.Floor(low), (int)(Math.Ceiling(high) - Math.Floor(low)) + 1)
               from digit in digits
               let value = double.Parse($"{digit}E{power}", CultureInfo.InvariantCulture)
               let place = Math.Log10(value)
               where place >= low - 1e-9 && place <= high + 1e-9
               select (place, value);
    }

    /// <summary>A number in few characters, as people write it.</summary>
    public static string Label(double value)
    {
        double size = Math.Abs(value);
        string text = size switch
        {
            < 1e-300 => "0",
            < 0.99e-4 or >= 1e12 => Scientific(size),
            >= 1e9 => Plain(size / 1e9) + "G",
            >= 1e6 => Plain(size / 1e6) + "M",
            >= 1e4 => Plain(size / 1e3) + "k",
            _ => Plain(size),
        };
        return value < 0 && text != "0" ? "−" + text : text;
    }

    private static string Plain(double value) => value.ToString("0.########", CultureInfo.InvariantCulture);

    private static string Scientific(double value)
    {
        string[] parts = value.ToString("0.##E+0", CultureInfo.InvariantCulture).Split('E');
        string power = "10" + string.Concat(parts[1].TrimStart('+').Select(digit => digit == '-' ? '⁻' : "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit - '0']));
        return parts[0] == "1" ? power : $"{parts[0]}×{power}";
    }
}
