namespace Engine.Core.Optim;

/// <summary>An optimiser that sees gradients scaled to a largest global norm, see <see cref="Clip.ByGlobalNorm"/>.</summary>
/// <param name="Inner">What updates with the scaled gradients.</param>
/// <param name="Limit">The largest norm, above 0.</param>
public sealed record ClippedOptimiser(Optimiser Inner, double Limit) : Optimiser(Inner.LearningRate)
{
    /// <summary>The largest norm.</summary>
    public double Limit
    {
        get;
        init => field = Option.Positive(value, nameof(Limit));
    } = Option.Positive(Limit, nameof(Limit));

    /// <inheritdoc/>
    public override int SlotsPerParameter => Inner.SlotsPerParameter;

    /// <inheritdoc/>
    public override (Tensor[] Parameters, OptimiserState State) Update(
        IReadOnlyList<Tensor> parameters, IReadOnlyList<Tensor> gradients, OptimiserState state, Tensor? learningRate = null)
        => Inner.Update(parameters, Clip.ByGlobalNorm(gradients, Limit).Gradients, state, learningRate);
}
