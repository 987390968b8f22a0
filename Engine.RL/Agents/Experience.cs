using Engine.Core;
using Engine.Core.Nn;
using Engine.RL.Environments;

namespace Engine.RL.Agents;

/// <summary>What T consecutive steps of a batch of n environments looked like, apart from any network.</summary>
/// <param name="Observations">What was seen before each step and after the last one, [T + 1, n, ...].</param>
/// <param name="FinalObservations">
/// What was seen after each step and before a new episode began, [T, n, ...], see <see cref="EnvironmentStep"/>.
/// </param>
/// <param name="Actions">The actions taken, Int32 [T, n].</param>
/// <param name="Rewards">What they paid, [T, n].</param>
/// <param name="Live">0 where the step ended an episode, else 1, [T, n].</param>
/// <param name="TimedOut">1 where the step limit alone ended an episode, else 0, [T, n].</param>
public sealed record Experience(
    Tensor Observations, Tensor FinalObservations, Tensor Actions, Tensor Rewards, Tensor Live, Tensor TimedOut)
{
    /// <summary>Acts for T steps with actions drawn from the network's policy. It has no derivative.</summary>
    /// <param name="environment">The environments.</param>
    /// <param name="network">The network.</param>
    /// <param name="parameters">Its parameters, of the element type that everything floating then has.</param>
    /// <param name="state">The environments' state.</param>
    /// <param name="key">What actions and environments draw from: a key for each environment, [n].</param>
    /// <param name="steps">The number T of steps, at least 1.</param>
    /// <returns>The experience, and the environments' state after it.</returns>
    public static (Experience Experience, Tensor[] State) Collect(
        IEnvironment environment,
        IActorCritic network,
        IReadOnlyList<Tensor> parameters,
        Tensor[] state,
        Key key,
        int steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        var type = parameters[0].Type;
        Tensor[] constants = [.. parameters.Select(p => p.StopGradient())];
        var seen = new Tensor[steps + 1];
        var (final, actions, rewards, live, timedOut)
            = (new Tensor[steps], new Tensor[steps], new Tensor[steps], new Tensor[steps], new Tensor[steps]);
        var (acting, moving) = (key.Fold(0), key.Fold(1));
        seen[0] = environment.Observe(state).Cast(type);
        for (int t = 0; t < steps; t++)
        {
            var logits = network.Apply(constants, seen[t]).Logits;
            actions[t] = Categorical.Sample(acting.Fold(t), logits);
            var step = environment.Step(state, actions[t], moving.Fold(t));
            state = step.State;
            seen[t + 1] = step.Observation.Cast(type);
            final[t] = step.FinalObservation.Cast(type);
            rewards[t] = step.Reward.Cast(type);
            live[t] = 1 - step.Terminated.Cast(type);
            timedOut[t] = step.TimedOut.Cast(type);
        }

        return (new Experience(Stack(seen), Stack(final), Stack(actions), Stack(rewards), Stack(live), Stack(timedOut)), state);

        static Tensor Stack(Tensor[] moments) => Tensor.Stack(0, moments);
    }

    /// <summary>What a network makes of the experience.</summary>
    /// <param name="network">The network.</param>
    /// <param name="parameters">Its parameters.</param>
    /// <param name="bootstrapTimeLimit">Whether returns go on beyond the step limit.</param>
    public Rollout Evaluate(IActorCritic network, IReadOnlyList<Tensor> parameters, bool bootstrapTimeLimit = false)
    {
        var output = network.Apply(parameters, Merged(Observations));
        var beyond = bootstrapTimeLimit ? network.Apply(parameters, Merged(FinalObservations)) : null;
        var logits = output.Logits.Narrow(0, 0, Actions.Count);
        return new Rollout(logits.ReshapeTo([.. Actions.Shape, logits.Shape[1]]), Values(output.Values)!, Actions, Rewards, Live)
        {
            TimeOutValues = TimeOuts(beyond?.Values),
            OuterValues = Values(output.OuterValues),
            OuterTimeOutValues = TimeOuts(beyond?.OuterValues),
        };

        // Time and environments as one axis.
        static Tensor Merged(Tensor x) => x.ReshapeTo([x.Shape[0] * x.Shape[1], .. x.Shape.Sizes[2..]]);

        Tensor? Values(Tensor? flat) => flat?.Reshape(-1, Actions.Shape[1]);

        Tensor? TimeOuts(Tensor? flat) => flat is null ? null : Values(flat)! * TimedOut;
    }
}
