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
    /// <typeparam name="T">A tree, see <see cref="Tree"/>.</typeparam>
    /// <param name="gradients">The tensors, one or more.</param>
    /// <param name="limit">The largest norm, above 0; infinity for none.</param>
    /// <returns>The scaled tensors, and the norm before.</returns>
    /// <exception cref="ArgumentException">The limit is not above 0, or there is no tensor.</exception>
    public static (T Gradients, Tensor Norm) ByGlobalNorm<T>(T gradients, double limit)
    {
        Option.Positive(limit, nameof(limit));
        var leaves = Tree.Leaves(gradients);
        if (leaves.Length == 0)
            throw new ArgumentException("Clip: there are no tensors to scale.", nameof(gradients));
        var one = Tensor.Ones([], leaves[0].Type, leaves[0].Device);
        var largest = leaves.Where(g => g.Count > 0).Select(g => g.StopGradient().Abs().Max())
            .Aggregate(Tensor.Zeros([], one.Type, one.Device), Tensor.Maximum);
        var unit = Tensor.Where((largest > 0) * (largest < double.PositiveInfinity), largest, one);
        var squared = leaves.Select(g => (g / unit).Square().Sum()).Aggregate((a, b) => a + b);
        var norm = squared.StopGradient().Sqrt() * unit;

        // Where the norm is within the limit the factor is the constant 1, and the root is taken of a constant: no derivative of
        // sqrt at 0 is ever formed.
        var within = norm <= limit;
        double numerator = Math.Min(limit, one.Type == ElementType.Float32 ? float.MaxValue : double.MaxValue);
        var factor = Tensor.Where(
            within, one, numerator / Tensor.Where(within, one, unit) / Tensor.Where(within, one, squared).Sqrt());
        return (Tree.Map(gradients, g => g * factor), norm);
    }
}

/// <summary>Scales gradients to a largest global norm, see <see cref="Clip.ByGlobalNorm"/>.</summary>
/// <param name="Limit">The largest norm, above 0; infinity for none.</param>
public sealed record ClipByGlobalNorm(double Limit) : GradientTransform
{
    /// <summary>The largest norm.</summary>
    public double Limit
    {
        get;
        init => field = Option.Positive(value, nameof(Limit));
    } = Option.Positive(Limit, nameof(Limit));

    /// <inheritdoc/>
    public override T Apply<T>(T gradients, T parameters) => Clip.ByGlobalNorm(gradients, Limit).Gradients;
}
