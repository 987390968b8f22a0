namespace Engine.Bench.Figures;

/// <summary>A range of values, laid out over a length.</summary>
internal sealed class Axis
{
    /// <summary>The size of the numbers beside an axis.</summary>
    public const double LabelSize = 11;

    private readonly double _low;
    private readonly double _high;

    private Axis(Scale scale, double low, double high, double length)
    {
        Scale = scale;
        Length = length;
        Low = low;
        High = high;
        (_low, _high) = scale == Scale.Log ? (Math.Log10(low), Math.Log10(high)) : (low, high);
    }

    public Scale Scale { get; }

    public double Length { get; }

    public double Low { get; }

    public double High { get; }

    public double[] Ticks { get; private set; } = [];

    public TickLabel[] Labels { get; private set; } = [];

    /// <summary>Values of faint lines without numbers.</summary>
    public double[] Minor { get; private set; } = [];

    /// <summary>A horizontal axis whose numbers do not run into each other.</summary>
    public static Axis Horizontal(Scale scale, double low, double high, double length, double[]? ticks)
    {
        var axis = new Axis(scale, low, high, length);
        if (ticks is not null)
        {
            axis.Mark([.. ticks.Where(tick => tick >= low && tick <= high)]);
            axis.Minor = [];
        }
        else
        {
            int most = Math.Max(2, (int)(length / 40));
            do
                axis.Mark(axis.Round(most));
            while (--most >= 2 && !axis.LabelsFit());
        }

        axis.DropCrowdedLabels();
        return axis;
    }

    /// <summary>A vertical axis.</summary>
    public static Axis Vertical(Scale scale, double low, double high, double length)
    {
        var axis = new Axis(scale, low, high, length);
        axis.Mark(axis.Round(Math.Max(2, (int)(length / 32))));
        return axis;
    }

    /// <summary>A vertical axis of names, the first at the top.</summary>
    public static Axis Named(string[] names, double length) => new(Scale.Linear, names.Length - 0.5, -0.5, length)
    {
        Ticks = [.. Enumerable.Range(0, names.Length).Select(row => (double)row)],
        Labels = [.. names.Select(name => new TickLabel(name))],
    };

    /// <summary>Whether a value has a place on the scale, within the range or beyond it.</summary>
    public bool Has(double value) => double.IsFinite(value) && (Scale == Scale.Linear || value > 0);

    /// <summary>How far from the start of the axis a value lies.</summary>
    public double Place(double value) => ((Scale == Scale.Log ? Math.Log10(value) : value) - _low) / (_high - _low) * Length;

    private double[] Round(int most) => Scale == Scale.Log ? Figures.Ticks.Log(Low, High, most) : Figures.Ticks.Linear(Low, High, most);

    private void Mark(double[] ticks)
    {
        Ticks = ticks;
        Labels = Scale == Scale.Log ? TickLabel.Log(ticks) : TickLabel.Linear(ticks);
        Minor = Scale == Scale.Log ? [.. Figures.Ticks.LogMinor(Low, High).Except(ticks)] : [];
    }

    private bool LabelsFit() => Enumerable.Range(1, Math.Max(0, Ticks.Length - 1)).All(i => Gap(i - 1, i) > 0);

    // Only ticks that were asked for, or those of a logarithmic axis, can still be crowded.
    private void DropCrowdedLabels()
    {
        int last = 0;
        for (int i = 1; i < Ticks.Length; i++)
        {
            if (Gap(last, i) > 0)
                last = i;
            else
                Labels[i] = new TickLabel("");
        }
    }

    private double Gap(int left, int right)
        => Place(Ticks[right]) - Place(Ticks[left]) - (Labels[left].Width(LabelSize) + Labels[right].Width(LabelSize)) / 2 - 7;
}
