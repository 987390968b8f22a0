using Engine.Core.Nn;
using Engine.Core.Optim;
using Engine.RL.Environments;
using Engine.RL.Meta;

namespace Engine.RL.Experiments;

/// <summary>
/// What the experiments on the Markov reward process have in common. Defaults are the paper's (table 2 and appendix C.1).
/// </summary>
public abstract record MrpSettings
{
    /// <summary>The first seed.</summary>
    [Setting("The first seed; the others follow it.", AtLeast = 0)]
    public int Seed { get; init; }

    /// <summary>Runs with seeds Seed, Seed + 1, ...</summary>
    [Setting("How many seeds.", AtLeast = 1, AtMost = 10_000)]
    public int Seeds { get; init; } = 5;

    /// <summary>Meta-updates of a run.</summary>
    [Setting("Meta-updates of a run.", AtLeast = 1, MayGrow = true)]
    public int Iterations { get; init; } = 5000;

    /// <summary>Trajectories of a rollout.</summary>
    [Setting("Trajectories of a rollout.", AtLeast = 1, AtMost = 1 << 20)]
    public int Batch { get; init; } = 32;

    /// <summary>The inner optimiser.</summary>
    [Setting("What updates the value network.")]
    public InnerOptimiser InnerOptimiser { get; init; } = InnerOptimiser.Adam;

    /// <summary>The inner step size (alpha).</summary>
    [Setting("Its step size (alpha).", Above = 0)]
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>The step size of the meta-parameters (beta).</summary>
    [Setting("The step size of Adam on the discounts (beta).", Above = 0)]
    public double MetaLearningRate { get; init; } = 2e-3;

    /// <summary>The value of all discounts at the start.</summary>
    [Setting("All discounts at the start.", Above = 0, Below = 1)]
    public double GammaStart { get; init; } = 0.5;

    /// <summary>How discounts are kept.</summary>
    [Setting("How discounts are kept: as logits, or themselves, clamped to [0, 1].")]
    public Parameterisation Parameterisation { get; init; } = Parameterisation.Sigmoid;

    /// <summary>How discounts weigh rewards.</summary>
    [Setting("What reward j counts in state i: gamma_j^(j-i+1), or gamma_i ... gamma_j.")]
    public Discounting Discounting { get; init; } = Discounting.Power;

    /// <summary>What the value network sees of a state.</summary>
    [Setting("What the network sees of a state: 0 to 9, or -1 to 1.")]
    public StateInput Input { get; init; } = StateInput.Raw;

    /// <summary>What follows the network's hidden layers.</summary>
    [Setting("What follows the network's hidden layers.")]
    public Activation Activation { get; init; } = Activation.Relu;

    /// <summary>The discount of mixes; null for 1 - 1/n.</summary>
    [Setting("The discount of mixes; 1 - 1/n where it is not given.", AtLeast = 0, AtMost = 1)]
    public double? Kappa { get; init; }

    /// <summary>The factor mu that takes the place of an update's derivative in the parameters before it, in accumulative traces.</summary>
    [Setting("The factor mu of accumulative traces.", AtLeast = 0, AtMost = 1)]
    public double TraceDecay { get; init; } = 0.9;

    /// <summary>The term under the root of Adam and RMSProp, see <see cref="Adam.EpsilonRoot"/>.</summary>
    [Setting("The term under the square root of Adam and RMSProp.", AtLeast = 0)]
    public double EpsilonRoot { get; init; } = 1e-8;

    /// <summary>Whether the denominator of Adam and RMSProp is a constant to meta-gradients.</summary>
    [Setting("Whether the denominator of Adam and RMSProp is a constant to meta-gradients.")]
    public bool DetachDenominator { get; init; }

    /// <summary>Makes sure that every setting is in range.</summary>
    /// <exception cref="ArgumentException">One is not; the message names it, its value and what would do.</exception>
    public virtual void Validate()
    {
        Setting.Validate(this);
        Setting.RequireSeeds(Seed, Seeds);
        InnerOptimisers.RequireDenominator(InnerOptimiser, DetachDenominator);
    }

    internal ValuePrediction CreateTask()
        => new(InnerOptimisers.Create(InnerOptimiser, LearningRate, EpsilonRoot, DetachDenominator), Input, Discounting, Activation, Batch);

    internal MetaParameters CreateMetaParameters()
        => new(
            [.. Enumerable.Range(0, MarkovRewardProcess.States).Select(state => new MetaParameter($"gamma_{state}", GammaStart))],
            Parameterisation);
}
