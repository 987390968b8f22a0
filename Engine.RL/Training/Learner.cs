using Engine.Core;
using Engine.Core.Optim;
using Engine.RL.Agents;
using Engine.RL.Meta;

namespace Engine.RL.Training;

/// <summary>Everything that an <see cref="Update"/> of an agent changes, and the key it draws from: a tree.</summary>
/// <param name="Updates">The key of the agent's updates; each folds its number in.</param>
/// <param name="Number">Updates made, an Int32 scalar.</param>
/// <param name="Eta">The numbers that stand for the meta-parameters, [count].</param>
/// <param name="MetaOptimiser">Their optimiser's state.</param>
/// <param name="Inner">Network, its optimiser's state, and the games, [games, ...].</param>
/// <param name="Returns">The sum of rewards of each game's episode so far, [games].</param>
/// <param name="Behind">How the network and its optimiser's state depend on the meta-parameters, if the method looks back.</param>
public sealed record Learner(
    Key Updates,
    Tensor Number,
    Tensor Eta,
    OptimiserState<Tensor> MetaOptimiser,
    InnerState<IActorCritic, object> Inner,
    Tensor Returns,
    Tangents<IActorCritic>? Behind = null);
