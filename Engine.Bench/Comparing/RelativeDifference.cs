namespace Engine.Bench.Comparing;

/// <summary>How far results are from those of a reference: the one definition that all comparisons share.</summary>
internal static class RelativeDifference
{
    // So that a tensor of zeros agrees with another one, and with nothing else.
    private const double LeastScale = 1e-30;

    /// <summary>
    /// The largest difference between elements, relative to the reference's largest finite element in magnitude. Where one has NaN
    /// or an infinity and the other has not the same, infinity.
    /// </summary>
    /// <param name="values">The elements.</param>
    /// <param name="reference">Those of the reference.</param>
    /// <exception cref="ArgumentException">There are more or fewer elements.</exception>
    public static double Of(double[] values, double[] reference)
    {
        if (values.Length != reference.Length)
            throw new ArgumentException($"{values.Length} elements can't be compared with {reference.Length}.", nameof(values));
        double difference = 0, scale = LeastScale;
        for (int i = 0; i < values.Length; i++)
        {
            if (!double.IsFinite(values[i]) || !double.IsFinite(reference[i]))
            {
                if (!values[i].Equals(reference[i]))
                    return double.PositiveInfinity;
                continue;
            }

            difference = Math.Max(difference, Math.Abs(values[i] - reference[i]));
            scale = Math.Max(scale, Math.Abs(reference[i]));
        }

        return difference / scale;
    }

    /// <summary>The largest of several tensors' differences, each relative to its own reference.</summary>
    public static double Of(IReadOnlyList<double[]> values, IReadOnlyList<double[]> reference)
        => values.Count == reference.Count
            ? values.Zip(reference, Of).DefaultIfEmpty(0).Max()
            : throw new ArgumentException($"{values.Count} tensors can't be compared with {reference.Count}.", nameof(values));
}
