namespace Engine.Bench.Figures;

/// <summary>Round values within a range.</summary>
internal static class Ticks
{
    private static readonly double[] s_steps = [1, 2, 2.5, 5, 10];

    /// <summary>Multiples of 1, 2, 2.5 or 5 times a power of ten: at most <paramref name="most"/>, and as many as that allows.</summary>
    public static double[] Linear(double low, double high, int most)
    {
        double span = high - low;
        double power = Math.Pow(10, Math.Floor(Math.Log10(span / most)));
        while (true)
        {
            foreach (double step in s_steps)
            {
                double[] ticks = Multiples(low, high, step * power);
                if (ticks.Length <= most)
                    return ticks;
            }

            power *= 10;
        }
    }

    /// <summary>Powers of ten; where these are too few, also twice and five times or three times these, or any round values.</summary>
    public static double[] Log(double low, double high, int most)
    {
        int first = (int)Math.Ceiling(Math.Log10(low) - 1e-9);
        int last = (int)Math.Floor(Math.Log10(high) + 1e-9);
        int decades = last - first + 1;
        if (decades >= 3)
        {
            int stride = (decades + most - 1) / most;
            return [.. Enumerable.Range(first, decades).Where(k => k % stride == 0).Select(k => Power(k))];
        }

        foreach (int[] digits in (int[][])[[1, 2, 5], [1, 3]])
        {
            double[] few = [.. Within(low, high, digits)];
            if (few.Length >= 3 && few.Length <= Math.Max(most, 6))
                return few;
        }

        return Linear(low, high, most);
    }

    /// <summary>The one-digit multiples of powers of ten, for faint lines; none where they would be a wall.</summary>
    public static double[] LogMinor(double low, double high)
        => Math.Log10(high / low) > 6 ? [] : [.. Within(low, high, [1, 2, 3, 4, 5, 6, 7, 8, 9])];

    private static double[] Multiples(double low, double high, double step)
    {
        // The slack keeps an end that is a multiple up to rounding. Dividing by a whole 1/step gives 0.3 and not 0.30000000000000004.
        double from = Math.Ceiling(low / step - 1e-6);
        double to = Math.Floor(high / step + 1e-6);
        double parts = Math.Round(1 / step);
        bool divides = step < 1 && Math.Abs(parts * step - 1) < 1e-9;
        return to - from > 1000
            ? new double[1001]
            : [.. Enumerable.Range(0, (int)(to - from) + 1).Select(i => divides ? (from + i) / parts : (from + i) * step)];
    }

    private static IEnumerable<double> Within(double low, double high, int[] digits)
    {
        int first = (int)Math.Floor(Math.Log10(low));
        int last = (int)Math.Floor(Math.Log10(high));
        return Enumerable.Range(first, last - first + 1)
            .SelectMany(k => digits.Select(digit => Power(k, digit)))
            .Where(value => value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9));
    }

    private static double Power(int exponent) => Power(exponent, 1);

    // Dividing by a whole power gives 0.3 and not 0.30000000000000004.
    private static double Power(int exponent, int digit)
        => exponent >= 0 ? digit * Math.Pow(10, exponent) : digit / Math.Pow(10, -exponent);
}
