using Engine.Core;

namespace Engine.RL.Environments;

/// <summary>What a step leads to where episodes follow each other: where one ends, the next begins in the same step.</summary>
/// <typeparam name="TState">The environment's state.</typeparam>
/// <param name="Step">The step, whose state is the last of an episode that has ended.</param>
/// <param name="Next">The state to go on from.</param>
/// <param name="Observation">What is observed of it.</param>
public sealed record AutoResetStep<TState>(EnvironmentStep<TState> Step, TState Next, Tensor Observation);

/// <summary>Episodes that follow each other.</summary>
public static class AutoReset
{
    /// <summary>What <see cref="IEnvironment{TState}.StepAndReset"/> does, for who has an environment by its own type.</summary>
    public static AutoResetStep<TState> StepAndReset<TState>(
        this IEnvironment<TState> environment, TState state, Tensor action, Key key)
        => environment.StepAndReset(state, action, key);

    /// <summary>The same in an environment that does nothing special about it.</summary>
    internal static AutoResetStep<TState> Of<TState>(IEnvironment<TState> environment, TState state, Tensor action, Key key)
    {
        var step = environment.Step(state, action, key);
        var (ended, fresh) = (step.Ended(), environment.Reset(key.Fold(-1)));
        var next = Tree.Map(fresh, step.State, (begun, last) => Tensor.Where(ended.Cast(begun.Type), begun, last));
        return new(step, next, environment.Observe(next));
    }
}
