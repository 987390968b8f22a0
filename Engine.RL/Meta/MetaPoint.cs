using Engine.Core;
using Engine.Kernels;

namespace Engine.RL.Meta;

/// <summary>A learner at a point of its training: what inner loops start from.</summary>
/// <typeparam name="TParameters">What is learned.</typeparam>
/// <typeparam name="TState">What rollouts begin from.</typeparam>
/// <typeparam name="TRollout">Data sampled.</typeparam>
/// <param name="Problem">The problem with given meta-parameters.</param>
/// <param name="Eta">The meta-parameters, [count].</param>
/// <param name="Start">theta_t and what belongs to it.</param>
public sealed record MetaPoint<TParameters, TState, TRollout>(
    Func<Tensor, IMetaProblem<TParameters, TState, TRollout>> Problem, Tensor Eta, InnerState<TParameters, TState> Start)
{
    /// <summary>The same with an optimiser that remembers nothing, but how many updates were made.</summary>
    internal MetaPoint<TParameters, TState, TRollout> Restarted()
    {
        var fresh = Problem(Eta).Optimiser.Initial(Start.Parameters);
        return this with { Start = Start with { Optimiser = Tree.Map(fresh, x => x.Type.IsFloat() ? x : Start.Optimiser.Step) } };
    }
}
