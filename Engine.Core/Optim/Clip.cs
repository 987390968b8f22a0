namespace Engine.Core.Optim;

/// <summary>Limits on the size of gradients, differentiable.</summary>
public static class Clip
{
    /// <summary>
    /// Scales tensors together so that the norm of all of them is at most <paramref name="limit"/>. A norm of 0 gives a factor of 1
    /// and a derivative of zero.
    /// </summary>
    /// <param name="gradients">The tensors.</param>
    /// <param name="limit">The largest norm, above 0.</param>
    /// <returns>The scaled tensors, and the norm before.</returns>
    public static (Tensor[] Gradients, Tensor Norm) ByGlobalNorm(IReadOnlyList<Tensor> gradients, double limit)
    {
        if (!(limit > 0))
            throw new ArgumentOutOfRangeException(nameof(limit), limit, "The limit of a norm must be above 0.");
        var squared = gradients.Select(g => g.Square().Sum()).Aggregate((a, b) => a + b);

        // Where the norm is within the limit the factor is the constant 1, and the root is taken of a constant: no derivative of
        // sqrt at 0 is ever formed.
        var over = squared > Tensor.Full(limit * limit, [], squared.Type, squared.Device);
        var one = Tensor.Ones([], squared.Type, squared.Device);
        var factor = Tensor.Where(over, limit / Tensor.Where(over, squared, one).Sqrt(), one);
        var norm = squared.StopGradient().Sqrt();
        return ([.. gradients.Select(g => g * factor)], norm);
    }
}
