namespace Engine.RL.Statistics;

/// <summary>y = factor x^exponent: a line where both axes are logarithmic, and its slope.</summary>
/// <param name="Factor">y where x is 1.</param>
/// <param name="Exponent">The slope: 1 if y grows in proportion to x, 2 if with its square, 0 if not at all.</param>
public sealed record PowerLaw(double Factor, Estimate Exponent)
{
    /// <summary>
    /// The one that fits points best: by least squares of logarithms, so that a deviation by a tenth counts the same everywhere. The
    /// exponent's error is that of a regression with two unknowns; NaN for two points, which tell nothing of it.
    /// </summary>
    /// <param name="x">Where the points are.</param>
    /// <param name="y">Their values. Points of which a number is not positive and finite have no logarithm and are left out.</param>
    /// <returns>Null if the others have fewer than two places.</returns>
    /// <exception cref="ArgumentException">There are more of the one than of the other.</exception>
    public static PowerLaw? Of(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        if (x.Count != y.Count)
            throw new ArgumentException($"PowerLaw: there are {x.Count} places, but {y.Count} values.", nameof(y));
        var points = x.Zip(y, (place, value) => (X: Math.Log(place), Y: Math.Log(value)))
            .Where(point => double.IsFinite(point.X) && double.IsFinite(point.Y)).ToArray();
        if (points.DistinctBy(point => point.X).Count() < 2)
            return null;
        double meanX = points.Average(point => point.X), meanY = points.Average(point => point.Y);
        double spread = points.Sum(point => (point.X - meanX) * (point.X - meanX));
        double slope = points.Sum(point => (point.X - meanX) * (point.Y - meanY)) / spread;
        double unexplained = points.Sum(point => Math.Pow(point.Y - meanY - (slope * (point.X - meanX)), 2));
        double error = points.Length > 2 ? Math.Sqrt(unexplained / (points.Length - 2) / spread) : double.NaN;
        return new(Math.Exp(meanY - (slope * meanX)), new(slope, error));
    }

    /// <summary>y at a place.</summary>
    public double At(double x) => Factor * Math.Pow(x, Exponent.Value);
}
