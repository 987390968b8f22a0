using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Optim;
using Engine.Kernels;

namespace Engine.RL.Meta;

/// <summary>Where a learner has come to: a tree.</summary>
/// <typeparam name="TParameters">What is learned.</typeparam>
/// <typeparam name="TState">What rollouts begin from.</typeparam>
/// <param name="Parameters">theta.</param>
/// <param name="Optimiser">The inner optimiser's state.</param>
/// <param name="Sampling">What the next rollout begins from.</param>
public sealed record InnerState<TParameters, TState>(TParameters Parameters, OptimiserState<TParameters> Optimiser, TState Sampling);

/// <summary>A point of an unrolled inner loop, after some inner updates.</summary>
/// <typeparam name="TParameters">What is learned.</typeparam>
/// <typeparam name="TState">What rollouts begin from.</typeparam>
/// <typeparam name="TRollout">Data sampled.</typeparam>
/// <param name="State">What the update that led here has made.</param>
/// <param name="OuterLoss">The outer loss of a rollout of these parameters.</param>
/// <param name="Rollout">The rollout of the update.</param>
/// <param name="Losses">Its losses, before the update.</param>
/// <param name="Gradient">The gradient of the inner loss.</param>
public sealed record InnerPoint<TParameters, TState, TRollout>(
    InnerState<TParameters, TState> State, Tensor OuterLoss, TRollout Rollout, RolloutLosses Losses, TParameters Gradient);

/// <summary>What is kept of inner updates for the meta-gradient, which is the same.</summary>
public enum LoopMemory
{
    /// <summary>All that they have computed, unless whoever knows what memory there is chooses otherwise.</summary>
    Auto,

    /// <summary>All that they have computed.</summary>
    Plain,

    /// <summary>What each begins with; on the way back it is made again, see <see cref="Gradient.Checkpoint"/>.</summary>
    Mixed,
}

/// <summary>How an inner loop is unrolled, beside its length.</summary>
/// <param name="Trace">
/// The factor mu that takes the place of I + H in the accumulative trace (appendix D.1); null for the exact derivative. It spares the
/// second derivatives in the parameters, but hardly memory: how an update depends on meta-parameters is told by its network's results.
/// </param>
/// <param name="FreshValidation">
/// Whether each point is evaluated by a rollout of its own. Otherwise the rollout of theta^(i) evaluates it and is then used by inner
/// update i + 1: one rollout for each point.
/// </param>
/// <param name="Memory">
/// What is kept: with mixed memory, parameters, optimiser states and rollouts are all that grows with the number of updates.
/// </param>
/// <param name="Decay">
/// What derivatives in the meta-parameters are multiplied by from one update to the next, as <see cref="LookBack"/> does: 1 for the exact
/// derivative.
/// </param>
/// <param name="Reuse">
/// Whether two rollouts do for the whole loop: all updates use that of theta^(0), and all points are evaluated by that of theta^(1), with
/// importance weights, see <see cref="IMetaProblem{TParameters, TState, TRollout}.Reweighted"/>.
/// </param>
/// <param name="Hessian">
/// Whether gradients of the inner loss depend on the parameters. Where they do not, I takes the place of I + H: no second derivative in the
/// parameters is taken, and an update passes derivatives on as they are, by the parameters and by what the optimiser remembers.
/// </param>
public sealed record UnrollOptions(
    double? Trace = null,
    bool FreshValidation = false,
    LoopMemory Memory = LoopMemory.Plain,
    double Decay = 1,
    bool Reuse = false,
    bool Hessian = true);

