namespace Engine.Bench.Figures;

/// <summary>What the axes of a panel span, in places: values, or on a logarithmic scale their logarithms to base 10.</summary>
internal static class Ranges
{
    /// <summary>Where a value lies; NaN if it has no place.</summary>
    public static double Place(this Scale scale, double value)
    {
        double place = scale == Scale.Log ? Math.Log10(value) : value;
        return double.IsFinite(place) ? place : double.NaN;
    }

    /// <summary>The range of x: tight, with some room at the ends for marks; to the next round value, where that is near.</summary>
    public static (double Low, double High) Horizontal(Panel panel)
    {
        bool bars = panel.YNames is not null;
        var values = panel.Series.SelectMany(series => bars && series.HasBand ? [.. series.X, .. Edges(series)] : series.X);
        var (low, high) = Extent(values, panel.XScale) ?? (0, 1);
        if (low == high)
            return Widened(low, panel.XScale);
        if (panel.Series.Any(series => series.Markers))
            return Padded(low, high);
        double step = Math.Pow(10, Math.Floor(Math.Log10(high - low))) / 2;
        double round = Math.Ceiling(high / step) * step;
        return (low, panel.XScale == Scale.Linear && round - high < 0.02 * (high - low) ? round : high);
    }

    /// <summary>The range of y: lines, bands and targets, with some room.</summary>
    public static (double Low, double High) Vertical(Panel panel)
    {
        if (panel.YNames is { } names)
            return (0.5 - names.Length, 0.5);
        var scale = panel.YScale;
        var (low, high) = Extent(panel.Series.SelectMany(series => series.Y).Concat(panel.Targets), scale) ?? (0, 1);
        if (Extent(panel.Series.Where(series => series.HasBand).SelectMany(Edges), scale) is { } band)
        {
            // A band that all but reaches zero would stretch a logarithmic axis without end and press the lines together.
            low = Math.Min(low, scale == Scale.Log ? Math.Max(band.Low, low - 0.5) : band.Low);
            high = Math.Max(high, band.High);
        }

        bool nearZero = scale == Scale.Linear && panel.Targets.Length == 0 && low >= 0 && low < 0.2 * high;
        (low, high) = low == high ? Widened(low, scale) : Padded(low, high);
        return (nearZero ? 0 : low, high);
    }

    private static IEnumerable<double> Edges(Series series) => series.Lower!.Concat(series.Upper!);

    private static (double Low, double High)? Extent(IEnumerable<double> values, Scale scale)
    {
        double[] places = [.. values.Select(value => scale.Place(value)).Where(double.IsFinite)];
        return places.Length > 0 ? (places.Min(), places.Max()) : null;
    }

    private static (double Low, double High) Padded(double low, double high)
        => (low - (0.05 * (high - low)), high + (0.05 * (high - low)));

    private static (double Low, double High) Widened(double place, Scale scale)
    {
        double room = scale == Scale.Log ? 0.3 : place == 0 ? 1 : Math.Abs(place) * 0.1;
        return (place - room, place + room);
    }
}
