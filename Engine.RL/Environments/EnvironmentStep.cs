using Engine.Core;

namespace Engine.RL.Environments;

/// <summary>What a step of a batch of environments leads to.</summary>
/// <param name="State">The next state; of a new episode where one ended.</param>
/// <param name="Reward">What the step paid, Float32 [n].</param>
/// <param name="Terminated">1 where the step ended an episode, for whatever reason, else 0; Float32 [n].</param>
/// <param name="TimedOut">1 where an episode ended by the step limit alone, else 0; Float32 [n]. Such a step is also terminated.</param>
/// <param name="Observation">What is seen of <paramref name="State"/>, Float32 [n, ...].</param>
/// <param name="FinalObservation">
/// What is seen after the step and before a new episode begins, Float32 [n, ...]: where an episode ended, the last of it; elsewhere the
/// same as <paramref name="Observation"/>.
/// </param>
public sealed record EnvironmentStep(
    Tensor[] State, Tensor Reward, Tensor Terminated, Tensor TimedOut, Tensor Observation, Tensor FinalObservation);
