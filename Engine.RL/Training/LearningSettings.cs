using System.Text.Json.Serialization;
using Engine.Core;
using Engine.Core.Optim;
using Engine.RL.Agents;
using Engine.RL.Environments;
using Engine.RL.Experiments;
using Engine.RL.Meta;

namespace Engine.RL.Training;

/// <summary>A hyper-parameter of A2C that can be meta-learned.</summary>
public enum Hyperparameter
{
    /// <summary>The discount.</summary>
    Gamma,

    /// <summary>How far returns reach.</summary>
    Lambda,

    /// <summary>The weight of the critic's loss.</summary>
    Critic,

    /// <summary>The weight of the policy's entropy.</summary>
    Entropy,

    /// <summary>The inner step size.</summary>
    LearningRate,
}

/// <summary>How meta-gradients are computed; the result is the same.</summary>
public enum Differentiation
{
    /// <summary>Backward through all inner updates; what is kept of them is <see cref="LearningSettings.Memory"/>.</summary>
    Reverse,

    /// <summary>Forward along the inner updates, see <see cref="ForwardMode"/>.</summary>
    Forward,
}

/// <summary>
/// How agents learn, whatever the method and seed. Defaults are the paper's for Snake (table 2 and appendix C.2).
/// </summary>
public record LearningSettings
{
    // Some gigabytes of observations on the paper's board.
    private const int LargestRollout = 1 << 20;

    /// <summary>The published experiment whose settings took the place of the defaults, see <see cref="Presets"/>; null for none.</summary>
    [Setting("Another published experiment whose settings take the place of the defaults: that on outer value functions.")]
    public Preset? Preset { get; init; }

    /// <summary>The environment, see <see cref="EnvironmentKind"/>.</summary>
    [Setting("The environment: snake, catch, cartpole or maze.", IsInherited = true)]
    public string Env { get; init; } = "snake";

    /// <summary>Its board; null for the usual one.</summary>
    [Setting(
        "Rows and columns of the board, as 6 for 6x6 or 10x14; 12x12 of snake, 10x5 of catch, 9x9 of the maze where it is not given.",
        IsInherited = true)]
    public Grid? Grid { get; init; }

    /// <summary>The step at which an episode is truncated; null for the usual one.</summary>
    [Setting(
        "The step at which an episode is truncated; 5000 of snake, 500 of cartpole, 100 of the maze where it is not given.",
        AtLeast = 1,
        AtMost = 1 << 30,
        IsInherited = true)]
    public int? StepLimit { get; init; }

    /// <summary>Steps of all games together, in kept rollouts; those of look-ahead come on top.</summary>
    [Setting("Steps of all games together, in kept rollouts; look-ahead comes on top.", AtLeast = 1, MayGrow = true)]
    public long Frames { get; init; } = 5_000_000;

    /// <summary>Games that run side by side.</summary>
    [Setting("Games that run side by side.", AtLeast = 1, AtMost = 1 << 20, IsInherited = true)]
    public int Envs { get; init; } = 32;

    /// <summary>Steps of a rollout (T).</summary>
    [Setting("Steps of a rollout (T).", AtLeast = 1, AtMost = 1 << 16, IsInherited = true)]
    public int Rollout { get; init; } = 20;

    /// <summary>How many times as many channels and units each hidden layer of the network has as the paper's.</summary>
    [Setting(
        "How many times as many channels and units each hidden layer of the network has.", AtLeast = 1, AtMost = 64, IsInherited = true)]
    public int Width { get; init; } = 1;

    /// <summary>The discount at the start.</summary>
    [Setting("The discount at the start.", Above = 0, Below = 1)]
    public double Gamma { get; init; } = 0.99;

    /// <summary>lambda at the start.</summary>
    [Setting("How far returns reach (lambda) at the start.", Above = 0, Below = 1)]
    public double Lambda { get; init; } = 0.99;

    /// <summary>The weight of the critic's loss at the start.</summary>
    [Setting("The weight of the critic's loss at the start.", Above = 0, Below = 1)]
    public double Critic { get; init; } = 0.5;

    /// <summary>The weight of the policy's entropy at the start.</summary>
    [Setting("The weight of the policy's entropy at the start.", Above = 0, Below = 1)]
    public double Entropy { get; init; } = 0.01;

