using Engine.RL.Statistics;

namespace Engine.RL.Meta;

/// <summary>
/// What a step along one estimate of the meta-gradient is worth: the expected cosine of an estimate with the direction in which the outer
/// loss falls fastest. To first order, a step of given size along it improves the outer loss by that part of what the same step along the
/// oracle's mean does. Unlike the cosine of means, it knows of variance.
/// </summary>
public static class Alignment
{
    /// <summary>Evaluates an estimator.</summary>
    /// <remarks>
    /// Each estimate meets the oracle's mean over the other replicates, so that no estimate is judged by its own random numbers, which
    /// oracle and estimator share. Where that mean itself is hardly known, it is longer than what it stands for, and all estimators seem
    /// less aligned, in proportion.
    /// </remarks>
    /// <param name="samples">Estimates, [replicates, components], row by row.</param>
    /// <param name="oracle">Estimates of the oracle for the same replicates.</param>
    /// <param name="count">The number of components of an estimate.</param>
    /// <param name="components">The components that are learned.</param>
    /// <param name="together">Consecutive estimates of which the mean is taken first: a step is along that.</param>
    /// <returns>The mean and its standard error, and the norm of the oracle's mean: a step of length s improves by s times both.</returns>
    public static (Estimate Alignment, double OracleNorm) Of(
        ReadOnlySpan<float> samples, ReadOnlySpan<float> oracle, int count, IReadOnlyList<int> components, int together = 1)
    {
        int replicates = samples.Length / count / together, width = components.Count;
        if (replicates < 2 || samples.Length % count != 0 || oracle.Length != samples.Length)
        {
            throw new ArgumentException(
                $"{samples.Length} and {oracle.Length} numbers are not two or more times {together} estimates of {count} components.");
        }

        double[] unit = new double[replicates * width], target = new double[replicates * width];
        double[] direction = new double[width], mean = new double[width];
        for (int r = 0; r < replicates; r++)
        {
            double square = 0;
            for (int c = 0; c < width; c++)
            {
                double value = 0, slope = 0;
                for (int each = r * together; each < (r + 1) * together; each++)
                {
                    value += samples[(each * count) + components[c]];
                    slope += oracle[(each * count) + components[c]];
                }

                (unit[(r * width) + c], target[(r * width) + c]) = (value, slope / together);
                square += value * value;
            }

            // An estimate of zero is no step.
            double norm = Math.Sqrt(square);
            for (int c = 0; c < width; c++)
            {
                unit[(r * width) + c] = norm == 0 ? 0 : unit[(r * width) + c] / norm;
                direction[c] += unit[(r * width) + c] / replicates;
                mean[c] += target[(r * width) + c] / replicates;
            }
        }

        double size = Math.Sqrt(mean.Sum(x => x * x));
        if (size == 0)
            return (new(0, 0), 0);
        double total = 0;
        for (int r = 0; r < replicates; r++)
        {
            for (int c = 0; c < width; c++)
                total += unit[(r * width) + c] * ((replicates * mean[c]) - target[(r * width) + c]) / (replicates - 1);
        }

        // The linear part of a mean over pairs of replicates, what each adds on either side, and of the length that it is divided by.
        double alignment = total / replicates / size;
        double[] parts = new double[replicates];
        for (int r = 0; r < replicates; r++)
        {
            for (int c = 0; c < width; c++)
            {
                double slope = target[(r * width) + c];
                parts[r] += (unit[(r * width) + c] * mean[c]) + (direction[c] * slope) - (alignment * slope * mean[c] / size);
            }
        }

        return (new(alignment, Estimate.Deviation(parts) / Math.Sqrt(replicates) / size), size);
    }
}
