using Engine.Core;
using Engine.Core.Nn;
using Engine.RL.Meta;

namespace Engine.RL.Agents;

/// <summary>What the inner loss of <see cref="A2C"/> depends on beside the network: scalars, which may be meta-learned.</summary>
/// <param name="Gamma">The discount.</param>
/// <param name="Lambda">How far returns reach.</param>
/// <param name="Critic">The weight of the critic's loss.</param>
/// <param name="Entropy">The weight of the policy's entropy.</param>
public sealed record A2CCoefficients(Tensor Gamma, Tensor Lambda, Tensor Critic, Tensor Entropy);

/// <summary>How the losses of <see cref="A2C"/> are formed, beside the coefficients.</summary>
public sealed record A2COptions
{
    /// <summary>The discount of the outer loss (gamma').</summary>
    public double OuterGamma { get; init; } = 0.99;

    /// <summary>How far returns of the outer loss reach (lambda').</summary>
    public double OuterLambda { get; init; } = 0.99;

    /// <summary>The weight of the loss of values for the outer discount, where the network has a head for them.</summary>
    public double OuterCritic { get; init; } = 0.5;

    /// <summary>Whether the critic's derivative goes through the values in its target (a residual gradient).</summary>
    public bool FullTarget { get; init; }
}

/// <summary>The losses of one trajectory, scalars.</summary>
/// <param name="Inner">What an agent learns by: the terms weighed, and that of the outer values where there are any.</param>
/// <param name="Outer">What meta-parameters are evaluated by: -(g' - v) log pi(a).</param>
/// <param name="Actor">-(g - v) log pi(a).</param>
/// <param name="Critic">(g - v)^2 / 2.</param>
/// <param name="Entropy">The policy's entropy.</param>
public sealed record A2CLosses(Tensor Inner, Tensor Outer, Tensor Actor, Tensor Critic, Tensor Entropy) : RolloutLosses(Inner, Outer);

/// <summary>Losses of the advantage actor-critic (section 2.2 and appendix C.2 of the paper).</summary>
public static class A2C
{
    /// <summary>The losses of a trajectory: means over its steps.</summary>
    /// <remarks>
    /// With lambda-returns g, the inner loss is -(g - v) log pi(a) + critic / 2 (g - v)^2 - entropy H(pi). In the advantage g - v of the
    /// actor's term, values are constants, and in the critic's g too, unless <see cref="A2COptions.FullTarget"/>. The coefficients never
    /// are. The outer loss has returns g' with the outer discount, an advantage that is a constant, and values for that discount if the
    /// network gives any; their own loss, half the squared error to g', is then part of the inner one. With importance weights
    /// each step's terms count as much as its action; the entropy is of all actions.
    /// </remarks>
    /// <param name="x">What the network that learns, or has learned, makes of the trajectory.</param>
    /// <param name="coefficients">The coefficients.</param>
    /// <param name="options">Everything else; the defaults if null.</param>
    /// <exception cref="ArgumentException">Shapes or element types do not fit.</exception>
    public static A2CLosses Losses(Evaluation x, A2CCoefficients coefficients, A2COptions? options = null)
    {
        // Other shapes could broadcast and give a wrong mean.
        if (x.Actions.Shape != x.Rewards.Shape)
            throw new ArgumentException($"A2C: actions {x.Actions.Shape} and rewards {x.Rewards.Shape} differ in shape.");
        options ??= new A2COptions();
        var constant = x.Values.StopGradient();
        var returns = Returns(x, constant, x.TruncatedValues?.StopGradient(), coefficients.Gamma, coefficients.Lambda);
        var targets = options.FullTarget
            ? Returns(x, x.Values, x.TruncatedValues, coefficients.Gamma, coefficients.Lambda)
            : returns;
        var logProbabilities = Categorical.LogProbabilities(x.Logits);
        var chosen = Categorical.LogProbability(logProbabilities, x.Actions);
        var actor = Mean((constant[..^1] - returns) * chosen);
        var critic = Mean((targets - x.Values[..^1]).Square()) * 0.5;
        var entropy = Categorical.Entropy(logProbabilities).Mean();
        var inner = actor + (critic * coefficients.Critic) - (entropy * coefficients.Entropy);

        var (outerValues, beyond) = x.OuterValues is null ? (x.Values, x.TruncatedValues) : (x.OuterValues, x.OuterTruncatedValues);
        var outerConstant = outerValues.StopGradient();
        var outerReturns = Returns(
            x, outerConstant, beyond?.StopGradient(), Like(options.OuterGamma), Like(options.OuterLambda));
        var outer = -Mean((outerReturns - outerConstant[..^1]) * chosen);
        if (x.OuterValues is not null)
            inner += Mean((outerReturns - x.OuterValues[..^1]).Square()) * (0.5 * options.OuterCritic);
        return new(inner, outer, actor, critic, entropy);

        Tensor Mean(Tensor terms) => (x.Weights is null ? terms : terms * x.Weights).Mean();

        Tensor Like(double value) => Tensor.Scalar(value, x.Values.Type, x.Values.Device);
    }

    private static Tensor Returns(Evaluation x, Tensor values, Tensor? truncatedValues, Tensor gamma, Tensor lambda)
    {
        var rewards = truncatedValues is null ? x.Rewards : x.Rewards + (gamma * truncatedValues);
        return LambdaReturns.Of(rewards, x.Live, values, gamma, lambda);
    }
}
