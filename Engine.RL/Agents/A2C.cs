using Engine.Core;
using Engine.Core.Nn;

namespace Engine.RL.Agents;

/// <summary>What the inner loss of <see cref="A2C"/> depends on beside the network: the meta-parameters.</summary>
/// <param name="Gamma">The discount, without axes.</param>
/// <param name="Lambda">How far returns reach, without axes.</param>
/// <param name="Critic">The weight of the critic's loss, without axes.</param>
/// <param name="Entropy">The weight of the policy's entropy, without axes.</param>
public sealed record A2CCoefficients(Tensor Gamma, Tensor Lambda, Tensor Critic, Tensor Entropy);

/// <summary>The terms of the inner loss of <see cref="A2C"/>, means over steps and environments without axes.</summary>
/// <param name="Actor">-(g - v) log pi(a).</param>
/// <param name="Critic">(g - v)^2 / 2.</param>
/// <param name="Entropy">The policy's entropy.</param>
public sealed record A2CTerms(Tensor Actor, Tensor Critic, Tensor Entropy);

/// <summary>Losses of the advantage actor-critic (section 2.2 and appendix C.2 of the paper).</summary>
public static class A2C
{
    /// <summary>
    /// The mean over steps and environments of -(g - v) log pi(a) + critic / 2 (g - v)^2 - entropy H(pi), with lambda-returns g.
    /// </summary>
    /// <inheritdoc cref="Terms"/>
    /// <returns>A number without axes.</returns>
    public static Tensor InnerLoss(Rollout rollout, A2CCoefficients coefficients, bool fullTarget = false)
    {
        var terms = Terms(rollout, coefficients, fullTarget);
        return terms.Actor + (terms.Critic * coefficients.Critic) - (terms.Entropy * coefficients.Entropy);
    }

    /// <summary>The terms that <see cref="InnerLoss"/> weighs.</summary>
    /// <remarks>
    /// In the advantage g - v of the actor's term, values are constants, and in the critic's g too, unless
    /// <paramref name="fullTarget"/>. The coefficients never are: the loss and its gradient depend on them.
    /// </remarks>
    /// <param name="rollout">Of the network that is learning.</param>
    /// <param name="coefficients">The meta-parameters.</param>
    /// <param name="fullTarget">Whether the critic's derivative goes through the values in its target g (a residual gradient).</param>
    /// <exception cref="ArgumentException">Shapes or element types do not fit.</exception>
    public static A2CTerms Terms(Rollout rollout, A2CCoefficients coefficients, bool fullTarget = false)
    {
        Require(rollout);
        var (gamma, lambda) = (coefficients.Gamma, coefficients.Lambda);
        var constant = rollout.Values.StopGradient();
        var returns = Returns(rollout, constant, rollout.TimeOutValues?.StopGradient(), gamma, lambda);
        var targets = fullTarget ? Returns(rollout, rollout.Values, rollout.TimeOutValues, gamma, lambda) : returns;
        var logProbabilities = Categorical.LogProbabilities(rollout.Logits);
        var actor = (constant[..^1] - returns) * Categorical.LogProbability(logProbabilities, rollout.Actions);
        var critic = (targets - rollout.Values[..^1]).Square();
        return new A2CTerms(actor.Mean(), critic.Mean() * 0.5, Categorical.Entropy(logProbabilities).Mean());
    }

    /// <summary>
    /// The mean of -(g - v) log pi(a), with lambda-returns g. The advantage g - v is a constant; its values are those for the outer
    /// discount if the rollout has them.
    /// </summary>
    /// <param name="rollout">Of the network that has learned.</param>
    /// <param name="gamma">The discount.</param>
    /// <param name="lambda">How far returns reach.</param>
    /// <returns>A number without axes.</returns>
    /// <exception cref="ArgumentException">Shapes or element types do not fit.</exception>
    public static Tensor OuterLoss(Rollout rollout, double gamma = 0.99, double lambda = 0.99)
    {
        Require(rollout);
        var constant = (rollout.OuterValues ?? rollout.Values).StopGradient();
        var returns = OuterReturns(rollout, constant, gamma, lambda);
        return -((returns - constant[..^1]) * rollout.LogProbabilities()).Mean();
    }

    /// <summary>Half the mean squared error of the values for the outer discount to their lambda-returns, which are constants.</summary>
    /// <param name="rollout">Of a network with a head for these values.</param>
    /// <param name="gamma">The discount.</param>
    /// <param name="lambda">How far returns reach.</param>
    /// <returns>A number without axes.</returns>
    /// <exception cref="ArgumentException">The rollout has no such values, or shapes or element types do not fit.</exception>
    public static Tensor OuterCriticLoss(Rollout rollout, double gamma = 0.99, double lambda = 0.99)
    {
        var values = rollout.OuterValues ?? throw new ArgumentException("A2C: the rollout has no values for the outer discount.");
        return (OuterReturns(rollout, values.StopGradient(), gamma, lambda) - values[..^1]).Square().Mean() * 0.5;
    }

    private static Tensor OuterReturns(Rollout rollout, Tensor values, double gamma, double lambda)
    {
        var timeOuts = rollout.OuterValues is null ? rollout.TimeOutValues : rollout.OuterTimeOutValues;
        return Returns(rollout, values, timeOuts?.StopGradient(), Number(gamma), Number(lambda));

        Tensor Number(double value) => Tensor.Full(value, [], values.Type, values.Device);
    }

    private static Tensor Returns(Rollout rollout, Tensor values, Tensor? timeOutValues, Tensor gamma, Tensor lambda)
    {
        var rewards = timeOutValues is null ? rollout.Rewards : rollout.Rewards + (gamma * timeOutValues);
        return LambdaReturns.Of(rewards, rollout.Live, values, gamma, lambda);
    }

    // Other shapes could broadcast and give a wrong mean.
    private static void Require(Rollout rollout)
    {
        if (rollout.Actions.Shape != rollout.Rewards.Shape)
            throw new ArgumentException($"A2C: actions {rollout.Actions.Shape} and rewards {rollout.Rewards.Shape} differ in shape.");
    }
}
