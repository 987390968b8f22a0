using Engine.Core;
using Engine.Core.Nn;
using Engine.Kernels;
using Engine.RL.Environments;

namespace Engine.RL.Agents;

/// <summary>What T consecutive steps of one environment were, apart from any network.</summary>
/// <param name="Observations">What was observed before each step, and after the last one, [T + 1, ...].</param>
/// <param name="FinalObservations">
/// What was observed after each step and before a new episode began, [T, ...]: differs from the next observation where an episode ended.
/// </param>
/// <param name="Actions">The actions taken, Int32 [T].</param>
/// <param name="Rewards">What they paid, [T].</param>
/// <param name="Terminated">1 where the step led to the end of an episode, else 0, [T].</param>
/// <param name="Truncated">1 where an episode was cut off after the step, else 0, [T].</param>
/// <param name="Weights">How much likelier a policy makes each action than the one that took it, [T]; null where it is that one.</param>
public sealed record Trajectory(
    Tensor Observations,
    Tensor FinalObservations,
    Tensor Actions,
    Tensor Rewards,
    Tensor Terminated,
    Tensor Truncated,
    Tensor? Weights = null)
{
    /// <summary>0 where an episode ended with the step, for whatever reason, else 1, [T].</summary>
    public Tensor Live() => 1 - Tensor.Maximum(Terminated, Truncated);

    /// <summary>Acts for T steps, with actions drawn from the network's policy. It has no derivative.</summary>
    /// <param name="environment">The environment; where an episode ends the next begins.</param>
    /// <param name="network">The network.</param>
    /// <param name="state">The environment's state.</param>
    /// <param name="key">What actions and the environment draw from, one key.</param>
    /// <param name="steps">The number T of steps, at least 1.</param>
    /// <returns>The trajectory, and the environment's state after it.</returns>
    public static (Trajectory Trajectory, TState Next) Collect<TState>(
        IEnvironment<TState> environment, IActorCritic network, TState state, Key key, int steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        var type = Tree.Leaves(network)[0].Type;
        var policy = Tree.Map(network, parameter => parameter.StopGradient());
        var observations = new Tensor[steps + 1];
        var (final, actions, rewards, terminated, truncated)
            = (new Tensor[steps], new Tensor[steps], new Tensor[steps], new Tensor[steps], new Tensor[steps]);
        Key[] acting = key.Fold(0).Fold(0..steps).Unstack(), moving = key.Fold(1).Fold(0..steps).Unstack();
        observations[0] = environment.Observe(state).Cast(type);
        for (int t = 0; t < steps; t++)
        {
            actions[t] = Categorical.Sample(acting[t], policy.Apply(observations[t]).Logits);
            (var step, state, var observation) = environment.StepAndReset(state, actions[t], moving[t]);
            observations[t + 1] = observation.Cast(type);
            final[t] = environment.Observe(step.State);
            (rewards[t], terminated[t], truncated[t]) = (step.Reward, step.Terminated, step.Truncated);
        }

        var trajectory = new Trajectory(
            Stack(observations), Stack(final), Stack(actions), Stack(rewards), Stack(terminated), Stack(truncated));
        return (trajectory, state);

        Tensor Stack(Tensor[] each) => Tensor.Stack(0, each).Cast(each == actions ? ElementType.Int32 : type);
    }

    /// <summary>
    /// The trajectory with importance weights, as if another policy had acted: ratios of the probabilities of each action, neither clipped
    /// nor differentiated. That the other policy would come to other states, and act in another way later on, is left out.
    /// </summary>
    /// <param name="behaviour">The network that acted.</param>
    /// <param name="network">The other one.</param>
    public Trajectory Reweighted(IActorCritic behaviour, IActorCritic network)
    {
        return this with { Weights = (LogProbabilities(network) - LogProbabilities(behaviour)).Exp().StopGradient() };

        Tensor LogProbabilities(IActorCritic of)
            => Categorical.LogProbability(Categorical.LogProbabilities(Batch.Map(of.Apply, Observations[..^1]).Logits), Actions);
    }

    /// <summary>What a network makes of the trajectory.</summary>
    /// <param name="network">The network.</param>
    /// <param name="bootstrapTruncated">Whether returns go on where an episode was cut off, from the value of its last state.</param>
    public Evaluation Evaluate(IActorCritic network, bool bootstrapTruncated = false)
    {
        var output = Batch.Map(network.Apply, Observations);
        var beyond = bootstrapTruncated ? Batch.Map(network.Apply, FinalObservations) : null;
        return new(output.Logits[..^1], output.Value, Actions, Rewards, Live())
        {
            Weights = Weights,
            TruncatedValues = beyond is null ? null : beyond.Value * Bootstrapped(),
            OuterValues = output.OuterValue,
            OuterTruncatedValues = beyond?.OuterValue is null ? null : beyond.OuterValue * Bootstrapped(),
        };

        // Beyond a terminal state there is nothing.
        Tensor Bootstrapped() => Truncated * (1 - Terminated);
    }
}
