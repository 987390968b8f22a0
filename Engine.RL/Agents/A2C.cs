using Engine.Core;
using Engine.Core.Nn;

namespace Engine.RL.Agents;

/// <summary>What the inner loss of <see cref="A2C"/> depends on beside the network: the meta-parameters.</summary>
/// <param name="Gamma">The discount, without axes.</param>
/// <param name="Lambda">How far returns reach, without axes.</param>
/// <param name="Critic">The weight of the critic's loss, without axes.</param>
/// <param name="Entropy">The weight of the policy's entropy, without axes.</param>
public sealed record A2CCoefficients(Tensor Gamma, Tensor Lambda, Tensor Critic, Tensor Entropy);

/// <summary>Losses of the advantage actor-critic.</summary>
public static class A2C
{
    /// <summary>
    /// The mean over steps and environments of -(g - v) log pi(a) + critic / 2 (g - v)^2 - entropy H(pi), with lambda-returns g.
    /// </summary>
    /// <remarks>
    /// In g and in the advantage g - v of the first term, values are constants; the coefficients are not, so that the loss and its
    /// gradient depend on them.
    /// </remarks>
    /// <param name="rollout">Of the network that is learning.</param>
    /// <param name="coefficients">The meta-parameters.</param>
    /// <returns>A number without axes.</returns>
    /// <exception cref="ArgumentException">Shapes or element types do not fit.</exception>
    public static Tensor InnerLoss(Rollout rollout, A2CCoefficients coefficients)
    {
        Require(rollout);
        var constant = rollout.Values.StopGradient();
        var returns = LambdaReturns.Of(rollout.Rewards, rollout.Live, constant, coefficients.Gamma, coefficients.Lambda);
        var logProbabilities = Categorical.LogProbabilities(rollout.Logits);
        var actor = (returns - constant[..^1]) * Categorical.LogProbability(logProbabilities, rollout.Actions);
        var critic = (returns - rollout.Values[..^1]).Square() * (coefficients.Critic * 0.5);
        return (critic - actor - (Categorical.Entropy(logProbabilities) * coefficients.Entropy)).Mean();
    }

    /// <summary>The mean of -(g - v) log pi(a), with lambda-returns g. The advantage g - v is a constant.</summary>
    /// <param name="rollout">Of the network that has learned.</param>
    /// <param name="gamma">The discount.</param>
    /// <param name="lambda">How far returns reach.</param>
    /// <returns>A number without axes.</returns>
    /// <exception cref="ArgumentException">Shapes or element types do not fit.</exception>
    public static Tensor OuterLoss(Rollout rollout, double gamma = 0.99, double lambda = 0.99)
    {
        Require(rollout);
        var constant = rollout.Values.StopGradient();
        var returns = LambdaReturns.Of(rollout.Rewards, rollout.Live, constant, Number(gamma), Number(lambda));
        var logProbability = Categorical.LogProbability(Categorical.LogProbabilities(rollout.Logits), rollout.Actions);
        return -((returns - constant[..^1]) * logProbability).Mean();

        Tensor Number(double value) => Tensor.Full(value, [], constant.Type, constant.Device);
    }

    // Other shapes could broadcast and give a wrong mean.
    private static void Require(Rollout rollout)
    {
        if (rollout.Actions.Shape != rollout.Rewards.Shape)
            throw new ArgumentException($"A2C: actions {rollout.Actions.Shape} and rewards {rollout.Rewards.Shape} differ in shape.");
    }
}
