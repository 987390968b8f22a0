using Engine.Core;
using Engine.RL.Environments;
using Engine.RL.Meta;

namespace Engine.RL.Agents;

/// <summary>How an actor-critic learns and is judged, beside the meta-parameters.</summary>
public sealed record A2COptions
{
    /// <summary>Steps of a rollout (T).</summary>
    public int RolloutLength { get; init; } = 20;

    /// <summary>The discount of the outer loss (gamma').</summary>
    public double OuterGamma { get; init; } = 0.99;

    /// <summary>How far returns of the outer loss reach (lambda').</summary>
    public double OuterLambda { get; init; } = 0.99;

    /// <summary>The weight of <see cref="A2C.OuterCriticLoss"/> in the inner loss; used if the network has a head for it.</summary>
    public double OuterCritic { get; init; } = 0.5;

    /// <summary>Whether the critic's derivative goes through its target.</summary>
    public bool FullTarget { get; init; }

    /// <summary>Whether returns go on beyond the step limit.</summary>
    public bool BootstrapTimeLimit { get; init; }
}

/// <summary>
/// Learning to act with A2C: rollouts go on from where the last one ended, the inner loss is <see cref="A2C.InnerLoss"/>, the outer
/// one <see cref="A2C.OuterLoss"/>.
/// </summary>
/// <param name="environment">The environments.</param>
/// <param name="network">The network.</param>
/// <param name="coefficients">The meta-parameters.</param>
/// <param name="state">The environments' state before the first rollout.</param>
/// <param name="key">What rollouts draw from: a key for each environment, [n].</param>
/// <param name="options">Everything else.</param>
public sealed class A2CProblem(
    IEnvironment environment, IActorCritic network, A2CCoefficients coefficients, Tensor[] state, Key key, A2COptions options)
    : IMetaProblem<Experience>
{
    private readonly List<(Tensor[] Parameters, Experience Experience, Rollout Rollout)> _evaluated = [];

    /// <inheritdoc/>
    public Tensor[] Start => state;

    /// <inheritdoc/>
    public (Experience Rollout, Tensor[] State) Sample(IReadOnlyList<Tensor> parameters, Tensor[] state, int step, bool validation)
    {
        var own = key.Fold(validation ? ~step : step);
        return Experience.Collect(environment, network, parameters, state, own, options.RolloutLength);
    }

    /// <inheritdoc/>
    public Tensor InnerLoss(IReadOnlyList<Tensor> parameters, Experience rollout)
    {
        var evaluated = Evaluate(parameters, rollout);
        var loss = A2C.InnerLoss(evaluated, coefficients, options.FullTarget);
        return evaluated.OuterValues is null
            ? loss
            : loss + (A2C.OuterCriticLoss(evaluated, options.OuterGamma, options.OuterLambda) * options.OuterCritic);
    }

    /// <summary>The terms of the inner loss.</summary>
    public A2CTerms Terms(IReadOnlyList<Tensor> parameters, Experience rollout)
        => A2C.Terms(Evaluate(parameters, rollout), coefficients, options.FullTarget);

    /// <inheritdoc/>
    public Tensor OuterLoss(IReadOnlyList<Tensor> parameters, Experience rollout)
        => A2C.OuterLoss(Evaluate(parameters, rollout), options.OuterGamma, options.OuterLambda);

    // The rollout that judges parameters is also the one they learn from next: the network sees it once.
    private Rollout Evaluate(IReadOnlyList<Tensor> parameters, Experience rollout)
    {
        foreach (var (known, experience, evaluation) in _evaluated)
        {
            if (experience == rollout && known.SequenceEqual(parameters))
                return evaluation;
        }

        var evaluated = rollout.Evaluate(network, parameters, options.BootstrapTimeLimit);
        _evaluated.Add(([.. parameters], rollout, evaluated));
        return evaluated;
    }
}
