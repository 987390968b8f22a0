using System.Text.Json.Serialization;
using Engine.Core.Optim;
using Engine.RL.Agents;
using Engine.RL.Meta;

namespace Engine.RL.Experiments;

/// <summary>A hyper-parameter of A2C that can be meta-learned.</summary>
public enum MetaParameter
{
    /// <summary>The discount.</summary>
    Gamma,

    /// <summary>How far returns reach.</summary>
    Lambda,

    /// <summary>The weight of the critic's loss.</summary>
    Critic,

    /// <summary>The weight of the policy's entropy.</summary>
    Entropy,
}

/// <summary>Settings of training on Snake, whatever the method. Defaults are the paper's (table 2 and appendix C.2).</summary>
public record SnakeSettings
{
    // Some gigabytes of observations on the paper's board.
    private const int LargestRollout = 1 << 20;

    /// <summary>Rows of the board.</summary>
    public int Rows { get; init; } = 12;

    /// <summary>Columns of the board.</summary>
    public int Columns { get; init; } = 12;

    /// <summary>The step at which an episode ends at the latest.</summary>
    public int StepLimit { get; init; } = 5000;

    /// <summary>Steps of all environments together, in kept rollouts; those of look-ahead branches come on top.</summary>
    public long Frames { get; init; } = 5_000_000;

    /// <summary>Environments that run side by side.</summary>
    public int Envs { get; init; } = 32;

    /// <summary>Steps of a rollout (T).</summary>
    public int Rollout { get; init; } = 20;

    /// <summary>The inner optimiser.</summary>
    public InnerOptimiser InnerOptimiser { get; init; } = InnerOptimiser.Adam;

    /// <summary>The inner step size (alpha), at the start.</summary>
    public double LearningRate { get; init; } = 6e-4;

    /// <summary>Whether it falls linearly to 0 over the run.</summary>
    public bool Anneal { get; init; } = true;

    /// <summary>The largest norm of the inner gradient.</summary>
    public double Clip { get; init; } = 10;

    /// <summary>The term under the root of Adam and RMSProp, see <see cref="Adam.EpsilonRoot"/>.</summary>
    public double EpsilonRoot { get; init; } = 1e-8;

    /// <summary>Whether Adam's denominator is a constant to meta-gradients.</summary>
    public bool DetachDenominator { get; init; }

    /// <summary>The step size of the meta-parameters (beta).</summary>
    public double MetaLearningRate { get; init; } = 1e-3;

    /// <summary>The largest norm of the meta-gradient.</summary>
    public double MetaClip { get; init; } = 0.1;

    /// <summary>The discount at the start.</summary>
    public double Gamma { get; init; } = 0.99;

    /// <summary>lambda at the start.</summary>
    public double Lambda { get; init; } = 0.99;

    /// <summary>The weight of the critic's loss at the start.</summary>
    public double Critic { get; init; } = 0.5;

    /// <summary>The weight of the policy's entropy at the start.</summary>
    public double Entropy { get; init; } = 0.01;

    /// <summary>How meta-parameters are kept.</summary>
    public Parameterisation Parameterisation { get; init; } = Parameterisation.Sigmoid;

    /// <summary>Which of them are learned; the others stay as they start.</summary>
    public IReadOnlyList<MetaParameter> Learn { get; init; } = Enum.GetValues<MetaParameter>();

    /// <summary>The discount of the outer loss (gamma').</summary>
    public double OuterGamma { get; init; } = 0.99;

    /// <summary>How far returns of the outer loss reach (lambda').</summary>
    public double OuterLambda { get; init; } = 0.99;

    /// <summary>Whether values for the outer discount have a head of their own.</summary>
    public bool OuterValueHead { get; init; }

    /// <summary>The weight of that head's loss.</summary>
    public double OuterCritic { get; init; } = 0.5;

    /// <summary>The discount of mixes; null for 1 - 1/n.</summary>
    public double? Kappa { get; init; }

    /// <summary>The factor mu that takes the place of an update's derivative in the parameters before it, in accumulative traces.</summary>
    public double TraceDecay { get; init; } = 0.9;

