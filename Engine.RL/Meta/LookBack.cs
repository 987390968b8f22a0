using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Kernels;

namespace Engine.RL.Meta;

/// <summary>
/// Meta-gradients that look back on updates made, in place of looking ahead to updates that nobody keeps (the paper's section 4.2 wishes
/// for that). The derivative of the parameters in the meta-parameters, Z, is carried along, Z &lt;- d (I + H) Z + N with a decay d, and
/// meets the outer loss of the rollout that the next update uses anyway: no frame is played for it. With d = 0 it looks back on one update,
/// with d = 1 on all of them, and with d = 1 - 1/N on about N. Meta-parameters move meanwhile: derivatives are at the values that each
/// update had. Where updates amplify by more than 1/d, as those of RMSProp do, Z grows without a bound, as no derivative of a loop with an
/// end does; once it is not finite it begins anew at zero. Without H it is bounded: by 1/(1 - d) times what an update adds, N.
/// </summary>
public static class LookBack
{
    /// <summary>Before the first update nothing depends on the meta-parameters.</summary>
    /// <param name="start">Where the learner begins.</param>
    /// <param name="count">The number of meta-parameters.</param>
    public static Tangents<TParameters> Initial<TParameters, TState>(InnerState<TParameters, TState> start, int count)
        => Tangents.Initial(start, count);

    /// <summary>The same parameters as a function of the meta-parameters: gradients of their losses are meta-gradients.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="tangents">Their derivatives.</param>
    /// <param name="eta">The meta-parameters, [count].</param>
    public static TParameters Along<TParameters>(TParameters parameters, TParameters tangents, Tensor eta)
    {
        var zero = (eta - eta.StopGradient()).Unsqueeze(0);
        return Tree.Map(parameters, tangents, (p, along) => p + zero.MatMul(along.Reshape([eta.Count, p.Count])).ReshapeTo(p.Shape));
    }

    /// <summary>The meta-gradient of an outer loss along the updates before.</summary>
    /// <param name="outerLoss">The outer loss.</param>
    /// <param name="parameters">The parameters that it is of.</param>
    /// <param name="tangents">Their derivatives.</param>
    /// <returns>[count].</returns>
    public static Tensor MetaGradient<TParameters>(Tensor outerLoss, TParameters parameters, TParameters tangents)
        => Tree.Leaves(Gradient.Of(outerLoss, parameters)).Zip(
            Tree.Leaves(tangents), (slope, along) => along.Reshape([along.Shape[0], slope.Count]).MatMul(slope.Reshape([slope.Count, 1])))
            .Aggregate((sum, each) => sum + each).Reshape(-1);

    /// <summary>Makes an update and carries the derivatives along.</summary>
    /// <param name="problem">The problem, with the meta-parameters.</param>
    /// <param name="eta">The meta-parameters, [count].</param>
    /// <param name="from">theta and the optimiser's state.</param>
    /// <param name="sampled">A rollout of theta, and what the next one begins from.</param>
    /// <param name="tangents">The derivatives so far.</param>
    /// <param name="decay">d, from 0 to 1.</param>
    /// <param name="hessian">Whether gradients depend on the parameters, see <see cref="UnrollOptions.Hessian"/>.</param>
    /// <returns>
    /// Where the update leads, with the outer loss before it, the derivatives there, and the meta-gradient of that loss, [count].
    /// </returns>
    public static (InnerPoint<TParameters, TState, TRollout> Point, Tangents<TParameters> Tangents, Tensor MetaGradient)
        Update<TParameters, TState, TRollout>(
            IMetaProblem<TParameters, TState, TRollout> problem,
            Tensor eta,
            InnerState<TParameters, TState> from,
            (TRollout Rollout, TState Next) sampled,
            Tangents<TParameters> tangents,
            double decay,
            bool hessian = true)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(decay);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(decay, 1);
        var (rollout, after) = sampled;
        var at = hessian ? from.Parameters : InnerLoop.Constant(from.Parameters);
        var losses = problem.Losses(at, rollout);
        var (parameters, state, gradient) = InnerLoop.Update(problem, from.Parameters, from.Optimiser, losses, at);
        var decayed = Tree.Map(tangents, x => x.Type.IsFloat() ? x * decay : x);
        var carried = Tangents.Forward(eta, [], (parameters, state), (from.Parameters, from.Optimiser), decayed).Tangents;
        var isFinite = IsFinite(carried);
        return (
            new(new(parameters, state, after), losses.Outer, rollout, losses, gradient),
            Tree.Map(carried, x => x.Type.IsFloat() ? Tensor.Where(isFinite, x, 0) : x),
            MetaGradient(losses.Outer, at, tangents.Parameters));
    }

    /// <summary>1 if all numbers of a tree are finite, else 0.</summary>
    internal static Tensor IsFinite<T>(T tree)
    {
        // What is finite less itself is zero, and all else NaN.
        var differences = Tree.Leaves(tree).Where(x => x.Type.IsFloat()).Select(x => (x - x).Sum());
        return Tensor.Equal(differences.Aggregate((sum, each) => sum + each), 0);
    }
}
