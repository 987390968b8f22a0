using Engine.Core;
using Engine.Core.Nn;
using Engine.Kernels;

namespace Engine.RL.Agents;

/// <summary>A small network for any observations: their numbers in a row, hidden layers, and a last layer for policy and values.</summary>
public sealed record MlpActorCritic : IActorCritic
{
    private readonly Mlp _mlp;
    private readonly int _actions;
    private readonly bool _outerValueHead;

    /// <summary>Describes a network.</summary>
    /// <param name="observation">The shape of an observation.</param>
    /// <param name="actions">The number of actions.</param>
    /// <param name="hidden">Units of each hidden layer.</param>
    /// <param name="activation">What follows each hidden layer.</param>
    /// <param name="outerValueHead">Whether there are values with the discount of the outer loss too.</param>
    public MlpActorCritic(
        Shape observation, int actions, IntegerList hidden, Activation activation = Activation.Tanh, bool outerValueHead = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(actions, 1);
        _mlp = new Mlp([observation.ElementCount, .. hidden, actions + (outerValueHead ? 2 : 1)], activation);
        _actions = actions;
        _outerValueHead = outerValueHead;
    }

    /// <inheritdoc/>
    public Parameters Initialise(Key key, ElementType type = ElementType.Float32)
        => _mlp.Initialise(key.Reshape(1), type);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">Observations or parameters are not those of this network.</exception>
    public ActorCriticOutput Apply(IReadOnlyList<Tensor> parameters, Tensor observations)
    {
        var y = _mlp.Apply(parameters, observations.ReshapeTo([1, observations.Shape[0], _mlp.Sizes[0]]))[0];
        return new ActorCriticOutput(y[.., .._actions], y[.., _actions], _outerValueHead ? y[.., _actions + 1] : null);
    }
}
