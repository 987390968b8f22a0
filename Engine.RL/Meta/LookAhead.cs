using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Optim;

namespace Engine.RL.Meta;

/// <summary>
/// What is learned and how it is judged: for one learner, or for a batch of independent replicates along the first axis of everything.
/// </summary>
/// <typeparam name="TRollout">Data sampled with some parameters.</typeparam>
public interface IMetaProblem<TRollout>
{
    /// <summary>What rollouts begin from, such as the state of environments; empty if they depend on nothing.</summary>
    Tensor[] Start { get; }

    /// <summary>Samples with the parameters that <paramref name="step"/> inner updates have led to.</summary>
    /// <param name="parameters">theta^(step).</param>
    /// <param name="state">What the rollout begins from: <see cref="Start"/>, or what the rollout before it has led to.</param>
    /// <param name="step">The number of inner updates made.</param>
    /// <param name="validation">Whether this is a second rollout from the same state: its random numbers are others.</param>
    /// <returns>The rollout, and the state after it.</returns>
    (TRollout Rollout, Tensor[] State) Sample(IReadOnlyList<Tensor> parameters, Tensor[] state, int step, bool validation);

    /// <summary>The loss that an inner update descends: a number without axes, or one for each replicate, [replicates].</summary>
    Tensor InnerLoss(IReadOnlyList<Tensor> parameters, TRollout rollout);

    /// <summary>The loss by which meta-parameters are judged, of the shape of <see cref="InnerLoss"/>.</summary>
    Tensor OuterLoss(IReadOnlyList<Tensor> parameters, TRollout rollout);
}

/// <summary>A point of a look-ahead branch, after so many inner updates.</summary>
/// <param name="Parameters">theta^(i).</param>
/// <param name="State">The optimiser's state.</param>
/// <param name="OuterLoss">The outer loss on a rollout of theta^(i).</param>
/// <param name="Update">The inner update that led here.</param>
public record BranchPoint(Tensor[] Parameters, OptimiserState<Tensor[]> State, Tensor OuterLoss, InnerUpdate Update);

/// <summary>A point of a branch, with the data that led to it.</summary>
/// <param name="Parameters">theta^(i).</param>
/// <param name="State">The optimiser's state.</param>
/// <param name="OuterLoss">The outer loss on a rollout of theta^(i).</param>
/// <param name="Update">The inner update that led here.</param>
/// <param name="Rollout">The rollout of that update.</param>
/// <param name="SamplingState">The state after that rollout, such as that of environments.</param>
public sealed record BranchPoint<TRollout>(
    Tensor[] Parameters,
    OptimiserState<Tensor[]> State,
    Tensor OuterLoss,
    InnerUpdate Update,
    TRollout Rollout,
    Tensor[] SamplingState)
    : BranchPoint(Parameters, State, OuterLoss, Update);

/// <summary>An inner update.</summary>
/// <param name="Loss">The inner loss before it.</param>
/// <param name="Gradients">The gradient of that loss in each parameter.</param>
public sealed record InnerUpdate(Tensor Loss, Tensor[] Gradients);

/// <summary>How a branch is made, beside its length.</summary>
/// <param name="Trace">
/// The factor mu that takes the place of I + H in the accumulative trace (appendix D.1); null for the exact derivative. It spares the
/// second derivatives in the parameters, but hardly memory: how an update depends on meta-parameters is told by its network's results.
/// </param>
/// <param name="FreshValidation">
/// Whether each point is judged on a rollout of its own. Otherwise the rollout of theta^(i) judges it and is then used by inner
/// update i + 1: one rollout for each point.
/// </param>
public sealed record BranchOptions(double? Trace = null, bool FreshValidation = false);

/// <summary>The branch of inner updates through which n-step meta-gradients flow (equation 5 of the paper).</summary>
public static class LookAhead
{
    /// <summary>Makes inner updates from one point.</summary>
    /// <typeparam name="TRollout">What the problem samples.</typeparam>
    /// <param name="problem">The problem, which depends on the meta-parameters.</param>
    /// <param name="optimiser">The inner optimiser.</param>
    /// <param name="parameters">theta_t.</param>
    /// <param name="state">The optimiser's state at theta_t.</param>
    /// <param name="steps">The number n of inner updates, at least 1.</param>
    /// <param name="options">How the branch is made; null for the exact derivative and shared rollouts.</param>
    /// <returns>The points after 1, ..., n updates.</returns>
    public static BranchPoint<TRollout>[] Branch<TRollout>(
        IMetaProblem<TRollout> problem,
        Optimiser optimiser,
        Tensor[] parameters,
        OptimiserState<Tensor[]> state,
        int steps,
        BranchOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        options ??= new BranchOptions();
        var points = new BranchPoint<TRollout>[steps];
        var (rollout, sampling) = problem.Sample(parameters, problem.Start, 0, validation: false);
        for (int step = 1; step <= steps; step++)
        {
            (parameters, state, var update) = options.Trace is { } factor
                ? TraceUpdate(problem, optimiser, parameters, state, rollout, factor)
                : Update(problem, optimiser, parameters, state, rollout);
            var (next, after) = problem.Sample(parameters, sampling, step, validation: false);
            var judge = options.FreshValidation ? problem.Sample(parameters, sampling, step, validation: true).Rollout : next;
            points[step - 1] = new(parameters, state, problem.OuterLoss(parameters, judge), update, rollout, sampling);
            (rollout, sampling) = (next, after);
        }

        return points;
    }

    /// <summary>One inner update.</summary>
    public static (Tensor[] Parameters, OptimiserState<Tensor[]> State, InnerUpdate Update) Update<TRollout>(
        IMetaProblem<TRollout> problem, Optimiser optimiser, Tensor[] parameters, OptimiserState<Tensor[]> state, TRollout rollout)
    {
        // Replicates don't interact: the gradient of the sum is every replicate's own gradient.
        var loss = problem.InnerLoss(parameters, rollout);
        var gradients = Gradient.Of(loss.Rank == 0 ? loss : loss.Sum(), parameters);
        var (updated, next) = optimiser.Update(parameters, gradients, state);
        return (updated, next, new InnerUpdate(loss, gradients));
    }

    // The update itself sees constants, so that only its direct dependence on the meta-parameters is left; the old parameters pass on
    // their derivative times mu, through a term that is zero.
    private static (Tensor[] Parameters, OptimiserState<Tensor[]> State, InnerUpdate Update) TraceUpdate<TRollout>(
        IMetaProblem<TRollout> problem,
        Optimiser optimiser,
        Tensor[] parameters,
        OptimiserState<Tensor[]> state,
        TRollout rollout,
        double trace)
    {
        Tensor[] constants = [.. parameters.Select(p => p.StopGradient())];
        var constantState = Tree.Map(state, x => x.StopGradient());
        var (updated, next, update) = Update(problem, optimiser, constants, constantState, rollout);

        // With a factor of zero nothing passes, and the updates before this one need not be held on to.
        if (trace == 0)
            return (updated, next, update);
        return ([.. updated.Select((p, i) => p + ((parameters[i] - constants[i]) * trace))], next, update);
    }
}
