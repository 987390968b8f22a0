namespace Engine.Core.Optim;

/// <summary>Stochastic gradient descent: p - rate * g.</summary>
/// <param name="LearningRate">The step size, from 0 up.</param>
public sealed record Sgd(double LearningRate) : Optimiser(LearningRate)
{
    /// <inheritdoc/>
    public override int SlotsPerParameter => 0;

    /// <inheritdoc/>
    public override (Tensor[] Parameters, OptimiserState State) Update(
        IReadOnlyList<Tensor> parameters, IReadOnlyList<Tensor> gradients, OptimiserState state, Tensor? learningRate = null)
    {
        Require(parameters, gradients, state, learningRate);
        return ([.. parameters.Zip(gradients, (p, g) => Descend(p, g, learningRate))], state with { Step = state.Step + 1 });
    }
}
