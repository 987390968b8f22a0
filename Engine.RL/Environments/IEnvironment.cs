using Engine.Core;

namespace Engine.RL.Environments;

/// <summary>
/// An environment, written for one game; <see cref="Batch.Map"/> plays many. Its methods are pure functions: a state is never changed, so
/// to keep its tensors is a snapshot, and to go on from them restores it.
/// </summary>
/// <remarks>
/// Whatever is random follows from the keys. A caller gives each call another key, or numbers repeat. <see cref="Step"/> does not begin a
/// new episode where one ends: <see cref="StepAndReset"/> does.
/// </remarks>
/// <typeparam name="TState">A tree of tensors, see <see cref="Tree"/>.</typeparam>
public interface IEnvironment<TState>
{
    /// <summary>The shape of an observation.</summary>
    Shape ObservationShape { get; }

    /// <summary>The number of actions, which are 0, 1, ..., ActionCount - 1.</summary>
    int ActionCount { get; }

    /// <summary>Begins an episode.</summary>
    /// <param name="key">What to draw from, one key.</param>
    TState Reset(Key key);

    /// <summary>Takes an action.</summary>
    /// <param name="state">The state.</param>
    /// <param name="action">An Int32 scalar.</param>
    /// <param name="key">What to draw from, one key.</param>
    EnvironmentStep<TState> Step(TState state, Tensor action, Key key);

    /// <summary>What an agent sees of a state, of <see cref="ObservationShape"/>, Float32.</summary>
    Tensor Observe(TState state);

    /// <summary>Takes an action, begins a new episode where that ends one, and observes what comes of it.</summary>
    /// <param name="state">The state.</param>
    /// <param name="action">An Int32 scalar.</param>
    /// <param name="key">What to draw from, one key.</param>
    AutoResetStep<TState> StepAndReset(TState state, Tensor action, Key key) => AutoReset.Of(this, state, action, key);
}

/// <summary>What a step leads to.</summary>
/// <typeparam name="TState">The environment's state.</typeparam>
/// <param name="State">The state after it, also where the episode has ended.</param>
/// <param name="Reward">What the step paid, a scalar of any element type, as the others are.</param>
/// <param name="Terminated">
/// 1 where the episode has come to its end, beyond which there is nothing, else 0. The same as in Gymnasium.
/// </param>
/// <param name="Truncated">
/// 1 where the episode is cut off, such as by a limit of steps, though its state is not terminal, else 0.
/// </param>
public sealed record EnvironmentStep<TState>(TState State, Tensor Reward, Tensor Terminated, Tensor Truncated)
{
    /// <summary>1 where the episode is over, for whatever reason, else 0.</summary>
    public Tensor Ended() => Tensor.Maximum(Terminated, Truncated.Cast(Terminated.Type));
}
