using Engine.Core;
using Engine.Core.Nn;

namespace Engine.RL.Agents;

/// <summary>What an actor-critic did in T consecutive steps of a batch of environments, and what came of it.</summary>
/// <param name="Logits">The policy's logits in the states acted in, [T, ..., actions].</param>
/// <param name="Values">Values of those states and of the one reached last, [T + 1, ...].</param>
/// <param name="Actions">The actions taken, Int32 [T, ...].</param>
/// <param name="Rewards">What they paid, [T, ...].</param>
/// <param name="Live">0 where the step ended an episode, else 1, [T, ...].</param>
public sealed record Rollout(Tensor Logits, Tensor Values, Tensor Actions, Tensor Rewards, Tensor Live)
{
    /// <summary>
    /// Where returns go on beyond the step limit: values of the states in which the limit ended an episode, 0 at all other steps,
    /// [T, ...]. Null if the limit counts as an end like others.
    /// </summary>
    public Tensor? TimeOutValues { get; init; }

    /// <summary>The same as <see cref="Values"/> with the discount of the outer loss; null to use <see cref="Values"/> there.</summary>
    public Tensor? OuterValues { get; init; }

    /// <summary>The same as <see cref="TimeOutValues"/> for <see cref="OuterValues"/>.</summary>
    public Tensor? OuterTimeOutValues { get; init; }

    /// <summary>The logarithm of the probability of each action taken, [T, ...], differentiable in <see cref="Logits"/>.</summary>
    public Tensor LogProbabilities() => Categorical.LogProbability(Categorical.LogProbabilities(Logits), Actions);
}