    /// <summary>Whether each point of a branch is judged on a rollout of its own.</summary>
    public bool FreshValidation { get; init; }

    /// <summary>Whether the critic's derivative goes through its target.</summary>
    public bool FullTarget { get; init; }

    /// <summary>Whether returns go on beyond the step limit.</summary>
    public bool BootstrapTimeLimit { get; init; }

    /// <summary>Updates from one row of metrics to the next.</summary>
    public int LogEvery { get; init; } = 10;

    /// <summary>Updates of a run.</summary>
    [JsonIgnore]
    public int Updates => (int)Math.Min(((Frames - 1) / FramesPerUpdate) + 1, int.MaxValue);

    /// <summary>Steps of all environments in a rollout.</summary>
    [JsonIgnore]
    public long FramesPerUpdate => (long)Envs * Rollout;

    /// <summary>Makes sure that every setting is in range.</summary>
    /// <exception cref="ArgumentException">One is not; the message names it, its value and what would do.</exception>
    public virtual void Validate()
    {
        const int Smallest = ActorCritic.SmallestImage;
        string grid = FormattableString.Invariant($"{Rows}x{Columns}");
        bool poolable = Rows >= Smallest && Columns >= Smallest;
        Require(poolable, "grid", grid, $"at least {Smallest}x{Smallest}, since the network pools 2 x 2 twice");
        Require((long)Rows * Columns <= 1 << 16, "grid", grid, "at most 65536 cells");
        Require(StepLimit is >= 1 and <= 1 << 30, "step-limit", StepLimit, $"between 1 and {1 << 30}");
        Require(Frames >= 1, "frames", Frames, "at least 1");
        Require(Envs is >= 1 and <= 1 << 20, "envs", Envs, $"between 1 and {1 << 20}");
        Require(Rollout is >= 1 and <= 1 << 16, "rollout", Rollout, $"between 1 and {1 << 16}");
        Require(
            FramesPerUpdate <= LargestRollout,
            "envs * rollout",
            FramesPerUpdate,
            $"at most {LargestRollout}: all that a rollout has seen is kept in memory");
        bool countable = (Frames - 1) / FramesPerUpdate < int.MaxValue;
        Require(countable, "frames", Frames, $"at most {int.MaxValue * FramesPerUpdate} with these rollouts");
        Require(Positive(LearningRate), "learning-rate", LearningRate, "finite and above 0");
        Require(Positive(Clip), "clip", Clip, "finite and above 0");
        Require(EpsilonRoot >= 0 && double.IsFinite(EpsilonRoot), "epsilon-root", EpsilonRoot, "finite and at least 0");
        Require(Positive(MetaLearningRate), "meta-learning-rate", MetaLearningRate, "finite and above 0");
        Require(Positive(MetaClip), "meta-clip", MetaClip, "finite and above 0");
        foreach (var (name, value) in new[] { ("gamma", Gamma), ("lambda", Lambda), ("critic", Critic), ("entropy", Entropy) })
            Require(value > 0 && value < 1, name, value, "between 0 and 1, both excluded");
        bool once = Learn.Distinct().Count() == Learn.Count;
        Require(once, "learn", string.Join(",", Learn).ToLowerInvariant(), "a list in which nothing stands twice");
        Require(OuterGamma is >= 0 and <= 1, "outer-gamma", OuterGamma, "in [0, 1]");
        Require(OuterLambda is >= 0 and <= 1, "outer-lambda", OuterLambda, "in [0, 1]");
        Require(OuterCritic >= 0 && double.IsFinite(OuterCritic), "outer-critic", OuterCritic, "finite and at least 0");
        Require(Kappa is null or (>= 0 and <= 1), "kappa", Kappa ?? 0, "in [0, 1]");
        Require(TraceDecay is >= 0 and <= 1, "trace-decay", TraceDecay, "in [0, 1]");
        Require(LogEvery >= 1, "log-every", LogEvery, "at least 1");

        static bool Positive(double value) => value > 0 && double.IsFinite(value);
    }

    private protected static void Require(bool holds, string name, object value, string range)
        => Setting.Require(holds, name, value, range);
}
