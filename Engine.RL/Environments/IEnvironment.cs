using Engine.Core;

namespace Engine.RL.Environments;

/// <summary>
/// A batch of independent environments whose states are tensors. Its methods are pure functions: a state is never changed, so keeping
/// its tensors is a snapshot and going on from them restores it.
/// </summary>
/// <remarks>
/// Each environment draws from a key of its own: its course depends on its own key, state and actions only, not on how many environments
/// a call has. A caller gives each call other keys, or numbers repeat. Inside a <see cref="TensorProgram{TIn, TOut}"/> nothing of a long
/// course is kept but its results.
/// </remarks>
public interface IEnvironment
{
    /// <summary>The shape of one environment's observation.</summary>
    Shape ObservationShape { get; }

    /// <summary>The number of actions, which are 0, 1, ..., ActionCount - 1.</summary>
    int ActionCount { get; }

    /// <summary>Begins an episode in every environment.</summary>
    /// <param name="key">A key for each environment, [n].</param>
    /// <returns>The state: tensors whose first axis has size n.</returns>
    /// <exception cref="ArgumentException">The keys have another shape.</exception>
    Tensor[] Reset(Key key);

    /// <summary>Takes one action in every environment. Where that ends the episode, the next one begins in the same step.</summary>
    /// <param name="state">The state.</param>
    /// <param name="actions">Int32 [n].</param>
    /// <param name="key">A key for each environment, [n].</param>
    /// <exception cref="ArgumentException">An input has another type or shape.</exception>
    EnvironmentStep Step(Tensor[] state, Tensor actions, Key key);

    /// <summary>What is seen of a state, Float32 [n, ...].</summary>
    /// <exception cref="ArgumentException">The state has another type or shape.</exception>
    Tensor Observe(Tensor[] state);
}
