using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Kernels;

namespace Engine.RL.Meta;

/// <summary>
/// The same n-step meta-gradients as by <see cref="InnerLoop"/> and <see cref="Gradient.Of"/>, with the derivatives of parameters and
/// optimiser state carried forward from update to update, one tangent for each meta-parameter. An update is forgotten when it is made:
/// in a program memory does not grow with n, and all i-step meta-gradients up to n come along. For few meta-parameters and long loops.
/// </summary>
public static class ForwardMode
{
    /// <summary>Takes the meta-gradients of an inner loop's points.</summary>
    /// <param name="problem">The problem with given meta-parameters.</param>
    /// <param name="eta">Meta-parameters, [count].</param>
    /// <param name="start">theta_t and what belongs to it.</param>
    /// <param name="key">What rollouts draw from, see <see cref="InnerLoop.Unroll"/>.</param>
    /// <param name="steps">The number n of inner updates, at least 1.</param>
    /// <param name="freshValidation">Whether each point is evaluated by a rollout of its own, see <see cref="UnrollOptions"/>.</param>
    /// <param name="trace">The factor of an accumulative trace, see <see cref="UnrollOptions"/>; null for the exact derivative.</param>
    /// <returns>The outer losses after 1, ..., n updates and their gradients, [count] each, and the first point of the loop.</returns>
    public static (Tensor[] OuterLosses, Tensor[] Gradients, InnerPoint<TParameters, TState, TRollout> First)
        MetaGradients<TParameters, TState, TRollout>(
            Func<Tensor, IMetaProblem<TParameters, TState, TRollout>> problem,
            Tensor eta,
            InnerState<TParameters, TState> start,
            Key key,
            int steps,
            bool freshValidation = false,
            double? trace = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        int count = eta.Count;
        var units = Tensor.Range(count, ElementType.Int32, eta.Device).OneHot(count, eta.Type);
        var (theta, optimiser, sampling) = start;
        var (losses, gradients) = (new Tensor[steps], new Tensor[steps]);
        InnerPoint<TParameters, TState, TRollout>? first = null;
        var tangents = Tree.Map((theta, optimiser), x => x.Type.IsFloat() ? Tensor.Zeros([count, .. x.Shape], x.Type, x.Device) : x);
        var (rollout, after) = problem(eta).Sample(theta, sampling, key.Fold(0));
        for (int i = 1; i <= steps; i++)
        {
            // No derivative goes back beyond the update.
            var instance = problem(eta);
            (theta, optimiser) = Tree.Map((theta, optimiser), x => x.StopGradient());
            var before = instance.Losses(theta, rollout);
            var (moved, movedState, gradient) = trace is { } factor
                ? InnerLoop.TraceUpdate(instance, theta, optimiser, rollout, factor)
                : InnerLoop.Update(instance, theta, optimiser, before);
            var (next, nextAfter) = instance.Sample(moved, after, key.Fold(i));
            var validation = freshValidation ? instance.Sample(moved, after, key.Fold(~i)).Rollout : next;
            losses[i - 1] = instance.Losses(moved, validation).Outer;
            first ??= new(new(moved, movedState, after), losses[0], rollout, before, gradient);
            (gradients[i - 1], tangents) = Forward(losses[i - 1], (moved, movedState), (theta, optimiser), tangents);
            (theta, optimiser, rollout, after) = (moved, movedState, next, nextAfter);
        }

        return (losses, gradients, first!);

        // Integers, such as Adam's count, have no tangent.
        (Tensor Slope, T Tangents) Forward<T>(Tensor outer, T moved, T from, T tangents)
        {
            var (ins, outs, along) = (Floats(from), Floats(moved), Floats(tangents));
            var (slope, moving) = Batch.Map(
                x => Gradient.Jvp((outer, outs), (ins, eta), (x.Along, x.Unit)), (Along: along, Unit: units));
            int at = 0;
            return (slope, Tree.Map(moved, x => x.Type.IsFloat() ? moving[at++] : x));
        }

        static Tensor[] Floats<T>(T tree) => [.. Tree.Leaves(tree).Where(x => x.Type.IsFloat())];
    }
}
