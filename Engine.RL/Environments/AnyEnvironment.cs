using Engine.Core;

namespace Engine.RL.Environments;

/// <summary>An environment whose kind of state its user need not know: a tree like any other.</summary>
public static class AnyEnvironment
{
    /// <summary>The environment without its type of state.</summary>
    public static IEnvironment<object> Of<TState>(IEnvironment<TState> environment)
        where TState : notnull
        => environment as IEnvironment<object> ?? new Erased<TState>(environment);

    private sealed class Erased<TState>(IEnvironment<TState> environment) : IEnvironment<object>
        where TState : notnull
    {
        public Shape ObservationShape => environment.ObservationShape;

        public int ActionCount => environment.ActionCount;

        public object Reset(Key key) => environment.Reset(key);

        public EnvironmentStep<object> Step(object state, Tensor action, Key key)
            => Any(environment.Step((TState)state, action, key));

        public Tensor Observe(object state) => environment.Observe((TState)state);

        public AutoResetStep<object> StepAndReset(object state, Tensor action, Key key)
        {
            var moved = environment.StepAndReset((TState)state, action, key);
            return new(Any(moved.Step), moved.Next, moved.Observation);
        }

        private static EnvironmentStep<object> Any(EnvironmentStep<TState> step)
            => new(step.State, step.Reward, step.Terminated, step.Truncated);
    }
}
