using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Optim;
using Engine.Kernels;

namespace Engine.RL.Meta;

/// <summary>
/// Derivatives in the meta-parameters of where a learner has come to, through the updates that it has kept: trees like its parameters and
/// its optimiser's state, [count, ...] each.
/// </summary>
/// <typeparam name="TParameters">What is learned.</typeparam>
/// <param name="Parameters">d theta / d eta.</param>
/// <param name="Optimiser">Those of the optimiser's state; what has no derivative is as it is.</param>
public sealed record Tangents<TParameters>(TParameters Parameters, OptimiserState<TParameters> Optimiser);

/// <summary>
/// Meta-gradients that look back on updates made, in place of looking ahead to updates that nobody keeps (the paper's section 4.2 wishes
/// for that). The derivative of the parameters in the meta-parameters, Z, is carried along, Z &lt;- d (I + H) Z + N with a decay d, and
/// meets the outer loss of the rollout that the next update uses anyway: no frame is played for it. With d = 0 it looks back on one update,
/// with d = 1 on all of them, and with d = 1 - 1/N on about N. Meta-parameters move meanwhile: derivatives are at the values that each
/// update had.
/// </summary>
public static class LookBack
{
    /// <summary>Before the first update nothing depends on the meta-parameters.</summary>
    /// <param name="start">Where the learner begins.</param>
    /// <param name="count">The number of meta-parameters.</param>
    public static Tangents<TParameters> Initial<TParameters, TState>(InnerState<TParameters, TState> start, int count)
        => new(Zeros(start.Parameters, count), Zeros(start.Optimiser, count));

    /// <summary>The meta-gradient of a loss of the parameters, [count].</summary>
    /// <param name="loss">A scalar, which depends on meta-parameters by way of the parameters alone.</param>
    /// <param name="parameters">The parameters.</param>
    /// <param name="tangents">Their derivatives.</param>
    public static Tensor MetaGradient<TParameters>(Tensor loss, TParameters parameters, TParameters tangents)
    {
        var slopes = Tree.Leaves(Gradient.Of(loss, parameters));
        return Batch.Map(
            along => along.Zip(slopes, (tangent, slope) => (tangent * slope).Sum()).Aggregate((a, b) => a + b), Tree.Leaves(tangents));
    }

    /// <summary>Makes an update and carries the derivatives along.</summary>
    /// <param name="problem">The problem, with the meta-parameters.</param>
    /// <param name="eta">The meta-parameters, [count].</param>
    /// <param name="parameters">theta.</param>
    /// <param name="state">The optimiser's state.</param>
    /// <param name="losses">The losses of a rollout of theta.</param>
    /// <param name="tangents">The derivatives so far.</param>
    /// <param name="decay">d, from 0 to 1.</param>
    public static (TParameters Parameters, OptimiserState<TParameters> State, Tangents<TParameters> Tangents, TParameters Gradient)
        Update<TParameters, TState, TRollout>(
            IMetaProblem<TParameters, TState, TRollout> problem,
            Tensor eta,
            TParameters parameters,
            OptimiserState<TParameters> state,
            RolloutLosses losses,
            Tangents<TParameters> tangents,
            double decay)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(decay);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(decay, 1);
        var (moved, next, gradient) = InnerLoop.Update(problem, parameters, state, losses);
        var (from, to) = (Floats((parameters, state)), Floats((moved, next)));
        var units = Tensor.Range(eta.Count, ElementType.Int32, eta.Device).OneHot(eta.Count, eta.Type);
        Tensor[] along = [.. Floats((tangents.Parameters, tangents.Optimiser)).Select(tangent => tangent * decay)];
        Tensor[] moving = Batch.Map(x => Gradient.Jvp(to, (from, eta), (x.Along, x.Unit)), (Along: along, Unit: units));
        int at = 0;
        var carried = Tree.Map((moved, next), x => x.Type.IsFloat() ? moving[at++] : x);
        return (moved, next, new(carried.moved, carried.next), gradient);
    }

    // Integers, such as Adam's count, have no tangent.
    private static Tensor[] Floats<T>(T tree) => [.. Tree.Leaves(tree).Where(x => x.Type.IsFloat())];

    private static T Zeros<T>(T like, int count)
        => Tree.Map(like, x => x.Type.IsFloat() ? Tensor.Zeros([count, .. x.Shape], x.Type, x.Device) : x);
}
