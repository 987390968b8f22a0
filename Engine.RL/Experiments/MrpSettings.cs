using Engine.Core.Nn;
using Engine.Core.Optim;
using Engine.RL.Environments;
using Engine.RL.Meta;

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

/// <summary>
/// What the experiments on the Markov reward process have in common. Defaults are the paper's (table 2 and appendix C.1).
/// </summary>
public abstract record MrpSettings
{
    /// <summary>The first seed.</summary>
    public int Seed { get; init; }

    /// <summary>Runs with seeds Seed, Seed + 1, ...</summary>
    public int Seeds { get; init; } = 5;

    /// <summary>Meta-updates of a run.</summary>
    public int Iterations { get; init; } = 5000;

    /// <summary>Trajectories of a rollout.</summary>
    public int Batch { get; init; } = 32;

    /// <summary>The inner optimiser.</summary>
    public InnerOptimiser InnerOptimiser { get; init; } = InnerOptimiser.Adam;

    /// <summary>The inner step size (alpha).</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>The step size of the meta-parameters (beta).</summary>
    public double MetaLearningRate { get; init; } = 2e-3;

    /// <summary>The value of all discounts at the start.</summary>
    public double GammaStart { get; init; } = 0.5;

    /// <summary>How discounts are kept.</summary>
    public Parameterisation Parameterisation { get; init; } = Parameterisation.Sigmoid;

    /// <summary>How discounts weigh rewards.</summary>
    public Discounting Discounting { get; init; } = Discounting.Power;

    /// <summary>What the value network sees of a state.</summary>
    public StateInput Input { get; init; } = StateInput.Raw;

    /// <summary>What follows the network's hidden layers.</summary>
    public Activation Activation { get; init; } = Activation.Relu;

    /// <summary>The discount of mixes; null for 1 - 1/n.</summary>
    public double? Kappa { get; init; }

    /// <summary>The factor mu that takes the place of an update's derivative in the parameters before it, in accumulative traces.</summary>
    public double TraceDecay { get; init; } = 0.9;

    /// <summary>Whether Adam's denominator is a constant to meta-gradients.</summary>
    public bool DetachDenominator { get; init; }

    /// <summary>The term under the root of Adam and RMSProp, see <see cref="Adam.EpsilonRoot"/>.</summary>
    public double EpsilonRoot { get; init; } = 1e-8;

    /// <summary>Makes sure that every setting is in range.</summary>
    /// <exception cref="ArgumentException">One is not; the message names it, its value and what would do.</exception>
    public virtual void Validate()
    {
        Setting.RequireSeeds(Seed, Seeds);
        Require(Iterations >= 1, "iterations", Iterations, "at least 1");
        Require(Batch >= 1, "batch", Batch, "at least 1");
        Require(LearningRate > 0 && double.IsFinite(LearningRate), "learning-rate", LearningRate, "finite and above 0");
        Require(MetaLearningRate > 0 && double.IsFinite(MetaLearningRate), "meta-learning-rate", MetaLearningRate, "finite and above 0");
        Require(GammaStart > 0 && GammaStart < 1, "gamma-start", GammaStart, "between 0 and 1, both excluded");
        Require(Kappa is null or (>= 0 and <= 1), "kappa", Kappa ?? 0, "in [0, 1]");
        Require(TraceDecay is >= 0 and <= 1, "trace-decay", TraceDecay, "in [0, 1]");
        Require(EpsilonRoot >= 0 && double.IsFinite(EpsilonRoot), "epsilon-root", EpsilonRoot, "finite and at least 0");
    }

    internal Optimiser CreateInnerOptimiser() => Setting.Create(InnerOptimiser, LearningRate, EpsilonRoot, DetachDenominator);

    internal ValuePrediction CreateTask() => new(new Mlp([1, 10, 10, 1], Activation), Input, Discounting, Batch);

    private protected static void Require(bool holds, string name, object value, string range)
        => Setting.Require(holds, name, value, range);
}
