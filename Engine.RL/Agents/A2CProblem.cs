using Engine.Core;
using Engine.Core.Nn;
using Engine.Core.Optim;
using Engine.RL.Environments;
using Engine.RL.Meta;

namespace Engine.RL.Agents;

/// <summary>
/// Learning to act with <see cref="A2C"/> in several games of an environment, with given meta-parameters. Rollouts go on from where the
/// last one ended; losses are means over the games.
/// </summary>
/// <typeparam name="TState">The environment's state; rollouts begin from several, along the first axis.</typeparam>
/// <param name="environment">The environment.</param>
/// <param name="optimiser">What updates the network.</param>
/// <param name="coefficients">The coefficients of the losses.</param>
/// <param name="rolloutLength">Steps of a rollout (T).</param>
/// <param name="options">How losses are formed; the defaults if null.</param>
/// <param name="bootstrapTruncated">Whether returns go on where an episode was cut off.</param>
public sealed class A2CProblem<TState>(
    IEnvironment<TState> environment,
    Optimiser optimiser,
    A2CCoefficients coefficients,
    int rolloutLength = 20,
    A2COptions? options = null,
    bool bootstrapTruncated = false)
    : IMetaProblem<IActorCritic, TState, Trajectory>
{
    /// <inheritdoc/>
    public Optimiser Optimiser => optimiser;

    /// <summary>Samples a rollout of every game.</summary>
    /// <param name="parameters">The network.</param>
    /// <param name="state">States of the games, [games, ...].</param>
    /// <param name="key">A key for each game, [games].</param>
    public (Trajectory Rollout, TState Next) Sample(IActorCritic parameters, TState state, Key key)
        => Batch.Map(
            game => Trajectory.Collect(environment, parameters, game.State, game.Key, rolloutLength), (State: state, Key: key));

    /// <inheritdoc/>
    public RolloutLosses Losses(IActorCritic parameters, Trajectory rollout)
        => A2CProblem.Losses(parameters, rollout, coefficients, options, bootstrapTruncated);

    /// <inheritdoc/>
    public Trajectory Reweighted(Trajectory rollout, IActorCritic behaviour, IActorCritic parameters)
        => Batch.Map(game => game.Reweighted(behaviour, parameters), rollout);

    /// <summary>The divergence of Kullback and Leibler from the policy to the target's, a mean over the steps of all games.</summary>
    public Tensor Distance(IActorCritic target, IActorCritic parameters, Trajectory rollout)
    {
        return Batch.Map(
            game => Categorical.KlDivergence(LogProbabilities(game, target), LogProbabilities(game, parameters)).Mean(), rollout).Mean();

        static Tensor LogProbabilities(Trajectory game, IActorCritic network)
            => Categorical.LogProbabilities(game.Evaluate(network).Logits);
    }
}

/// <summary>What <see cref="A2CProblem{TState}"/> is made of.</summary>
public static class A2CProblem
{
    /// <summary>The losses of trajectories, means over the games.</summary>
    /// <param name="network">The network.</param>
    /// <param name="trajectories">A trajectory of each game, [games, ...].</param>
    /// <param name="coefficients">The coefficients of the losses.</param>
    /// <param name="options">How losses are formed; the defaults if null.</param>
    /// <param name="bootstrapTruncated">Whether returns go on where an episode was cut off.</param>
    public static A2CLosses Losses(
        IActorCritic network,
        Trajectory trajectories,
        A2CCoefficients coefficients,
        A2COptions? options = null,
        bool bootstrapTruncated = false)
        => Tree.Map(
            Batch.Map(game => A2C.Losses(game.Evaluate(network, bootstrapTruncated), coefficients, options), trajectories),
            loss => loss.Mean());
}
