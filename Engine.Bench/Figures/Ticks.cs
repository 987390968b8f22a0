using System.Globalization;
using ScottPlot;
using ScottPlot.TickGenerators;
using static System.FormattableString;

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
    /// Powers of ten; where these are too few, also twice and five times these, then all their multiples, then any round values. Faint
    /// lines stand at the other multiples.
    /// </summary>
    /// <param name="low">The logarithm of where the axis begins.</param>
    /// <param name="high">That of where it ends.</param>
    /// <param name="room">How many characters there is room for, unless powers of ten are too few by themselves.</param>
    public static ITickGenerator Log(double low, double high, int room = int.MaxValue)
    {
        int stride = (int)Math.Ceiling((high - low) / 8);
        double[] labelled = [.. Multiples(1).Where(value => Math.Round(Math.Log10(value)) % stride == 0)];
        foreach (int[] digits in (int[][])[[1, 2, 5], [1, 2, 3, 4, 5, 6, 7, 8, 9]])
        {
            double[] more = [.. Multiples(digits)];
            if (labelled.Length < 3 && stride == 1 && (labelled.Length < 2 || more.Sum(value => Label(value).Length) <= room))
                labelled = more;
        }

        if (labelled.Length < 2)
            labelled = [.. Round(Math.Pow(10, low), Math.Pow(10, high))];
        var faint = high - low > 6 ? [] : Multiples(2, 3, 4, 5, 6, 7, 8, 9).Except(labelled);
        return new NumericManual([
            .. labelled.Select(value => new Tick(Math.Log10(value), Label(value))),
            .. faint.Select(value => Tick.Minor(Math.Log10(value)))]);

        IEnumerable<double> Multiples(params int[] digits)
            => from power in Enumerable.Range((int)Math.Floor(low), (int)(Math.Ceiling(high) - Math.Floor(low)) + 1)
               from digit in digits
               let value = double.Parse(Invariant($"{digit}E{power}"), CultureInfo.InvariantCulture)
               where Math.Log10(value) >= low - 1e-9 && Math.Log10(value) <= high + 1e-9
               select value;
    }

    private static IEnumerable<double> Round(double low, double high)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(high - low)));
        double step = ((double[])[0.2, 0.5, 1, 2]).First(part => (high - low) / (part * power) <= 6) * power;
        for (double tick = Math.Ceiling(low / step); tick * step <= high; tick++)
            yield return tick * step;
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
