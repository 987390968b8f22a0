using Engine.Kernels;

namespace Engine.Core.Optim;

/// <summary>
/// A rule that makes new parameters from old ones and their gradients: a function, written in tensor operations, and so
/// differentiable in everything that goes in. Parameters, gradients and what is remembered of them are trees of one type.
/// </summary>
/// <example><code>
/// var adam = new Chain(new ClipByGlobalNorm(10), new Adam(Schedules.Linear(1e-3, 0, steps: 1000)));
/// var state = adam.Initial(network);
/// (network, state) = adam.Update(network, Gradient.Of(loss, network), state);
/// </code></example>
public abstract record Optimiser
{
    /// <summary>The state before the first update.</summary>
    /// <typeparam name="T">A tree, see <see cref="Tree"/>.</typeparam>
    /// <param name="parameters">The parameters, one or more.</param>
    public abstract OptimiserState<T> Initial<T>(T parameters);

    /// <summary>One update.</summary>
    /// <typeparam name="T">A tree, see <see cref="Tree"/>.</typeparam>
    /// <param name="parameters">The parameters.</param>
    /// <param name="gradients">Their gradients, of the same shapes.</param>
    /// <param name="state">What the last update left.</param>
    /// <exception cref="ArgumentException">Gradients, the state or the step size do not fit the parameters.</exception>
    public abstract (T Parameters, OptimiserState<T> State) Update<T>(T parameters, T gradients, OptimiserState<T> state);

    /// <summary>No updates yet.</summary>
    private protected static Tensor NoSteps<T>(T parameters)
        => Tree.Leaves(parameters) is [var first, ..]
            ? Tensor.Zeros([], ElementType.Int32, first.Device)
            : throw new ArgumentException("Optimiser: there are no parameters.", nameof(parameters));

    /// <summary>The state as one of this optimiser's own.</summary>
    private protected TState Own<TState>(object state)
        where TState : class
        => state as TState ?? throw Error($"the state is {state?.GetType().Name.Split('`')[0] ?? "null"}: make it with Initial");

    /// <summary>The tensors of a tree, which must be of the shapes of the parameters: broadcasting would hide it.</summary>
    private protected Tensor[] Fitting<T>(T parameters, T tree, string what)
    {
        var (ours, theirs) = (Tree.Leaves(parameters), Tree.Leaves(tree));
        if (theirs.Length != ours.Length)
            throw Error($"there are {theirs.Length} {what}s for {ours.Length} parameters");
        for (int i = 0; i < ours.Length; i++)
        {
            if (theirs[i].Shape != ours[i].Shape)
                throw Error($"parameter{Named(parameters, i)} of shape {ours[i].Shape} has a {what} of shape {theirs[i].Shape}");
        }

        return theirs;
    }

    /// <summary>The step size as a tensor, which must broadcast to every parameter; null where it is a number.</summary>
    private protected Tensor? RateOf<T>(LearningRate rate, Tensor step, T parameters)
    {
        var leaves = Tree.Leaves(parameters);
        if (rate.At(step, leaves[0].Type) is not { } value)
            return null;
        foreach (var (i, leaf) in leaves.Index())
        {
            if (Shape.Broadcast(value.Shape, leaf.Shape) != leaf.Shape)
            {
                throw Error(
                    $"a learning rate of shape {value.Shape} does not broadcast to parameter{Named(parameters, i)} of shape "
                    + $"{leaf.Shape}");
            }
        }

        return value;
    }

    /// <summary>p - rate * update.</summary>
    private protected static Tensor Descend(Tensor parameter, Tensor update, LearningRate rate, Tensor? value)
        => value is null
            ? Tensor.LinearCombination(1, parameter, -rate.Number, update)
            : Tensor.MultiplyAdd(update, -value, parameter);

    // A tree that is a tensor itself has no name for it.
    private static string Named<T>(T tree, int leaf) => Tree.Names(tree)[leaf] is { Length: > 0 } name ? " " + name : "";

    private ArgumentException Error(string problem) => new($"{GetType().Name}: {problem}.");
}