/// <summary>Inner updates, one after the other, through which meta-gradients flow (equation 5 of the paper).</summary>
public static class InnerLoop
{
    /// <summary>Makes inner updates.</summary>
    /// <param name="problem">The problem, with the meta-parameters.</param>
    /// <param name="start">theta_t and what belongs to it.</param>
    /// <param name="key">What rollouts draw from: that of theta^(i) from the key folded with i, a validation of its own with ~i.</param>
    /// <param name="steps">The number n of inner updates, at least 1.</param>
    /// <param name="options">How they are made; null for the exact derivative and shared rollouts.</param>
    /// <returns>The points after 1, ..., n updates.</returns>
    public static InnerPoint<TParameters, TState, TRollout>[] Unroll<TParameters, TState, TRollout>(
        IMetaProblem<TParameters, TState, TRollout> problem,
        InnerState<TParameters, TState> start,
        Key key,
        int steps,
        UnrollOptions? options = null)
        => Unroll(_ => problem, start, key, steps, options);

    /// <summary>Makes inner updates, each with meta-parameters of its own.</summary>
    /// <param name="problem">From the number of an update, 0 for the first, to the problem with its meta-parameters.</param>
    /// <param name="start">theta_t and what belongs to it.</param>
    /// <param name="key">What rollouts draw from.</param>
    /// <param name="steps">The number n of inner updates, at least 1.</param>
    /// <param name="options">How they are made; null for the exact derivative and shared rollouts.</param>
    /// <returns>The points after 1, ..., n updates.</returns>
    public static InnerPoint<TParameters, TState, TRollout>[] Unroll<TParameters, TState, TRollout>(
        Func<int, IMetaProblem<TParameters, TState, TRollout>> problem,
        InnerState<TParameters, TState> start,
        Key key,
        int steps,
        UnrollOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        options ??= new UnrollOptions();
        if (options is { Reuse: true, FreshValidation: true })
            throw new ArgumentException("A loop can't both reuse one validation rollout and play a fresh one at each point.");
        if (options is { Trace: not null, Hessian: false })
            throw new ArgumentException("A trace has no Hessian: leave one of the two out.");
        IMetaProblem<TParameters, TState, TRollout>[] problems = [.. Enumerable.Range(0, steps).Select(problem)];
        var (theta, optimiser, sampling) = start;
        var (rollouts, moves, states) = (new TRollout[steps], new Moved<TParameters>[steps], new InnerState<TParameters, TState>[steps]);
        var (rollout, after) = Sample(0);
        var (validation, played) = (rollout, rollout);
        for (int i = 0; i < steps; i++)
        {
            var instance = problems[i];
            var moved = Kept(at => Move(instance, at), new Place<TParameters, TRollout>(theta, optimiser, rollout, validation));
            (theta, optimiser, sampling) = states[i] = new(moved.Parameters, moved.Optimiser, after);
            (rollouts[i], moves[i]) = (rollout, moved);
            if (i == 0 || !options.Reuse)
                (played, after) = Sample(i + 1);
            (rollout, validation) = options switch
            {
                { Reuse: true } => (Again(rollouts[0], start.Parameters), Again(played, states[0].Parameters)),
                { FreshValidation: true } => (played, Sample(~(i + 1)).Rollout),
                _ => (played, played),
            };
        }

        var last = Kept(x => problems[^1].Losses(x.theta, x.validation).Outer, (theta, validation));
        return
        [
            .. states.Select((state, i) => new InnerPoint<TParameters, TState, TRollout>(
                state, i + 1 < steps ? moves[i + 1].Outer : last, rollouts[i], moves[i].Losses, moves[i].Gradient)),
        ];

        TOut Kept<TIn, TOut>(Func<TIn, TOut> function, TIn x)
            => options.Memory == LoopMemory.Mixed ? Gradient.Checkpoint(function, x) : function(x);

        // What is sampled does not depend on meta-parameters.
        (TRollout Rollout, TState Next) Sample(int number)
            => Kept(x => problems[0].Sample(x.theta, x.sampling, x.Key), (theta, sampling, Key: key.Fold(number)));

        TRollout Again(TRollout rollout, TParameters behaviour)
            => Kept(x => problems[0].Reweighted(x.rollout, x.behaviour, x.theta), (rollout, behaviour, theta));

        Moved<TParameters> Move(IMetaProblem<TParameters, TState, TRollout> problem, Place<TParameters, TRollout> at)
        {
            var from = options.Decay == 1 ? at
                : at with { Parameters = Tree.Map(at.Parameters, Decayed), Optimiser = Tree.Map(at.Optimiser, Decayed) };
            var losses = problem.Losses(from.Parameters, from.Rollout);
            bool isApart = options.FreshValidation || options.Reuse || options.Decay != 1;
            var outer = isApart ? problem.Losses(at.Parameters, at.Validation).Outer : losses.Outer;
            var (parameters, state, gradient) = (options.Trace, options.Hessian) switch
            {
                ({ } factor, _) => TraceUpdate(problem, from.Parameters, from.Optimiser, from.Rollout, factor),
                (null, true) => Update(problem, from.Parameters, from.Optimiser, losses),
                _ => Constantly(Constant(from.Parameters)),
            };
            return new(losses, outer, parameters, state, gradient);

            (TParameters Parameters, OptimiserState<TParameters> State, TParameters Gradient) Constantly(TParameters constants)
                => Update(problem, from.Parameters, from.Optimiser, problem.Losses(constants, from.Rollout), constants);
        }

        Tensor Decayed(Tensor x) => x.Type.IsFloat() ? x.StopGradient() + ((x - x.StopGradient()) * options.Decay) : x;
    }

