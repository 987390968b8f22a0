namespace Engine.Core.Optim;

/// <summary>Something done to gradients before an optimiser sees them, see <see cref="Chain"/>; differentiable.</summary>
public abstract record GradientTransform
{
    /// <summary>What is made of gradients.</summary>
    /// <typeparam name="T">A tree, see <see cref="Tree"/>.</typeparam>
    /// <param name="gradients">The gradients.</param>
    /// <param name="parameters">What they are gradients in.</param>
    public abstract T Apply<T>(T gradients, T parameters);
}

/// <summary>An optimiser that sees transformed gradients, as <c>optax.chain</c> makes it. For several transforms, chain a chain.</summary>
/// <param name="First">What is done to gradients.</param>
/// <param name="Rest">What updates by them.</param>
public sealed record Chain(GradientTransform First, Optimiser Rest) : Optimiser
{
    /// <inheritdoc/>
    public override OptimiserState<T> Initial<T>(T parameters) => Rest.Initial(parameters);

    /// <inheritdoc/>
    public override (T Parameters, OptimiserState<T> State) Update<T>(T parameters, T gradients, OptimiserState<T> state)
        => Rest.Update(parameters, First.Apply(gradients, parameters), state);
}
