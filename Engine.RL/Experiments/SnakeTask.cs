using Engine.Core;
using Engine.Core.Optim;
using Engine.RL.Agents;
using Engine.RL.Environments;
using Engine.RL.Meta;

namespace Engine.RL.Experiments;

/// <summary>What settings stand for: the game, the network, the optimisers, and the learning problem at given meta-parameters.</summary>
/// <param name="settings">The settings.</param>
internal sealed class SnakeTask(SnakeSettings settings)
{
    private readonly A2COptions _options = new()
    {
        RolloutLength = settings.Rollout,
        OuterGamma = settings.OuterGamma,
        OuterLambda = settings.OuterLambda,
        OuterCritic = settings.OuterCritic,
        FullTarget = settings.FullTarget,
        BootstrapTimeLimit = settings.BootstrapTimeLimit,
    };

    public Snake Environment { get; } = new(settings.Rows, settings.Columns, settings.StepLimit);

    public ActorCritic Network { get; } = CreateNetwork(settings);

    /// <summary>The inner optimiser: clipped, and annealed if asked to.</summary>
    public Optimiser Optimiser { get; } = CreateOptimiser(settings);

    public Optimiser MetaOptimiser { get; } = new Chain(new ClipByGlobalNorm(settings.MetaClip), new Adam(settings.MetaLearningRate));

    /// <summary>The numbers that stand for gamma, lambda, critic and entropy at the start.</summary>
    public double[] RawStart { get; } =
    [
        .. new[] { settings.Gamma, settings.Lambda, settings.Critic, settings.Entropy }
            .Select(value => MetaParameters.Raw(value, settings.Parameterisation)),
    ];

    /// <summary>1 for each meta-parameter that is learned, else 0.</summary>
    public double[] Learned { get; } = [.. Enum.GetValues<MetaParameter>().Select(p => settings.Learn.Contains(p) ? 1.0 : 0.0)];

    public static ActorCritic CreateNetwork(SnakeSettings settings)
        => new([settings.Rows, settings.Columns, Snake.Planes], actions: 4, outerValueHead: settings.OuterValueHead);

    /// <summary>gamma, lambda, critic and entropy, [4].</summary>
    public Tensor Values(Tensor raw) => MetaParameters.Values(raw, settings.Parameterisation);

    /// <summary>What a meta-update has made of the numbers, brought back to where they may be.</summary>
    public Tensor Allowed(Tensor raw) => MetaParameters.Allowed(raw, settings.Parameterisation);

    /// <summary>The learning problem.</summary>
    /// <param name="raw">The numbers that stand for the meta-parameters, [4].</param>
    /// <param name="state">The environments' state.</param>
    /// <param name="key">[environments].</param>
    public A2CProblem Problem(Tensor raw, Tensor[] state, Key key)
    {
        var values = Values(raw);
        return new A2CProblem(
            Environment, Network, new A2CCoefficients(values[0], values[1], values[2], values[3]), state, key, _options);
    }

    /// <summary>The branch of a method, or of the one step that a run with fixed meta-parameters makes.</summary>
    public BranchPoint<Experience>[] Branch(
        A2CProblem problem, Tensor[] parameters, OptimiserState<Tensor[]> state, MetaGradientMethod method)
    {
        var options = new BranchOptions(method.Kind == MetaGradientKind.Trace ? settings.TraceDecay : null, settings.FreshValidation);
        return LookAhead.Branch(problem, Optimiser, parameters, state, Math.Max(1, method.Steps), options);
    }

    private static Chain CreateOptimiser(SnakeSettings settings)
    {
        LearningRate rate = settings.Anneal ? Schedules.Linear(settings.LearningRate, 0, settings.Updates) : settings.LearningRate;
        var optimiser = Setting.Create(settings.InnerOptimiser, rate, settings.EpsilonRoot, settings.DetachDenominator);
        return new Chain(new ClipByGlobalNorm(settings.Clip), optimiser);
    }
}