    /// <summary>One inner update.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="parameters">theta.</param>
    /// <param name="state">The optimiser's state.</param>
    /// <param name="losses">The losses of a rollout of theta.</param>
    public static (TParameters Parameters, OptimiserState<TParameters> State, TParameters Gradient) Update<TParameters, TState, TRollout>(
        IMetaProblem<TParameters, TState, TRollout> problem,
        TParameters parameters,
        OptimiserState<TParameters> state,
        RolloutLosses losses)
        => Update(problem, parameters, state, losses, parameters);

    /// <summary>One inner update by the gradient in other parameters than it updates: the same, but constants for example.</summary>
    internal static (TParameters Parameters, OptimiserState<TParameters> State, TParameters Gradient) Update<TParameters, TState, TRollout>(
        IMetaProblem<TParameters, TState, TRollout> problem,
        TParameters parameters,
        OptimiserState<TParameters> state,
        RolloutLosses losses,
        TParameters at)
    {
        var gradient = Gradient.Of(losses.Inner, at);
        var (updated, next) = problem.Optimiser.Update(parameters, gradient, state);
        return (updated, next, gradient);
    }

    /// <summary>
    /// One inner update of an accumulative trace. The update itself sees constants, so that only its direct dependence on the
    /// meta-parameters is left; the old parameters pass on their derivative times mu, through a term that is zero.
    /// </summary>
    internal static (TParameters Parameters, OptimiserState<TParameters> State, TParameters Gradient)
        TraceUpdate<TParameters, TState, TRollout>(
            IMetaProblem<TParameters, TState, TRollout> problem,
            TParameters parameters,
            OptimiserState<TParameters> state,
            TRollout rollout,
            double trace)
    {
        var (constants, constantState) = (Constant(parameters), Constant(state));
        var (updated, next, gradient) = Update(problem, constants, constantState, problem.Losses(constants, rollout));

        // With a factor of zero nothing passes, and the updates before this one need not be held on to.
        if (trace == 0)
            return (updated, next, gradient);
        var passed = Tree.Map(parameters, constants, (p, constant) => (p - constant) * trace);
        return (Tree.Map(updated, passed, (p, q) => p + q), next, gradient);
    }

    /// <summary>A tree through which no derivative goes.</summary>
    internal static T Constant<T>(T tree) => Tree.Map(tree, x => x.StopGradient());

    // What an update begins with: a point, what its update uses, and what evaluates it.
    private sealed record Place<TParameters, TRollout>(
        TParameters Parameters, OptimiserState<TParameters> Optimiser, TRollout Rollout, TRollout Validation);

    // The losses there, and where the update leads.
    private sealed record Moved<TParameters>(
        RolloutLosses Losses, Tensor Outer, TParameters Parameters, OptimiserState<TParameters> Optimiser, TParameters Gradient);
}
