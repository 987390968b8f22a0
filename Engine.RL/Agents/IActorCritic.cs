using Engine.Core;
using Engine.Core.Nn;
using Engine.Kernels;

namespace Engine.RL.Agents;

/// <summary>A network that gives a policy and values: functions of its parameters and of observations.</summary>
public interface IActorCritic
{
    /// <summary>First values of the parameters.</summary>
    /// <param name="key">
    /// What to draw from: one key, see <see cref="Initialisers"/>. Several networks come of a <see cref="Batch.Map"/>.
    /// </param>
    /// <param name="type">The element type.</param>
    Parameters Initialise(Key key, ElementType type = ElementType.Float32);

    /// <summary>Applies the network.</summary>
    /// <param name="parameters">As <see cref="Initialise"/> makes them.</param>
    /// <param name="observations">[n, ...], of the parameters' element type.</param>
    ActorCriticOutput Apply(IReadOnlyList<Tensor> parameters, Tensor observations);
}

/// <summary>What an actor-critic makes of n observations.</summary>
/// <param name="Logits">The policy's logits, [n, actions].</param>
/// <param name="Values">Values of the states, with the discount that is learned, [n].</param>
/// <param name="OuterValues">Values with the discount of the outer loss, [n]; null if the network has no head for them.</param>
public sealed record ActorCriticOutput(Tensor Logits, Tensor Values, Tensor? OuterValues = null);
