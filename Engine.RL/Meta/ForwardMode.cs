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
    /// <param name="state">The optimiser's state at theta_t, its slots of the parameters' shapes.</param>
    /// <param name="steps">The number n of inner updates, at least 1.</param>
    /// <param name="freshValidation">Whether each point is judged on a rollout of its own, see <see cref="BranchOptions"/>.</param>
    /// <returns>The meta-gradients of the points after 1, ..., n updates, of the shape of <paramref name="meta"/>.</returns>
    public static Tensor[] MetaGradients<TRollout>(
        Func<Tensor, IMetaProblem<TRollout>> problem,
        Tensor meta,
        Optimiser optimiser,
        IReadOnlyList<Tensor> parameters,
        OptimiserState state,
        int steps,
        bool freshValidation = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        using var scope = new TensorScope();
        Tensor[] moving = [.. parameters, .. state.Slots], sampling = problem(meta).Start;
        int count = meta.Shape[-1];
        var gradients = new Tensor[steps];
        var nothing = moving.Select(x => Tensor.Zeros(x.Shape, x.Type, x.Device));
        Tensor[] carried = [state.Step, .. sampling, .. moving, .. Enumerable.Range(0, count).SelectMany(_ => nothing)];
        for (int step = 0; step < steps; step++)
        {
            // A program hands on values without the graph that led to them. Each step draws other numbers and so is a program of its own.
            int number = step;
            using var program = new TensorProgram(inputs => Advance(inputs[0], inputs[1..], number), meta.Device);
            Tensor[] results = program.Run([meta, .. carried]);
            gradients[step] = scope.Keep(results[0]);
            foreach (var old in step == 0 ? [] : carried)
                old.Dispose();
            carried = results[1..];
        }

        return gradients;

        // To the next point, from (step, what rollouts begin from, parameters, slots, and the tangents of the latter two for one
        // meta-parameter after the other).
        Tensor[] Advance(Tensor eta, Tensor[] from, int step)
        {
            int begin = 1 + sampling.Length, end = begin + moving.Length;
            Tensor[] x = from[begin..end];
            Tensor[][] tangents = [.. from[end..].Chunk(moving.Length)];
            var instance = problem(eta);
            Tensor[] theta = x[..parameters.Count];
            var (rollout, after) = instance.Sample(theta, from[1..begin], step, validation: false);
            var (updated, next, _) = LookAhead.Update(
                instance, optimiser, theta, new OptimiserState(from[0], x[parameters.Count..]), rollout);
            var outer = instance.OuterLoss(updated, instance.Sample(updated, after, step + 1, freshValidation).Rollout);
            Tensor[] y = [.. updated, .. next.Slots];
            Tensor[][] moved = [.. tangents.Select((tangent, k) => Gradient.Jvp([.. y, outer], [.. x, eta], [.. tangent, Unit(k)]))];
            var gradient = Tensor.Stack(outer.Rank, [.. moved.Select(tangent => tangent[^1])]).ReshapeTo(meta.Shape);
            return [gradient, next.Step, .. after, .. y, .. moved.SelectMany(tangent => tangent[..^1])];
        }

        // Meta-parameter k of every replicate: replicates don't interact.
        Tensor Unit(int k)
        {
            double[] one = [.. Enumerable.Range(0, count).Select(i => i == k ? 1.0 : 0.0)];
            return Tensor.From(one, [count], meta.Type, meta.Device).BroadcastTo(meta.Shape);
        }
    }
}
