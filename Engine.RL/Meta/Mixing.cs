using Engine.Core;

namespace Engine.RL.Meta;

/// <summary>The mix of all i-step meta-gradients up to n (equation 10 of the paper).</summary>
public static class Mixing
{
    /// <summary>The default discount of n inner steps: 1 - 1/n.</summary>
    public static double DefaultKappa(int steps) => 1 - (1.0 / steps);

    /// <summary>kappa^(i - 1) for i = 1, ..., n, normalised to a sum of 1; all equal for kappa = 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">kappa is outside [0, 1], or there are no steps.</exception>
    public static double[] Weights(int steps, double kappa)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        if (!(kappa >= 0 && kappa <= 1))
            throw new ArgumentOutOfRangeException(nameof(kappa), kappa, $"kappa is {kappa}, but must be in [0, 1].");
        double[] weights = [.. Enumerable.Range(0, steps).Select(i => Math.Pow(kappa, i))];
        double sum = weights.Sum();
        return [.. weights.Select(weight => weight / sum)];
    }

    /// <summary>The mix of a loop's outer losses, or of their gradients: of tensors of one shape.</summary>
    public static Tensor Mix(IReadOnlyList<Tensor> points, double kappa)
    {
        double[] weights = Weights(points.Count, kappa);
        var total = points[0] * weights[0];
        for (int i = 1; i < weights.Length; i++)
        {
            if (weights[i] != 0)
                total = Tensor.LinearCombination(1, total, weights[i], points[i]);
        }

        return total;
    }

    /// <summary>
    /// The same with weights that are tensors, such as those of each member of a batch. What weighs nothing is left out, and not
    /// multiplied by zero: it need not be finite.
    /// </summary>
    /// <param name="points">A loop's outer losses, or their gradients.</param>
    /// <param name="weights">The weight of each, a scalar.</param>
    public static Tensor Mix(IReadOnlyList<Tensor> points, IReadOnlyList<Tensor> weights)
        => points.Zip(weights, (point, weight) => Tensor.Where(weight, point * weight, 0)).Aggregate((sum, term) => sum + term);
}
