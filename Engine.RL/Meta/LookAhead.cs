using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Optim;

namespace Engine.RL.Meta;

/// <summary>
/// What is learned and how it is judged, for a batch of independent replicates along the first axis of everything.
/// </summary>
/// <typeparam name="TRollout">Data sampled with some parameters.</typeparam>
public interface IMetaProblem<TRollout>
{
    /// <summary>Samples with the parameters that <paramref name="step"/> inner updates have led to.</summary>
    TRollout Sample(IReadOnlyList<Tensor> parameters, int step);

    /// <summary>The loss that an inner update descends: one number for each replicate, [replicates].</summary>
    Tensor InnerLoss(IReadOnlyList<Tensor> parameters, TRollout rollout);

    /// <summary>The loss by which meta-parameters are judged: one number for each replicate, [replicates].</summary>
    Tensor OuterLoss(IReadOnlyList<Tensor> parameters, TRollout rollout);
}

/// <summary>A point of a look-ahead branch, after so many inner updates.</summary>
/// <param name="Parameters">theta^(i).</param>
/// <param name="State">The optimiser's state.</param>
/// <param name="OuterLoss">The outer loss on a rollout of theta^(i), [replicates].</param>
/// <param name="InnerLoss">The inner loss of the update that led here, [replicates].</param>
public sealed record BranchPoint(Tensor[] Parameters, OptimiserState State, Tensor OuterLoss, Tensor InnerLoss);

/// <summary>
/// The branch of inner updates through which n-step meta-gradients flow (equation 5 of the paper). The rollout of theta^(i) judges it
/// and is then used by inner update i + 1: one rollout for each point.
/// </summary>
public static class LookAhead
{
    /// <summary>Makes inner updates from one point.</summary>
    /// <typeparam name="TRollout">What the problem samples.</typeparam>
    /// <param name="problem">The problem, which depends on the meta-parameters.</param>
    /// <param name="optimiser">The inner optimiser.</param>
    /// <param name="parameters">theta_t, with the replicates along the first axis.</param>
    /// <param name="state">The optimiser's state at theta_t.</param>
    /// <param name="steps">The number n of inner updates, at least 1.</param>
    /// <param name="trace">
    /// The factor mu that takes the place of I + H in the accumulative trace (appendix D.1); null for the exact derivative.
    /// </param>
    /// <returns>The points after 1, ..., n updates.</returns>
    public static BranchPoint[] Branch<TRollout>(
        IMetaProblem<TRollout> problem,
        Optimiser optimiser,
        IReadOnlyList<Tensor> parameters,
        OptimiserState state,
        int steps,
        double? trace = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        var points = new BranchPoint[steps];
        var rollout = problem.Sample(parameters, 0);
        for (int step = 1; step <= steps; step++)
        {
            Tensor loss;
            (parameters, state, loss) = trace is { } factor
                ? TraceUpdate(problem, optimiser, parameters, state, rollout, factor)
                : Update(problem, optimiser, parameters, state, rollout);
            rollout = problem.Sample(parameters, step);
            points[step - 1] = new BranchPoint([.. parameters], state, problem.OuterLoss(parameters, rollout), loss);
        }

        return points;
    }

    /// <summary>One inner update.</summary>
    public static (Tensor[] Parameters, OptimiserState State, Tensor Loss) Update<TRollout>(
        IMetaProblem<TRollout> problem, Optimiser optimiser, IReadOnlyList<Tensor> parameters, OptimiserState state, TRollout rollout)
    {
        // Replicates don't interact: the gradient of the sum is every replicate's own gradient.
        var loss = problem.InnerLoss(parameters, rollout);
        var gradients = Gradient.Of(loss.Sum(), [.. parameters]);
        var (updated, next) = optimiser.Update(parameters, gradients, state);
        return (updated, next, loss);
    }

    // The update itself sees constants, so that only its direct dependence on the meta-parameters is left; the old parameters pass on
    // their derivative times mu, through a term that is zero.
    private static (Tensor[] Parameters, OptimiserState State, Tensor Loss) TraceUpdate<TRollout>(
        IMetaProblem<TRollout> problem,
        Optimiser optimiser,
        IReadOnlyList<Tensor> parameters,
        OptimiserState state,
        TRollout rollout,
        double trace)
    {
        Tensor[] constants = [.. parameters.Select(p => p.StopGradient())];
        var constantState = OptimiserState.From([.. state.Tensors.Select(slot => slot.StopGradient())]);
        var (updated, next, loss) = Update(problem, optimiser, constants, constantState, rollout);
        return ([.. updated.Select((p, i) => p + ((parameters[i] - constants[i]) * trace))], next, loss);
    }
}
