using Engine.Core;

namespace Engine.RL.Environments;

/// <summary>Episodes that follow each other: where one ends, the next begins in the same step.</summary>
public static class AutoReset
{
    /// <summary>Takes an action, and begins a new episode where that ends one.</summary>
    /// <returns>The step, whose state is the last of an episode that has ended, and the state to go on from.</returns>
    public static (EnvironmentStep<TState> Step, TState Next) StepAndReset<TState>(
        this IEnvironment<TState> environment, TState state, Tensor action, Key key)
    {
        var step = environment.Step(state, action, key);
        return (step, environment.ResetWhere(step.Ended(), step.State, key));
    }
}
