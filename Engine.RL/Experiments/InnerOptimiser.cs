using Engine.Core.Optim;

namespace Engine.RL.Experiments;

/// <summary>An inner optimiser by name.</summary>
public enum InnerOptimiser
{
    /// <summary>Adam.</summary>
    Adam,

    /// <summary>Stochastic gradient descent.</summary>
    Sgd,

    /// <summary>RMSProp.</summary>
    Rmsprop,
}

/// <summary>Makes inner optimisers.</summary>
internal static class InnerOptimisers
{
    /// <summary>Throws if a denominator is to be a constant, and there is none.</summary>
    /// <exception cref="ArgumentException">It is.</exception>
    public static void RequireDenominator(InnerOptimiser kind, bool detachDenominator)
        => Setting.Require(
            !detachDenominator || kind != InnerOptimiser.Sgd, "detach-denominator", "true", "false with sgd, which has no denominator");

    public static Optimiser Create(InnerOptimiser kind, LearningRate learningRate, double epsilonRoot, bool detachDenominator)
        => kind switch
        {
            InnerOptimiser.Adam => new Adam(learningRate, EpsilonRoot: epsilonRoot, DetachDenominator: detachDenominator),
            InnerOptimiser.Sgd => new Sgd(learningRate),
            _ => new RmsProp(learningRate, EpsilonRoot: epsilonRoot, DetachDenominator: detachDenominator),
        };
}
