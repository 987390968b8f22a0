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
    /// <typeparam name="TRollout">What the problem samples; the same again if asked again with the same parameters and step.</typeparam>
    /// <param name="problem">The problem with given meta-parameters.</param>
    /// <param name="meta">Meta-parameters, [replicates, count].</param>
    /// <param name="optimiser">The inner optimiser.</param>
    /// <param name="parameters">theta_t, with the replicates along the first axis.</param>
    /// <param name="state">The optimiser's state at theta_t, its slots of the parameters' shapes.</param>
    /// <param name="steps">The number n of inner updates, at least 1.</param>
    /// <returns>The meta-gradients of the points after 1, ..., n updates, [replicates, count] each.</returns>
    public static Tensor[] MetaGradients<TRollout>(
        Func<Tensor, IMetaProblem<TRollout>> problem, Tensor meta, Optimiser optimiser, IReadOnlyList<Tensor> parameters, OptimiserState state, int steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        using var scope = new TensorScope();
        Tensor[] moving = [.. parameters, .. state.Slots];
        int count = meta.Shape[1];
        var gradients = new Tensor[steps];
        Tensor[] carried =
            [state.Step, .. moving, .. Enumerable.Range(0, count).SelectMany(_ => moving.Select(x => Tensor.Zeros(x.Shape, x.Type, x.Device)))];
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

        // To the next point, from (step, parameters, slots, and the tangents of these for one meta-parameter after the other).
        Tensor[] Advance(Tensor eta, Tensor[] from, int step)
        {
            Tensor[] x = from[1..(1 + moving.Length)];
            Tensor[][] tangents = [.. from[(1 + moving.Length)..].Chunk(moving.Length)];
            var instance = problem(eta);
            Tensor[] theta = x[..parameters.Count];
            var (updated, next, _) = LookAhead.Update(
                instance, optimiser, theta, new OptimiserState(from[0], x[parameters.Count..]), instance.Sample(theta, step));
            var outer = instance.OuterLoss(updated, instance.Sample(updated, step + 1));
            Tensor[] y = [.. updated, .. next.Slots];
            Tensor[][] moved = [.. tangents.Select((tangent, k) => Gradient.Jvp([.. y, outer], [.. x, eta], [.. tangent, Unit(k)]))];
            return [Tensor.Stack(1, [.. moved.Select(tangent => tangent[^1])]), next.Step, .. y, .. moved.SelectMany(tangent => tangent[..^1])];
        }

        // Meta-parameter k of every replicate: replicates don't interact.
        Tensor Unit(int k)
            => Tensor.From([.. Enumerable.Range(0, count).Select(i => i == k ? 1.0 : 0.0)], [1, count], meta.Type, meta.Device).BroadcastTo(meta.Shape);
    }
}
