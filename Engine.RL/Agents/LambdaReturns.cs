using Engine.Core;

namespace Engine.RL.Agents;

/// <summary>Mixtures of n-step returns: targets for values and for advantages.</summary>
public static class LambdaReturns
{
    /// <summary>
    /// g[t] = r[t] + gamma live[t] ((1 - lambda) v[t + 1] + lambda g[t + 1]) with g[T] = v[T], differentiable in everything.
    /// </summary>
    /// <param name="rewards">What step t paid, [T, ...], with T of 1 or more.</param>
    /// <param name="live">1 where the episode goes on after step t, 0 where it ended, [T, ...].</param>
    /// <param name="values">Values of the states, [T + 1, ...]; where an episode ended, the next one is that of the new episode.</param>
    /// <param name="gamma">The discount: a scalar, or of a shape that broadcasts to that of the rewards.</param>
    /// <param name="lambda">How far returns reach; as for <paramref name="gamma"/>.</param>
    /// <returns>[T, ...].</returns>
    /// <exception cref="ArgumentException">Shapes or element types do not fit.</exception>
    public static Tensor Of(Tensor rewards, Tensor live, Tensor values, Tensor gamma, Tensor lambda)
    {
        var shape = rewards.Shape;
        if (rewards.Rank == 0 || shape[0] == 0 || live.Shape != shape || values.Shape != shape.With(0, shape[0] + 1))
        {
            throw new ArgumentException(
                $"LambdaReturns: rewards {shape} and live {live.Shape} must be [T, ...] with T > 0, "
                + $"and values {values.Shape} [T + 1, ...].");
        }

        var discounts = gamma * live;
        var factors = discounts * lambda;
        var addends = rewards + (discounts * (1 - lambda) * values[1..]);
        if (factors.Shape != shape || addends.Shape != shape)
            throw new ArgumentException($"LambdaReturns: gamma {gamma.Shape} and lambda {lambda.Shape} do not broadcast to {shape}.");
        return Tensor.ReverseScan(factors, addends, init: values[^1]);
    }
}
