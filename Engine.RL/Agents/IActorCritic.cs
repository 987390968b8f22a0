using Engine.Core;

namespace Engine.RL.Agents;

/// <summary>
/// A network that gives a policy and values, written for one observation: a record of its parameters, and so a tree (see
/// <see cref="Tree"/>).
/// </summary>
public interface IActorCritic
{
    /// <summary>What the network makes of an observation.</summary>
    /// <param name="observation">Of the environment's shape, and the parameters' element type.</param>
    ActorCriticOutput Apply(Tensor observation);
}

/// <summary>What an actor-critic makes of an observation.</summary>
/// <param name="Logits">The policy's logits, [actions].</param>
/// <param name="Value">The value of the state with the discount that is learned, a scalar.</param>
/// <param name="OuterValue">The value with the discount of the outer loss, a scalar; null if the network has no head for it.</param>
public sealed record ActorCriticOutput(Tensor Logits, Tensor Value, Tensor? OuterValue = null);
