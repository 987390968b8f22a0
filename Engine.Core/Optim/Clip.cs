using Engine.Kernels;

namespace Engine.Core.Optim;

/// <summary>Limits on the size of gradients, differentiable.</summary>
public static class Clip
{
    /// <summary>
    /// Scales tensors together so that the norm of all of them is at most <paramref name="limit"/>. A norm of 0 gives a factor of 1
    /// and a derivative of zero.
    /// </summary>
    /// <remarks>
    /// The norm is that of numbers divided by the largest one, so that no square over- or underflows. As in Optax and PyTorch, one NaN
    /// makes all numbers NaN, and infinite ones become NaN and all others 0.
    /// </remarks>
    /// <param name="gradients">The tensors, one or more.</param>
    /// <param name="limit">The largest norm, above 0; infinity for none.</param>
    /// <returns>The scaled tensors, and the norm before.</returns>
    /// <exception cref="ArgumentException">The limit is not above 0, or there is no tensor.</exception>
    public static (Tensor[] Gradients, Tensor Norm) ByGlobalNorm(IReadOnlyList<Tensor> gradients, double limit)
    {
        Option.Positive(limit, nameof(limit));
        if (gradients.Count == 0)
            throw new ArgumentException("Clip: there are no tensors to scale.", nameof(gradients));
        var one = Tensor.Ones([], gradients[0].Type, gradients[0].Device);
        var largest = gradients.Where(g => g.Count > 0).Select(g => g.StopGradient().Abs().Max())
            .Aggregate(Tensor.Zeros([], one.Type, one.Device), Tensor.Maximum);
        var unit = Tensor.Where((largest > 0) * (largest < double.PositiveInfinity), largest, one);
        var squared = gradients.Select(g => (g / unit).Square().Sum()).Aggregate((a, b) => a + b);
        var norm = squared.StopGradient().Sqrt() * unit;

        // Where the norm is within the limit the factor is the constant 1, and the root is taken of a constant: no derivative of
        // sqrt at 0 is ever formed.
        var within = norm <= limit;
        double numerator = Math.Min(limit, one.Type == ElementType.Float32 ? float.MaxValue : double.MaxValue);
        var factor = Tensor.Where(
            within, one, numerator / Tensor.Where(within, one, unit) / Tensor.Where(within, one, squared).Sqrt());
        return ([.. gradients.Select(g => g * factor)], norm);
    }
}
