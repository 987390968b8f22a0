using Engine.Core;
using Engine.Core.Nn;
using Engine.Kernels;
using Engine.RL.Agents;

namespace Engine.Tests.RL;

/// <summary>A small network without kinks, as finite differences need it: tanh units, and heads that are rows of one last layer.</summary>
internal sealed class SmoothActorCritic(int inputs, int actions, bool outerValueHead = false, int units = 6) : IActorCritic
{
    private readonly Mlp _mlp = new([inputs, units, actions + (outerValueHead ? 2 : 1)], Activation.Tanh);

    public Parameters Initialise(Tensor streams, ElementType type = ElementType.Float32) => _mlp.Initialise(streams, type);

    public ActorCriticOutput Apply(IReadOnlyList<Tensor> parameters, Tensor observations)
    {
        var y = _mlp.Apply(parameters, observations.Reshape(observations.Shape[0], -1))[0];
        return new ActorCriticOutput(y[.., ..actions], y[.., actions], outerValueHead ? y[.., actions + 1] : null);
    }
}
