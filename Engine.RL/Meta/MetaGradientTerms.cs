using Engine.Core;
using Engine.Core.Autodiff;

namespace Engine.RL.Meta;

/// <summary>
/// The terms of equation 11 of the paper: the n-step meta-gradient is a sum over updates of what each one's own dependence on the
/// meta-parameters adds, T (I + H) ... (I + H) N. With an optimiser that remembers, I + H is the Jacobian of its whole update. Decays and
/// traces weigh the same terms, so that one loop gives the meta-gradients of a whole family of estimators.
/// </summary>
public static class MetaGradientTerms
{
    /// <summary>Takes the terms of the meta-gradients after several numbers of updates of one inner loop.</summary>
    /// <param name="point">What the loop starts from.</param>
    /// <param name="key">What rollouts draw from, see <see cref="InnerLoop"/>.</param>
    /// <param name="steps">The numbers n of inner updates, each at least 1.</param>
    /// <param name="options">How updates are made; with a trace of 1, terms are T N, as in appendix D.1.</param>
    /// <returns>For each number the terms, [n, count]: first that of the last update, i = 1 in the equation.</returns>
    public static Tensor[] Of<TParameters, TState, TRollout>(
        MetaPoint<TParameters, TState, TRollout> point, Key key, IReadOnlyList<int> steps, UnrollOptions? options = null)
    {
        int longest = steps.Max();
        Tensor[] etas = Copies(point.Eta, longest);
        var points = InnerLoop.Unroll(update => point.Problem(etas[update]), point.Start, key, longest, options);
        return [.. steps.Select(n => Of(points[n - 1].OuterLoss, etas[..n]))];
    }

    /// <summary>The terms of an outer loss, [n, count].</summary>
    /// <param name="outerLoss">The outer loss after n updates.</param>
    /// <param name="etas">Each update's own meta-parameters, see <see cref="Copies"/>.</param>
    internal static Tensor Of(Tensor outerLoss, Tensor[] etas)
        => Tensor.Stack(0, Gradient.Of(outerLoss, etas.Reverse().ToArray()));

    /// <summary>Copies of meta-parameters, one for each update: the gradient in a copy is what its update adds.</summary>
    internal static Tensor[] Copies(Tensor eta, int updates)
    {
        var copies = eta.StopGradient().Unsqueeze(0).BroadcastTo([updates, eta.Count]);
        return [.. Enumerable.Range(0, updates).Select(update => copies[update])];
    }
}
