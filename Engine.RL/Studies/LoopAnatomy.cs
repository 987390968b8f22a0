using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Kernels;
using Engine.RL.Meta;

namespace Engine.RL.Studies;

/// <summary>An inner loop taken apart, as equation 11 of the paper and its appendix D.2 have it.</summary>
/// <param name="Terms">The terms of the n-step meta-gradient, [n, count]: that of the last update first.</param>
/// <param name="Gradients">Meta-gradients of several numbers of steps, [numbers, count].</param>
/// <param name="Traces">The same without products: sums of T N, [numbers, count].</param>
/// <param name="Products">|T P_i| / |T|, what i - 1 factors I + H make of T in the parameters, [n].</param>
/// <param name="Common">The same if all factors were those of the first update, equation 12, [n].</param>
/// <param name="Direct">|N|, how much the update of the i-th term itself depends on meta-parameters, [n].</param>
internal sealed record LoopAnatomy(Tensor Terms, Tensor Gradients, Tensor Traces, Tensor Products, Tensor Common, Tensor Direct);

/// <summary>Takes one inner loop apart.</summary>
/// <param name="Numbers">The numbers of steps of meta-gradients, the largest one, n, last.</param>
internal sealed record LoopAnatomist(IReadOnlyList<int> Numbers) : IPointFunction<Key, LoopAnatomy>
{
    private int Steps => Numbers[^1];

    /// <inheritdoc/>
    public LoopAnatomy At<TParameters, TState, TRollout>(MetaPoint<TParameters, TState, TRollout> point, Key key)
    {
        Tensor[] etas = MetaGradientTerms.Copies(point.Eta, Steps);
        var points = InnerLoop.Unroll(update => point.Problem(etas[update]), point.Start, key, Steps);
        Tensor[] exact = [.. Numbers.Select(n => MetaGradientTerms.Of(points[n - 1].OuterLoss, etas[..n]))];
        Tensor[] traces = MetaGradientTerms.Of(point, key, Numbers, new(Trace: 1));
        TParameters[] theta = [.. points.Select(each => each.State.Parameters)];
        var reaching = Gradient.Of(points[^1].OuterLoss, theta).Reverse().ToArray();
        return new(
            exact[^1],
            Sums(exact),
            Sums(traces),
            Tensor.Stack(0, [.. reaching.Select(cotangent => Norm(cotangent) / Norm(reaching[0]))]),
            Common(point, points[0]),
            Tensor.Stack(0, [.. Enumerable.Range(1, Steps).Select(i => Direct(theta[Steps - i], etas[Steps - i]))]));

        static Tensor Sums(Tensor[] terms) => Tensor.Stack(0, [.. terms.Select(each => each.Sum(0))]);
    }

    private static Tensor Norm<T>(T tree) => Tree.ToVector(tree).Square().Sum().Sqrt();

    private static Tensor Direct<TParameters>(TParameters moved, Tensor eta)
    {
        var units = Tensor.Range(eta.Count, ElementType.Int32, eta.Device).OneHot(eta.Count, eta.Type);
        return Norm(Batch.Map(unit => Tree.ToVector(Gradient.Jvp(moved, eta, unit)), units));
    }

    private Tensor Common<TParameters, TState, TRollout>(
        MetaPoint<TParameters, TState, TRollout> point, InnerPoint<TParameters, TState, TRollout> first)
    {
        var update = new UpdateJacobian<TParameters>(
            (point.Start.Parameters, point.Start.Optimiser), (first.State.Parameters, first.State.Optimiser));
        var cotangent = Gradient.Of(first.OuterLoss, first.State.Parameters);
        var norm = Norm(cotangent);
        Tensor[] carried = update.Cotangents(cotangent);
        var growth = new Tensor[Steps];
        for (int i = 0; i < Steps; i++)
        {
            growth[i] = update.NormOfParameters(carried) / norm;
            if (i + 1 < Steps)
                carried = update.Backward(carried);
        }

        return Tensor.Stack(0, growth);
    }
}
