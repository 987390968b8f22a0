using Engine.Core;

namespace Engine.RL.Meta;

/// <summary>A learner at a point of its training: what inner loops start from.</summary>
/// <typeparam name="TParameters">What is learned.</typeparam>
/// <typeparam name="TState">What rollouts begin from.</typeparam>
/// <typeparam name="TRollout">Data sampled.</typeparam>
/// <param name="Problem">The problem with given meta-parameters.</param>
/// <param name="Eta">The meta-parameters, [count].</param>
/// <param name="Start">theta_t and what belongs to it.</param>
public sealed record MetaPoint<TParameters, TState, TRollout>(
    Func<Tensor, IMetaProblem<TParameters, TState, TRollout>> Problem, Tensor Eta, InnerState<TParameters, TState> Start);
