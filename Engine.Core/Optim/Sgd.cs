namespace Engine.Core.Optim;

/// <summary>Stochastic gradient descent: p - rate * g.</summary>
/// <param name="LearningRate">The step size.</param>
public sealed record Sgd(LearningRate LearningRate) : Optimiser
{
    /// <inheritdoc/>
    public override OptimiserState<T> Initial<T>(T parameters) => new SgdState<T>(NoSteps(parameters));

    /// <inheritdoc/>
    public override (T Parameters, OptimiserState<T> State) Update<T>(T parameters, T gradients, OptimiserState<T> state)
    {
        Own<SgdState<T>>(state);
        Fitting(parameters, gradients, "gradient");
        var rate = RateOf(LearningRate, state.Step, parameters);
        var updated = Tree.Map(parameters, gradients, (p, g) => Descend(p, g, LearningRate, rate));
        return (updated, new SgdState<T>(state.Step + 1));
    }
}
