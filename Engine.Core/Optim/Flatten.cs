namespace Engine.Core.Optim;

/// <summary>
/// An optimiser that sees all parameters as one vector, as <c>optax.flatten</c> makes it: the numbers are the same, but for the order of
/// sums over all of them, and a network of many small tensors takes a few commands in place of many. Parameters are of one element type.
/// </summary>
/// <param name="Inner">What updates the vector.</param>
public sealed record Flatten(Optimiser Inner) : Optimiser
{
    /// <inheritdoc/>
    public override OptimiserState<T> Initial<T>(T parameters) => State<T>(Inner.Initial(Tree.ToVector(parameters)));

    /// <inheritdoc/>
    public override (T Parameters, OptimiserState<T> State) Update<T>(T parameters, T gradients, OptimiserState<T> state)
    {
        Fitting(parameters, gradients, "gradient");
        var (updated, next) = Inner.Update(Tree.ToVector(parameters), Tree.ToVector(gradients), Own<FlatState<T>>(state).Inner);
        return (Tree.FromVector(parameters, updated), State<T>(next));
    }

    private static FlatState<T> State<T>(OptimiserState<Tensor> inner) => new(inner.Step, inner);
}
