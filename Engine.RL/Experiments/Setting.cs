namespace Engine.RL.Experiments;

/// <summary>What settings have in common.</summary>
internal static class Setting
{
    /// <summary>Throws if a setting is out of range.</summary>
    /// <exception cref="ArgumentException">It is; the message names it, its value and what would do.</exception>
    public static void Require(bool holds, string name, object value, string range)
    {
        if (!holds)
            throw new ArgumentException(FormattableString.Invariant($"{name} is {value}, but must be {range}."));
    }

    /// <summary>Throws if seeds from <paramref name="seed"/> on can't be counted.</summary>
    public static void RequireSeeds(int seed, int seeds)
    {
        Require(seed >= 0, "seed", seed, "at least 0");
        Require(seeds >= 1, "seeds", seeds, "at least 1");
        Require(seed <= int.MaxValue - seeds + 1, "seed", seed, $"at most {int.MaxValue - seeds + 1} with {seeds} seeds");
    }

    /// <summary>An inner optimiser.</summary>
    public static Core.Optim.Optimiser Create(
        InnerOptimiser kind, Core.Optim.LearningRate learningRate, double epsilonRoot, bool detachDenominator)
        => kind switch
        {
            InnerOptimiser.Adam => new Core.Optim.Adam(learningRate, EpsilonRoot: epsilonRoot, DetachDenominator: detachDenominator),
            InnerOptimiser.Sgd => new Core.Optim.Sgd(learningRate),
            _ => new Core.Optim.RmsProp(learningRate, EpsilonRoot: epsilonRoot),
        };
}
