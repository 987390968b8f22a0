using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.RL.Agents;
using Engine.RL.Environments;
using Engine.RL.Experiments;
using Engine.RL.Meta;

namespace Engine.RL.Training;

/// <summary>
/// One update of an agent on a fresh rollout, and of the meta-parameters of its learning: the whole algorithm, for any environment, any
/// network, any method, from top to bottom.
/// </summary>
/// <param name="settings">How the agent learns.</param>
/// <param name="method">How meta-gradients are taken.</param>
/// <param name="environment">The environment.</param>
/// <param name="network">Makes a network from a key; null for that of the settings.</param>
public sealed class Update(
    LearningSettings settings, MetaGradientMethod method, IEnvironment<object> environment, Func<Key, IActorCritic>? network = null)
{
    private readonly Optimiser _metaOptimiser = new Chain(new ClipByGlobalNorm(settings.MetaClip), new Adam(settings.MetaLearningRate));
    private readonly Func<Key, IActorCritic> _network = network ?? (key => settings.CreateNetwork(key, environment));

    private readonly A2COptions _losses = new()
    {
        OuterGamma = settings.OuterGamma,
        OuterLambda = settings.OuterLambda,
        OuterCritic = settings.OuterCritic,
        FullTarget = settings.FullTarget,
    };

    /// <summary>What can be meta-learned, in the order of <see cref="Hyperparameter"/>.</summary>
    public MetaParameters MetaParameters { get; } = new(
        [
            new("gamma", settings.Gamma, settings.Learn.Contains(Hyperparameter.Gamma)),
            new("lambda", settings.Lambda, settings.Learn.Contains(Hyperparameter.Lambda)),
            new("c_crit", settings.Critic, settings.Learn.Contains(Hyperparameter.Critic)),
            new("c_entr", settings.Entropy, settings.Learn.Contains(Hyperparameter.Entropy)),
            new("learning_rate", settings.LearningRate, settings.Learn.Contains(Hyperparameter.LearningRate), HasUpperBound: false),
        ],
        settings.Parameterisation);

    /// <summary>An agent before its first update.</summary>
    public Learner Initial(int seed, Device device)
    {
        var eta = MetaParameters.Initial(ElementType.Float32, device);
        var network = _network(SeedKeys.Weights(seed, device));
        var games = Batch.Map(environment.Reset, SeedKeys.Start(seed, device).Split(settings.Envs));
        var inner = new InnerState<IActorCritic, object>(network, Problem(eta).Optimiser.Initial(network), games);
        return new(
            SeedKeys.Updates(seed, device),
            Tensor.Scalar(0, ElementType.Int32, device),
            eta,
            _metaOptimiser.Initial(eta),
            inner,
            Tensor.Zeros([settings.Envs], ElementType.Float32, device),
            method.LooksBack ? LookBack.Initial(inner, MetaParameters.Learned(eta).Count) : null);
    }

    /// <summary>Makes the update.</summary>
    /// <param name="old">The agent.</param>
    /// <param name="weights">
    /// The weights of the points of its inner loop, scalars that an agent of a batch has of its own; null for those of the method.
    /// </param>
    /// <returns>The agent after it, and what was measured.</returns>
    public (Learner Next, UpdateMetrics<Tensor> Metrics) Apply(Learner old, IReadOnlyList<Tensor>? weights = null)
    {
        var (outerLoss, gradient, point, behind) = method.LooksBack ? Behind(old) : Ahead(old, weights);
        var (eta, metaOptimiser) = (old.Eta, old.MetaOptimiser);
        var metaGradient = gradient;
        if (method.Steps > 0)
        {
            metaGradient = MetaParameters.OfLearned(gradient);
            var moved = _metaOptimiser.Update(old.Eta, metaGradient, old.MetaOptimiser);

            // One that is not finite moves nothing: the agent would be lost with its meta-parameters. Metrics have its norm.
            var isFinite = LookBack.IsFinite(metaGradient);
            (eta, metaOptimiser) = Tree.Map(
                moved, (old.Eta, old.MetaOptimiser), (after, before) => Tensor.Where(isFinite.Cast(after.Type), after, before));
        }

        var (returns, ongoing) = Returns(point.Rollout, old.Returns);
        var next = old with
        {
            Number = old.Number + 1,
            Eta = MetaParameters.Project(eta),
            MetaOptimiser = metaOptimiser,
            Inner = point.State,
            Returns = ongoing,
            Behind = behind,
        };
        return (next, Measure(old, point, returns, outerLoss, metaGradient));
    }

    /// <summary>
    /// The outer losses along inner loops from one point, and what methods make of them: losses whose gradients in eta are the
    /// meta-gradients.
    /// </summary>
    /// <param name="old">The agent.</param>
    /// <param name="key">What the rollouts draw from, [games].</param>
    /// <param name="methods">The methods.</param>
    public Tensor[] MetaLosses(Learner old, Key key, IReadOnlyList<MetaGradientMethod> methods)
    {
        var ahead = MetaGradientMethod.Losses(
            [.. methods.Where(each => !each.LooksBack)],
            each => each.Unroll(Problem(old.Eta), old.Inner, key, Options(each)).OuterLosses,
            settings.Kappa);
        int next = 0;
        return [.. methods.Select(each => each.LooksBack ? LossBehind(old, key) : ahead[next++])];
    }

    /// <summary>The keys of games in replicates of the update to come; the update itself draws from those of replicate 0.</summary>
    /// <param name="seed">The agent's seed.</param>
    /// <param name="number">Updates made.</param>
    /// <param name="first">The number of the first replicate.</param>
    /// <param name="count">How many.</param>
    /// <param name="device">Where.</param>
    /// <returns>[count, games].</returns>
    public Key Replicates(int seed, int number, int first, int count, Device device)
        => SeedKeys.Replicates(SeedKeys.Update(seed, number, device), count, first).Split(settings.Envs);

    /// <summary>What inner loops of an agent start from.</summary>
    /// <param name="agent">The agent.</param>
    internal MetaPoint<IActorCritic, object, Trajectory> Point(Learner agent) => new(Problem, agent.Eta, agent.Inner);

    private Key Key(Learner old) => old.Updates.Fold(old.Number).Fold(0).Split(settings.Envs);

    // The outer loss, its meta-gradient, the update that is kept, and what is carried on. Looking ahead, of the inner loop only the first
    // update is kept; from all the others comes the meta-gradient.
    private Step Ahead(Learner old, IReadOnlyList<Tensor>? weights)
    {
        var (eta, key) = (old.Eta, Key(old));
        if (method.Steps == 0)
        {
            // Not NaN, which whoever looks for its first place would find here.
            var none = Tensor.Scalar(0, device: eta.Device);
            return new(none, none.BroadcastTo(eta.Shape), InnerLoop.Unroll(Problem(eta), old.Inner, key, 1, Options(method))[0]);
        }

        if (settings.Differentiation == Differentiation.Forward)
        {
            var options = Options(method);
            var (outerLosses, gradients, start) = ForwardMode.MetaGradients(
                learned => Problem(MetaParameters.With(eta, learned)),
                MetaParameters.Learned(eta),
                old.Inner,
                key,
                method.Steps,
                options.FreshValidation,
                options.Trace);
            return new(Mixed(outerLosses), MetaParameters.With(Tensor.ZerosLike(eta), Mixed(gradients)), start);
        }

        var (losses, first) = method.Unroll(Problem(eta), old.Inner, key, Options(method));
        var outer = Mixed(losses);
        return new(outer, Gradient.Of(outer, eta), first);

        Tensor Mixed(Tensor[] points) => weights is null ? method.Of(points, settings.Kappa) : Mixing.Mix(points, weights);
    }

    // Looking back, the rollout of the update is the one that evaluates the updates before it.
    private Step Behind(Learner old)
    {
        var key = Key(old);
        var learned = MetaParameters.Learned(old.Eta);
        var problem = Problem(MetaParameters.With(old.Eta, learned));
        var sampled = Sample(old, key);
        var (point, tangents, gradient) = LookBack.Update(
            problem, learned, old.Inner, sampled, old.Behind!, method.Decay, method.HasHessian);
        var outer = point.OuterLoss;
        if (settings.FreshValidation)
        {
            outer = problem.Losses(old.Inner.Parameters, Validation(old, key)).Outer;
            gradient = LookBack.MetaGradient(outer, old.Inner.Parameters, old.Behind!.Parameters);
        }

        return new(outer, MetaParameters.With(Tensor.ZerosLike(old.Eta), gradient), point, tangents);
    }

    private (Trajectory Rollout, object Games) Sample(Learner old, Key key)
        => Problem(old.Eta).Sample(old.Inner.Parameters, old.Inner.Sampling, key.Fold(0));

    // A rollout that evaluates the updates before, where that of the update does not.
    private Trajectory Validation(Learner old, Key key)
        => Problem(old.Eta).Sample(old.Inner.Parameters, old.Inner.Sampling, key.Fold(~0)).Rollout;

    // The outer loss of the network as the updates before have made it of the meta-parameters.
    private Tensor LossBehind(Learner old, Key key)
    {
        if (old.Behind is not { } behind)
            throw new ArgumentException("This agent has nothing to look back on: train it with a method such as back-5.");
        var (problem, learned) = (Problem(old.Eta.StopGradient()), MetaParameters.Learned(old.Eta));
        var network = old.Inner.Parameters;
        var validation = settings.FreshValidation ? Validation(old, key) : Sample(old, key).Rollout;
        return problem.Losses(LookBack.Along(network, behind.Parameters, learned), validation).Outer;
    }

    private A2CProblem<object> Problem(Tensor eta)
    {
        var values = MetaParameters.Constrain(eta);
        return new(
            environment,
            Optimiser(values),
            new(values[0], values[1], values[2], values[3]),
            settings.Rollout,
            _losses,
            settings.BootstrapTimeLimit);
    }

    private Flatten Optimiser(Tensor values)
    {
        bool isLearned = settings.Learn.Contains(Hyperparameter.LearningRate);
        double start = isLearned ? 1 : settings.LearningRate;
        Schedule annealed = Schedules.Linear(start, 0, settings.Updates);
        LearningRate rate = (isLearned, settings.Anneal) switch
        {
            (true, true) => (Schedule)((step, type) => values[4] * annealed(step, type)),
            (true, false) => values[4],
            (false, true) => annealed,
            _ => start,
        };
        return new(new Chain(
            new ClipByGlobalNorm(settings.Clip),
            InnerOptimisers.Create(settings.InnerOptimiser, rate, settings.EpsilonRoot, settings.DetachDenominator)));
    }

    private UnrollOptions Options(MetaGradientMethod each)
        => new(
            each.IsTrace ? settings.TraceDecay : null,
            settings.FreshValidation,
            settings.Memory ?? LoopMemory.Auto);

    // Sums of rewards of each game's episode up to each step, [games, T], and of those that go on after the last, [games].
    private static (Tensor Returns, Tensor Ongoing) Returns(Trajectory rollout, Tensor before)
        => Batch.Map(
            game =>
            {
                var live = game.Rollout.Live();
                var (factors, rewards) = (Tensor.Concatenate(0, Tensor.OnesLike(live[..1]), live), game.Rollout.Rewards);
                var sums = Tensor.ForwardScan(factors, Tensor.Concatenate(0, game.Before.Unsqueeze(0), rewards))[1..];
                return (sums, sums[^1] * live[^1]);
            },
            (Rollout: rollout, Before: before));

    // What an update comes to.
    private sealed record Step(
        Tensor OuterLoss,
        Tensor MetaGradient,
        InnerPoint<IActorCritic, object, Trajectory> Point,
        Tangents<IActorCritic>? Behind = null);

    private UpdateMetrics<Tensor> Measure(
        Learner old, InnerPoint<IActorCritic, object, Trajectory> point, Tensor returns, Tensor outerLoss, Tensor metaGradient)
    {
        var (losses, ended) = ((A2CLosses)point.Losses, 1 - point.Rollout.Live());
        return new(
            ended.Sum(),
            (returns * ended).Sum(),
            Tensor.Where(ended, returns, float.MinValue).Max(),
            MetaParameters.Constrain(old.Eta),
            losses.Actor,
            losses.Critic,
            losses.Entropy,
            losses.Inner,
            outerLoss,
            Norm(point.Gradient),
            Norm(metaGradient));

        static Tensor Norm<T>(T tree) => Tree.ToVector(tree).Square().Sum().Sqrt();
    }
}