    /// <summary>Which hyper-parameters are meta-learned; the others stay as they start.</summary>
    [Setting("Hyper-parameters that are meta-learned; the others stay as they start.")]
    public IReadOnlyList<Hyperparameter> Learn { get; init; }
        = [Hyperparameter.Gamma, Hyperparameter.Lambda, Hyperparameter.Critic, Hyperparameter.Entropy];

    /// <summary>How meta-parameters are kept.</summary>
    [Setting("How meta-parameters are kept: as logits, or themselves, clamped to their bounds.", IsInherited = true)]
    public Parameterisation Parameterisation { get; init; } = Parameterisation.Sigmoid;

    /// <summary>The inner optimiser.</summary>
    [Setting("What updates the network.", IsInherited = true)]
    public InnerOptimiser InnerOptimiser { get; init; } = InnerOptimiser.Adam;

    /// <summary>The inner step size (alpha), at the start.</summary>
    [Setting("Its step size (alpha) at the start.", Above = 0)]
    public double LearningRate { get; init; } = 6e-4;

    /// <summary>Whether it falls linearly to 0 over the run.</summary>
    [Setting("Whether it falls linearly to 0 over the run.")]
    public bool Anneal { get; init; } = true;

    /// <summary>The largest norm of the inner gradient.</summary>
    [Setting("The largest norm of the inner gradient.", Above = 0)]
    public double Clip { get; init; } = 10;

    /// <summary>The step size of the meta-parameters (beta).</summary>
    [Setting("The step size of Adam on the meta-parameters (beta).", Above = 0)]
    public double MetaLearningRate { get; init; } = 1e-3;

    /// <summary>The largest norm of the meta-gradient.</summary>
    [Setting("The largest norm of the meta-gradient.", Above = 0)]
    public double MetaClip { get; init; } = 0.1;

    /// <summary>The discount of mixes; null for 1 - 1/n.</summary>
    [Setting("The discount of mixes; 1 - 1/n where it is not given.", AtLeast = 0, AtMost = 1)]
    public double? Kappa { get; init; }

    /// <summary>The factor mu that takes the place of an update's derivative in the parameters before it, in accumulative traces.</summary>
    [Setting("The factor mu of traces, trace-n and trace-n-mix.", AtLeast = 0, AtMost = 1)]
    public double TraceDecay { get; init; } = 0.9;

    /// <summary>How meta-gradients are computed.</summary>
    [Setting("How meta-gradients are computed: backward through the inner updates, or forward along them.")]
    public Differentiation Differentiation { get; init; } = Differentiation.Reverse;

    /// <summary>What is kept of inner updates to go backward through them; null, as of runs before there was a choice, is plain.</summary>
    [Setting(
        "What is kept of inner updates to go backward through them: all (plain), or what each begins with, from which it is made again "
        + "(mixed); auto is mixed where plain would take more memory than is free.")]
    public LoopMemory? Memory { get; init; } = LoopMemory.Auto;

    /// <summary>The discount of the outer loss (gamma').</summary>
    [Setting("The discount of the outer loss (gamma').", AtLeast = 0, AtMost = 1)]
    public double OuterGamma { get; init; } = 0.99;

    /// <summary>How far returns of the outer loss reach (lambda').</summary>
    [Setting("How far returns of the outer loss reach (lambda').", AtLeast = 0, AtMost = 1)]
    public double OuterLambda { get; init; } = 0.99;

    /// <summary>Whether values for the outer discount have a head of their own.</summary>
    [Setting("Whether values with the outer discount have a head of their own.", IsInherited = true)]
    public bool OuterValueHead { get; init; }

    /// <summary>The weight of that head's loss.</summary>
    [Setting("The weight of that head's loss.", AtLeast = 0)]
    public double OuterCritic { get; init; } = 0.5;

    /// <summary>Whether each point of a loop is evaluated by a rollout of its own.</summary>
    [Setting("Whether each inner update is evaluated by a rollout of its own.")]
    public bool FreshValidation { get; init; }

    /// <summary>Whether the critic's derivative goes through its target.</summary>
    [Setting("Whether the critic's derivative goes through its target.")]
    public bool FullTarget { get; init; }

