using Engine.Core;
using Engine.Core.Autodiff;

namespace Engine.RL.Meta;

/// <summary>
/// Bootstrapped meta-gradients (Flennerhag et al., 2021, "Bootstrapped meta-learning"): after one inner update the learner should already
/// be where it would come to in L more, of which the last descends the outer loss. The outer loss is how far it is from there, a distance
/// between what the two do, and the target is a constant: only the first update is differentiated, however far the target is.
/// </summary>
public static class BootstrappedTarget
{
    /// <summary>The distances to targets 1, ..., L steps ahead.</summary>
    /// <param name="problem">The problem, with the meta-parameters, and with a distance.</param>
    /// <param name="start">theta_t and what belongs to it.</param>
    /// <param name="key">What rollouts draw from, as in an <see cref="InnerLoop"/> of L + 1 updates.</param>
    /// <param name="steps">L, at least 1.</param>
    /// <returns>The distances, on the rollout of theta^(1), and the point after the one update.</returns>
    public static (Tensor[] Distances, InnerPoint<TParameters, TState, TRollout> First) Distances<TParameters, TState, TRollout>(
        IMetaProblem<TParameters, TState, TRollout> problem, InnerState<TParameters, TState> start, Key key, int steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        var first = InnerLoop.Unroll(problem, start, key, 1)[0];
        var (theta, optimiser, sampling) = InnerLoop.Constant(first.State);
        var (rollout, after) = problem.Sample(theta, sampling, key.Fold(1));
        var acting = rollout;
        var distances = new Tensor[steps];
        for (int step = 1; step <= steps; step++)
        {
            var losses = problem.Losses(theta, rollout);
            var (target, _) = problem.Optimiser.Update(theta, Gradient.Of(losses.Outer, theta), optimiser);
            distances[step - 1] = problem.Distance(InnerLoop.Constant(target), first.State.Parameters, acting);
            if (step == steps)
                break;
            var (moved, state, _) = InnerLoop.Update(problem, theta, optimiser, losses);
            (theta, optimiser) = InnerLoop.Constant((moved, state));
            (rollout, after) = problem.Sample(theta, after, key.Fold(step + 1));
        }

        return (distances, first);
    }
}
