using Engine.Core;
using Engine.Kernels;
using Engine.RL.Environments;

namespace Engine.Tests.RL;

/// <summary>What a step of many games leads to, where each new episode begins in the step that ends one.</summary>
/// <param name="State">The state to go on from.</param>
/// <param name="Reward">What the step paid, [n].</param>
/// <param name="Terminated">1 where an episode came to its end, [n].</param>
/// <param name="Truncated">1 where an episode was cut off, [n].</param>
/// <param name="Observation">What is observed of <paramref name="State"/>, [n, ...].</param>
/// <param name="FinalObservation">What was observed before a new episode began, [n, ...].</param>
internal sealed record Played<TState>(
    TState State, Tensor Reward, Tensor Terminated, Tensor Truncated, Tensor Observation, Tensor FinalObservation);

/// <summary>Many games of an environment that is written for one.</summary>
internal static class ManyGames
{
    public static TState ResetAll<TState>(this IEnvironment<TState> environment, Key keys) => Batch.Map(environment.Reset, keys);

    public static Tensor ObserveAll<TState>(this IEnvironment<TState> environment, TState states)
        => Batch.Map(environment.Observe, states);

    public static Played<TState> StepAll<TState>(this IEnvironment<TState> environment, TState states, Tensor actions, Key keys)
        => Batch.Map(
            game =>
            {
                var (step, next, observation) = environment.StepAndReset(game.State, game.Action, game.Key);
                return new Played<TState>(
                    next,
                    step.Reward.Cast(ElementType.Float32),
                    step.Terminated.Cast(ElementType.Float32),
                    step.Truncated.Cast(ElementType.Float32),
                    observation,
                    environment.Observe(step.State));
            },
            (State: states, Action: actions, Key: keys));
}
