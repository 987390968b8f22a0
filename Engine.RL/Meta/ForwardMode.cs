using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Optim;

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
    /// <param name="key">What rollouts draw from, see <see cref="InnerLoop"/>.</param>
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
        var (losses, gradients) = (new Tensor[steps], new Tensor[steps]);
        InnerPoint<TParameters, TState, TRollout>? first = null;
        var (rollout, after) = problem(eta).Sample(start.Parameters, start.Sampling, key.Fold(0));
        var from = new Carried<TParameters, TState, TRollout>(
            start.Parameters, start.Optimiser, Tangents.Initial(start, eta.Count), rollout, after);
        for (int i = 1; i <= steps; i++)
        {
            // No derivative goes back beyond the update, and of its work nothing stays.
            (from, gradients[i - 1], var point) = Gradient.Checkpoint(
                Update, (Eta: eta, From: Tree.Map(from, x => x.StopGradient()), Key: key.Fold(i), Validation: key.Fold(~i)));
            losses[i - 1] = point.OuterLoss;
            first ??= point;
        }

        return (losses, gradients, first!);

        (Carried<TParameters, TState, TRollout> Next, Tensor Slope, InnerPoint<TParameters, TState, TRollout> Point) Update(
            (Tensor Eta, Carried<TParameters, TState, TRollout> From, Key Key, Key Validation) x)
        {
            var instance = problem(x.Eta);
            var (theta, optimiser, along, data, sampling) = x.From;
            var before = instance.Losses(theta, data);
            var (moved, movedState, gradient) = trace is { } factor
                ? InnerLoop.TraceUpdate(instance, theta, optimiser, data, factor)
                : InnerLoop.Update(instance, theta, optimiser, before);
            var (next, nextAfter) = instance.Sample(moved, sampling, x.Key);
            var validation = freshValidation ? instance.Sample(moved, sampling, x.Validation).Rollout : next;
            var outer = instance.Losses(moved, validation).Outer;
            var (slopes, moving) = Tangents.Forward(x.Eta, [outer], (moved, movedState), (theta, optimiser), along);
            return (
                new(moved, movedState, moving, next, nextAfter),
                slopes[0],
                new(new(moved, movedState, sampling), outer, data, before, gradient));
        }
    }

    // What one update begins with, and where it leads.
    private sealed record Carried<TParameters, TState, TRollout>(
        TParameters Parameters,
        OptimiserState<TParameters> Optimiser,
        Tangents<TParameters> Along,
        TRollout Rollout,
        TState Sampling);
}
