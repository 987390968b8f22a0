using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Optim;

namespace Engine.RL.Meta;

/// <summary>
/// The same n-step meta-gradients as by <see cref="LookAhead"/> and <see cref="Gradient.Of"/>, with the derivatives of parameters and
/// optimiser state carried forward from update to update, one tangent for each meta-parameter. An update is forgotten when it is made:
/// memory does not grow with n, and all i-step meta-gradients up to n come along. For few meta-parameters and long branches.
/// </summary>
public static class ForwardMode
{
    /// <summary>Takes the meta-gradients of a branch's points.</summary>
    /// <typeparam name="TRollout">What the problem samples; the same again if asked again with the same arguments.</typeparam>
    /// <param name="problem">The problem with given meta-parameters.</param>
    /// <param name="meta">Meta-parameters: [replicates, count], or [count] if losses have no axes.</param>
    /// <param name="optimiser">The inner optimiser.</param>
    /// <param name="parameters">theta_t, with the replicates along the first axis.</param>
    /// <param name="state">The optimiser's state at theta_t, its averages of the parameters' shapes.</param>
    /// <param name="steps">The number n of inner updates, at least 1.</param>
    /// <param name="freshValidation">Whether each point is judged on a rollout of its own, see <see cref="BranchOptions"/>.</param>
    /// <returns>The meta-gradients of the points after 1, ..., n updates, of the shape of <paramref name="meta"/>.</returns>
    public static Tensor[] MetaGradients<TRollout>(
        Func<Tensor, IMetaProblem<TRollout>> problem,
        Tensor meta,
        Optimiser optimiser,
        Tensor[] parameters,
        OptimiserState<Tensor[]> state,
        int steps,
        bool freshValidation = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        using var scope = new TensorScope();
        int count = meta.Shape[-1];
        var start = (Parameters: parameters, Averages: Tree.Leaves(state)[1..]);
        var still = Tree.Map(start, x => Tensor.Zeros(x.Shape, x.Type, x.Device));
        var point = new Point(state.Step, problem(meta).Start, start, [.. Enumerable.Repeat(still, count)]);
        var gradients = new Tensor[steps];
        for (int step = 0; step < steps; step++)
        {
            // A program hands on values without the graph that led to them. Each step draws other numbers and so is a program of its own.
            int number = step;
            using var program = new TensorProgram<(Tensor Eta, Point From), (Tensor, Point)>(x => Advance(x.Eta, x.From, number));
            var old = point;
            (gradients[step], point) = program.Run((meta, old));
            scope.Keep(gradients[step]);
            if (step > 0)
                Tree.Dispose(old);
        }

        return gradients;

        (Tensor Gradient, Point Next) Advance(Tensor eta, Point from, int step)
        {
            var instance = problem(eta);
            var (theta, averages) = from.Moving;
            var (rollout, after) = instance.Sample(theta, from.Sampling, step, validation: false);
            var before = Tree.With(state, [from.Step, .. averages]);
            var (updated, next, _) = LookAhead.Update(instance, optimiser, theta, before, rollout);
            var outer = instance.OuterLoss(updated, instance.Sample(updated, after, step + 1, freshValidation).Rollout);
            var moving = (updated, Tree.Leaves(next)[1..]);
            var moved = from.Tangents
                .Select((tangent, k) => Gradient.Jvp((moving, outer), (from.Moving, eta), (tangent, Unit(k)))).ToArray();
            var gradient = Tensor.Stack(outer.Rank, [.. moved.Select(tangent => tangent.outer)]).ReshapeTo(meta.Shape);
            return (gradient, new Point(next.Step, after, moving, [.. moved.Select(tangent => tangent.moving)]));
        }

        // Meta-parameter k of every replicate: replicates don't interact.
        Tensor Unit(int k)
        {
            double[] one = [.. Enumerable.Range(0, count).Select(i => i == k ? 1.0 : 0.0)];
            return Tensor.From(one, [count], meta.Type, meta.Device).BroadcastTo(meta.Shape);
        }
    }

    /// <summary>Where a branch has come to.</summary>
    /// <param name="Step">The optimiser's count of updates.</param>
    /// <param name="Sampling">What rollouts begin from.</param>
    /// <param name="Moving">Parameters and the optimiser's averages.</param>
    /// <param name="Tangents">Their derivatives in each meta-parameter.</param>
    private sealed record Point(
        Tensor Step,
        Tensor[] Sampling,
        (Tensor[] Parameters, Tensor[] Averages) Moving,
        (Tensor[] Parameters, Tensor[] Averages)[] Tangents);
}
