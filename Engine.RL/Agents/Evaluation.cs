using Engine.Core;

namespace Engine.RL.Agents;

/// <summary>What a network makes of a trajectory of T steps: its policy and values there, beside what happened.</summary>
/// <param name="Logits">The policy's logits in the states acted in, [T, actions].</param>
/// <param name="Values">Values of those states and of the one reached last, [T + 1].</param>
/// <param name="Actions">The actions taken, Int32 [T].</param>
/// <param name="Rewards">What they paid, [T].</param>
/// <param name="Live">0 where the step ended an episode, else 1, [T].</param>
public sealed record Evaluation(Tensor Logits, Tensor Values, Tensor Actions, Tensor Rewards, Tensor Live)
{
    /// <summary>What each step counts, [T], see <see cref="Trajectory.Weights"/>; null for all the same.</summary>
    public Tensor? Weights { get; init; }

    /// <summary>
    /// Where returns go on beyond a truncation: values of the states in which an episode was cut off, 0 at all other steps, [T]. Null if a
    /// truncation counts as an end like others.
    /// </summary>
    public Tensor? TruncatedValues { get; init; }

    /// <summary>The same as <see cref="Values"/> with the discount of the outer loss; null to use <see cref="Values"/> there.</summary>
    public Tensor? OuterValues { get; init; }

    /// <summary>The same as <see cref="TruncatedValues"/> for <see cref="OuterValues"/>.</summary>
    public Tensor? OuterTruncatedValues { get; init; }
}
