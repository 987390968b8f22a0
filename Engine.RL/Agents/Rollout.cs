using Engine.Core;

namespace Engine.RL.Agents;

/// <summary>What an actor-critic did in T consecutive steps of a batch of environments, and what came of it.</summary>
/// <param name="Logits">The policy's logits in the states acted in, [T, ..., actions].</param>
/// <param name="Values">Values of those states and of the one reached last, [T + 1, ...].</param>
/// <param name="Actions">The actions taken, Int32 [T, ...].</param>
/// <param name="Rewards">What they paid, [T, ...].</param>
/// <param name="Live">0 where the step ended an episode, else 1, [T, ...].</param>
public sealed record Rollout(Tensor Logits, Tensor Values, Tensor Actions, Tensor Rewards, Tensor Live);