    /// <summary>Whether returns go on where the step limit has cut off an episode.</summary>
    [Setting("Whether returns go on where the step limit has cut off an episode.")]
    public bool BootstrapTimeLimit { get; init; }

    /// <summary>The term under the root of Adam and RMSProp, see <see cref="Adam.EpsilonRoot"/>.</summary>
    [Setting("The term under the square root of Adam and RMSProp.", AtLeast = 0)]
    public double EpsilonRoot { get; init; } = 1e-8;

    /// <summary>Whether the denominator of Adam and RMSProp is a constant to meta-gradients.</summary>
    [Setting("Whether the denominator of Adam and RMSProp is a constant to meta-gradients.")]
    public bool DetachDenominator { get; init; }

    /// <summary>Updates from one row of metrics to the next.</summary>
    [Setting("Updates from one row of metrics to the next.", AtLeast = 1)]
    public int LogEvery { get; init; } = 10;

    /// <summary>Updates of a run.</summary>
    [JsonIgnore]
    public int Updates => (int)Math.Min(((Frames - 1) / FramesPerUpdate) + 1, int.MaxValue);

    /// <summary>Steps of all games in a rollout.</summary>
    [JsonIgnore]
    public long FramesPerUpdate => (long)Envs * Rollout;

    /// <summary>The least memory that learning takes, in bytes: what one rollout of all games has seen.</summary>
    [JsonIgnore]
    public double LeastMemory => 4.0 * FramesPerUpdate * CreateEnvironment().ObservationShape.Aggregate(1.0, (count, size) => count * size);

    /// <summary>Makes the environment.</summary>
    /// <exception cref="ArgumentException">There is no such environment, or none with such settings.</exception>
    public IEnvironment<object> CreateEnvironment() => EnvironmentKind.Named(Env).Of(Grid, StepLimit);

    /// <summary>Makes a network that has learned nothing.</summary>
    /// <param name="key">What to draw from: one key.</param>
    /// <param name="environment">What it is to act in.</param>
    public ActorCritic CreateNetwork(Key key, IEnvironment<object> environment)
        => ActorCritic.Initial(key, environment.ObservationShape, environment.ActionCount, OuterValueHead, Width);

    /// <summary>Makes sure that every setting is in range.</summary>
    /// <exception cref="ArgumentException">One is not; the message names it, its value and what would do.</exception>
    public virtual void Validate()
    {
        Setting.Validate(this);
        Setting.RequireOnce("learn", Learn);
        Setting.Require(
            FramesPerUpdate <= LargestRollout,
            "envs * rollout",
            FramesPerUpdate,
            $"at most {LargestRollout}: all that a rollout has seen is kept in memory");
        Setting.Require(
            Memory != LoopMemory.Mixed || Differentiation == Differentiation.Reverse,
            "memory",
            "mixed",
            "plain with differentiation forward, which keeps nothing of inner updates");
        bool countable = (Frames - 1) / FramesPerUpdate < int.MaxValue;
        Setting.Require(countable, "frames", Frames, $"at most {int.MaxValue * FramesPerUpdate} with these rollouts");
        InnerOptimisers.RequireDenominator(InnerOptimiser, DetachDenominator);
        CreateEnvironment();
    }

    /// <summary>Throws if settings would have no effect with a method.</summary>
    /// <param name="name">What the method is called among settings.</param>
    /// <param name="method">The method.</param>
    /// <exception cref="ArgumentException">They would, or the name is none of a method.</exception>
    internal void RequireEffect(string name, string method)
    {
        var (kind, steps) = MetaGradientMethod.Parse(method);
        Setting.Require(Learn.Count > 0 || steps == 0, name, method, "0 where no hyper-parameter is learned");

        // What evaluates the updates is part of these methods, and of a bootstrapped target one update is differentiated.
        bool isOfItsOwn = kind is MetaGradientKind.Bootstrapped or MetaGradientKind.Reused;
        Setting.Require(!isOfItsOwn || !FreshValidation, name, method, "another one with fresh-validation");
        Setting.Require(
            !isOfItsOwn || Differentiation == Differentiation.Reverse, name, method, "another one with differentiation forward");
    }
}
