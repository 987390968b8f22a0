namespace Engine.Bench.Figures;

/// <summary>What the axes of a panel span.</summary>
internal static class Ranges
{
    /// <summary>The range of x: tight, with some room at the ends for marks.</summary>
    public static (double Low, double High) Horizontal(Panel panel)
    {
        var (low, high) = Extent(panel.Series.SelectMany(series => series.X), panel.XScale) ?? Nothing(panel.XScale);
        bool marked = panel.Series.Any(series => series.Markers);
        return low == high ? Widen(low, panel.XScale) : Pad(low, high, marked ? 0.05 : 0, panel.XScale);
    }

    /// <summary>The range of y: lines and bands, with some room.</summary>
    public static (double Low, double High) Vertical(Panel panel)
    {
        var scale = panel.YScale;
        var lines = Extent(panel.Series.SelectMany(series => series.Y), scale);
        var bands = Extent(panel.Series.Where(series => series.HasBand).SelectMany(series => series.Lower!.Concat(series.Upper!)), scale);
        var (low, high) = lines ?? Nothing(scale);
        if (bands is { } band)
        {
            // A band that all but reaches zero would stretch a logarithmic axis without end and press the lines together.
            low = scale == Scale.Log ? Math.Min(low, Math.Max(band.Low, low / 3)) : Math.Min(low, band.Low);
            high = Math.Max(high, band.High);
        }

        bool nearZero = scale == Scale.Linear && low >= 0 && low < 0.2 * high;
        (low, high) = low == high ? Widen(low, scale) : Pad(low, high, 0.05, scale);
        low = panel.YMin ?? (nearZero ? 0 : low);
        high = panel.YMax ?? high;
        return low < high ? (low, high) : Widen(panel.YMin is null ? high : low, scale);
    }

    private static (double Low, double High) Nothing(Scale scale) => scale == Scale.Log ? (0.1, 1) : (0, 1);

    private static (double Low, double High)? Extent(IEnumerable<double> values, Scale scale)
    {
        (double Low, double High)? extent = null;
        foreach (double value in values)
        {
            if (double.IsFinite(value) && (scale == Scale.Linear || value > 0))
                extent = extent is { } e ? (Math.Min(e.Low, value), Math.Max(e.High, value)) : (value, value);
        }

        return extent;
    }

    private static (double Low, double High) Pad(double low, double high, double part, Scale scale)
        => scale == Scale.Log
            ? (low * Math.Pow(low / high, part), high * Math.Pow(high / low, part))
            : (low - part * (high - low), high + part * (high - low));

    private static (double Low, double High) Widen(double value, Scale scale)
    {
        if (scale == Scale.Log)
            return (value / 2, value * 2);
        double room = value == 0 ? 1 : Math.Abs(value) * 0.1;
        return (value - room, value + room);
    }
}
