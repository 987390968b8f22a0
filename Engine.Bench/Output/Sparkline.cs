namespace Engine.Bench.Output;

/// <summary>The course of a value as a line of blocks, however long it gets.</summary>
internal sealed class Sparkline
{
    private const string Blocks = "▁▂▃▄▅▆▇█";

    // Even, so that halves join to wholes.
    private const int Most = 128;

    private readonly List<double> _means = [];
    private int _stride = 1;
    private int _pending;
    private double _sum;

    /// <summary>Adds the latest value; what is not finite is left out.</summary>
    public void Add(double value)
    {
        if (!double.IsFinite(value))
            return;
        _sum += value;
        if (++_pending < _stride)
            return;
        _means.Add(_sum / _stride);
        (_pending, _sum) = (0, 0);
        if (_means.Count < Most)
            return;

        // Each mean is of as many values as any other: neighbours join, and later ones are of twice as many.
        for (int i = 0; i < Most / 2; i++)
            _means[i] = (_means[2 * i] + _means[(2 * i) + 1]) / 2;
        _means.RemoveRange(Most / 2, Most / 2);
        _stride *= 2;
    }

    /// <summary>The line, from the first value to the latest, from the least mean to the greatest.</summary>
    /// <param name="width">The most characters; each is the mean of as many values.</param>
    public string Text(int width)
    {
        double[] all = _pending > 0 ? [.. _means, _sum / _pending] : [.. _means];
        int count = Math.Min(width, all.Length);
        if (count <= 0)
            return "";
        double[] means = new double[count];
        for (int i = 0; i < count; i++)
            means[i] = all[(int)((long)i * all.Length / count)..(int)((i + 1L) * all.Length / count)].Average();
        double least = means.Min(), span = means.Max() - least;
        return string.Concat(means.Select(mean => Blocks[span > 0 ? (int)Math.Min((mean - least) / span * Blocks.Length, 7) : 0]));
    }
}
