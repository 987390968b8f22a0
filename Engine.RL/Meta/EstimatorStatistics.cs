using Engine.RL.Statistics;

namespace Engine.RL.Meta;

/// <summary>
/// How good an estimator of the meta-gradient is, measured by independent estimates from one state and those of an oracle (section 3.3
/// and equation 7 of the paper). Estimator and oracle may share random numbers, replicate by replicate, or not: the errors of bias
/// and cosine follow from the replicates' joint deviations.
/// </summary>
/// <param name="Bias">The mean, over the components considered, of |mean - oracle mean|.</param>
/// <param name="BiasNorm">The norm of (mean - oracle mean) over the components considered.</param>
/// <param name="Deviation">The mean over components of the standard deviation.</param>
/// <param name="SignalToNoise">
/// The mean over components of |mean| / standard deviation: infinite if a component other than 0 never varies, while one that is
/// always 0 counts 0.
/// </param>
/// <param name="Cosine">The cosine of the mean with the oracle's mean; 0 if either of them is zero.</param>
public sealed record EstimatorStatistics(Estimate Bias, Estimate BiasNorm, Estimate Deviation, Estimate SignalToNoise, Estimate Cosine)
{
    /// <summary>Evaluates an estimator.</summary>
    /// <param name="samples">Estimates, [replicates, components], row by row.</param>
    /// <param name="oracle">Estimates of the oracle for the same replicates.</param>
    /// <param name="count">The number of components of an estimate.</param>
    /// <param name="components">The components to consider.</param>
    public static EstimatorStatistics Of(ReadOnlySpan<float> samples, ReadOnlySpan<float> oracle, int count, int[] components)
    {
        int replicates = samples.Length / count, width = components.Length;
        if (replicates < 2 || samples.Length != replicates * count || oracle.Length != samples.Length)
        {
            throw new ArgumentException(
                $"{samples.Length} and {oracle.Length} numbers are not two or more estimates of {count} components each.");
        }

        double[] mean = Means(samples, count, components), target = Means(oracle, count, components);
        var deviation = new double[width];
        double meanNorm = Norm(mean), targetNorm = Norm(target), bias = 0, difference = 0, cosine = 0;
        bool directed = meanNorm != 0 && targetNorm != 0;
        for (int c = 0; c < width; c++)
        {
            for (int r = 0; r < replicates; r++)
            {
                double away = samples[(r * count) + components[c]] - mean[c];
                deviation[c] += away * away;
            }

            deviation[c] = Math.Sqrt(deviation[c] / (replicates - 1));
            bias += Math.Abs(mean[c] - target[c]) / width;
            difference += (mean[c] - target[c]) * (mean[c] - target[c]);
            cosine += directed ? mean[c] / meanNorm * (target[c] / targetNorm) : 0;
        }

        // Each statistic is a smooth function of means over replicates; its error is that of its linear part (the delta method).
        double norm = Math.Sqrt(difference);
        double biasVariance = 0, normVariance = 0, cosineVariance = 0, noiseVariance = 0, signalVariance = 0;
        for (int r = 0; r < replicates; r++)
        {
            double biasPart = 0, normPart = 0, cosinePart = 0, noisePart = 0, signalPart = 0;
            for (int c = 0; c < width; c++)
            {
                double a = samples[(r * count) + components[c]] - mean[c], b = oracle[(r * count) + components[c]] - target[c];
                biasPart += Sign(mean[c] - target[c]) * (a - b) / width;
                normPart += norm != 0 ? (mean[c] - target[c]) * (a - b) / norm : 0;
                if (directed)
                {
                    cosinePart += ((target[c] / targetNorm) - (cosine * mean[c] / meanNorm)) * a / meanNorm;
                    cosinePart += ((mean[c] / meanNorm) - (cosine * target[c] / targetNorm)) * b / targetNorm;
                }

                if (deviation[c] != 0)
                {
                    double spread = ((a * a) - (deviation[c] * deviation[c])) / (2 * deviation[c]);
                    noisePart += spread / width;
                    signalPart += ((Sign(mean[c]) * a) - (Math.Abs(mean[c]) / deviation[c] * spread)) / (deviation[c] * width);
                }
            }

            biasVariance += biasPart * biasPart;
            normVariance += normPart * normPart;
            cosineVariance += cosinePart * cosinePart;
            noiseVariance += noisePart * noisePart;
            signalVariance += signalPart * signalPart;
        }

        return new EstimatorStatistics(
            new Estimate(bias, Error(biasVariance)),
            new Estimate(norm, Error(normVariance)),
            new Estimate(deviation.Average(), Error(noiseVariance)),
            new Estimate(deviation.Select((d, c) => mean[c] == 0 ? 0 : Math.Abs(mean[c]) / d).Average(), Error(signalVariance)),
            new Estimate(cosine, Error(cosineVariance)));

        double Error(double sumOfSquares) => Math.Sqrt(sumOfSquares / (replicates - 1) / replicates);
    }

    private static double[] Means(ReadOnlySpan<float> samples, int count, int[] components)
    {
        var means = new double[components.Length];
        int replicates = samples.Length / count;
        for (int r = 0; r < replicates; r++)
        {
            for (int c = 0; c < means.Length; c++)
                means[c] += samples[(r * count) + components[c]];
        }

        return [.. means.Select(sum => sum / replicates)];
    }

    // NaN has no sign, and is no error: what it goes into is NaN.
    private static double Sign(double value) => double.IsNaN(value) ? value : Math.Sign(value);

    private static double Norm(double[] vector) => Math.Sqrt(vector.Sum(value => value * value));
}
