using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.Kernels.Cpu;
using Engine.RL;
using Engine.RL.Agents;
using Engine.RL.Environments;
using Engine.RL.Experiments;
using Engine.RL.Meta;
using Xunit;
using Kind = Engine.RL.Experiments.InnerOptimiser;

namespace Engine.Tests.RL;

/// <summary>Agents that learn Snake on a tiny board, and the same told by hand.</summary>
internal static class SmallSnake
{
    /// <summary>Seven updates.</summary>
    public static SnakeSettings Settings { get; } = new()
    {
        Rows = 4,
        Columns = 5,
        StepLimit = 9,
        Envs = 3,
        Rollout = 4,
        Frames = 79,
        LearningRate = 0.01,
        MetaLearningRate = 0.05,
        LogEvery = 3,
    };

    public static SnakeResult Train(
        SnakeRun run,
        IExperimentObserver? observer = null,
        ExperimentSnapshot? start = null,
        int threads = 1,
        Action<int, Func<ExperimentSnapshot>>? keep = null,
        CancellationToken cancel = default)
    {
        using var device = new CpuDevice(threads);
        var training = new SnakeTraining(run, device);
        if (start is not null)
            training.Resume(start);
        return training.Run(observer ?? new SilentObserver(), keep, cancel);
    }

    /// <summary>The snapshots before each update and after the last.</summary>
    public static IReadOnlyList<ExperimentSnapshot> Snapshots(SnakeRun run)
    {
        var watcher = new Watcher { TakesAll = true };
        Train(run, watcher);
        return watcher.Snapshots;
    }

    /// <summary>The end of a run of so many updates.</summary>
    public static ExperimentSnapshot After(int updates, SnakeRun run)
    {
        var watcher = new Watcher();
        Train(run with { Settings = run.Settings with { Frames = updates * run.Settings.FramesPerUpdate } }, watcher);
        return watcher.Snapshots.Single();
    }

    /// <summary>Fails if rows differ in a single bit, but for the pace.</summary>
    public static void Same(IReadOnlyList<MetricRow> expected, IReadOnlyList<MetricRow> actual)
    {
        Assert.Equal("frames_per_second", SnakeTraining.Columns[^1]);
        Watcher.Same([.. expected.Select(WithoutPace)], [.. actual.Select(WithoutPace)]);

        static MetricRow WithoutPace(MetricRow row) => row with { Values = row.Values[..^1] };
    }

    /// <summary>Fails if results or snapshots differ in a single bit, but for the pace.</summary>
    public static void Same((SnakeResult Result, ExperimentSnapshot End) expected, (SnakeResult Result, ExperimentSnapshot End) actual)
    {
        Same(expected.Result.Rows, actual.Result.Rows);
        Same(expected.Result.Deviations, actual.Result.Deviations);
        Same(expected.End, actual.End);
    }

    public static void Same(IReadOnlyList<SnakeDeviation> expected, IReadOnlyList<SnakeDeviation> actual)
    {
        Assert.Equal(expected.Select(point => point.Update), actual.Select(point => point.Update));
        Assert.Equal(expected.SelectMany(point => point.Deviation), actual.SelectMany(point => point.Deviation));
        Assert.Equal(expected.SelectMany(point => point.OneStep), actual.SelectMany(point => point.OneStep));
    }

    public static void Same(ExperimentSnapshot expected, ExperimentSnapshot actual)
    {
        Assert.Equal((expected.Part, expected.Iteration), (actual.Part, actual.Iteration));
        Same(expected.Rows, actual.Rows);
        Assert.Equal(expected.Tensors.Keys, actual.Tensors.Keys);
        Assert.All(expected.Tensors, tensor => Assert.True(tensor.Value == actual.Tensors[tensor.Key], tensor.Key));
    }

    /// <summary>A column of rows.</summary>
    public static double[] Column(IEnumerable<MetricRow> rows, string name)
        => [.. rows.Select(row => row.Values[SnakeTraining.Column(name)])];

    /// <summary>A snapshot's tensors whose names begin so, in the order of names.</summary>
    public static Tensor[] Tensors(ExperimentSnapshot snapshot, string prefix, Device? device = null)
    =>
    [
        .. snapshot.Tensors
            .Where(tensor => tensor.Key.StartsWith(prefix, StringComparison.Ordinal))
            .OrderBy(tensor => tensor.Key, StringComparer.Ordinal)
            .Select(tensor => Tensor.From(tensor.Value, device)),
    ];

    /// <summary>The next update of a run, made with the library's parts one by one; inside a scope.</summary>
    internal sealed class ByHand
    {
        private readonly SnakeSettings _settings;

        /// <param name="run">The run.</param>
        /// <param name="at">Where it stands.</param>
        /// <param name="replicate">Which of the update's random numbers: 0 trains.</param>
        public ByHand(SnakeRun run, ExperimentSnapshot at, int replicate = 0)
        {
            _settings = run.Settings;
            Method = MetaGradientMethod.Parse(run.Method);
            Raw = Tensors(at, "raw")[0];
            Tensor[] meta = Tensors(at, "meta.");
            Meta = new AdamState<Tensor>(meta[0], meta[1], meta[2]);
            Network = new ActorCritic([_settings.Rows, _settings.Columns, 5], 4, outerValueHead: _settings.OuterValueHead);
            Parameters = [.. Network.ParameterShapes.Select(parameter => Tensors(at, "parameters." + parameter.Name)[0])];
            Environments = Tensors(at, "environment.");
            var options = new A2COptions
            {
                RolloutLength = _settings.Rollout,
                OuterGamma = _settings.OuterGamma,
                OuterLambda = _settings.OuterLambda,
                OuterCritic = _settings.OuterCritic,
                FullTarget = _settings.FullTarget,
                BootstrapTimeLimit = _settings.BootstrapTimeLimit,
            };
            Values = _settings.Parameterisation == Parameterisation.Sigmoid ? Raw.Sigmoid() : Raw.Clamp(0, 1);
            Keys = SeedKeys.Update(run.Seed, at.Iteration).Fold(replicate).Split(_settings.Envs);
            Game = new Snake(_settings.Rows, _settings.Columns, _settings.StepLimit);
            Problem = new A2CProblem(
                Game, Network, new A2CCoefficients(Values[0], Values[1], Values[2], Values[3]), Environments, Keys, options);
            var optimiser = CreateOptimiser();
            Points = LookAhead.Branch(
                Problem,
                optimiser,
                Parameters,
                Tree.With(optimiser.Initial(Parameters), Tensors(at, "optimiser.")),
                Math.Max(1, Method.Steps),
                new BranchOptions(Method.Kind == MetaGradientKind.Trace ? _settings.TraceDecay : null, _settings.FreshValidation));
        }

        public MetaGradientMethod Method { get; }

        public Tensor Raw { get; }

        public Tensor Values { get; }

        public OptimiserState<Tensor> Meta { get; }

        public ActorCritic Network { get; }

        public Snake Game { get; }

        public Tensor[] Parameters { get; }

        public Tensor[] Environments { get; }

        public Key Keys { get; }

        public A2CProblem Problem { get; }

        public BranchPoint<Experience>[] Points { get; }

        /// <summary>The outer loss whose gradient the method follows.</summary>
        public Tensor Loss => Method.Kind == MetaGradientKind.Mixed
            ? Mixing.Loss(Points, _settings.Kappa ?? Mixing.DefaultKappa(Method.Steps))
            : Points[^1].OuterLoss;

        public Tensor MetaGradient => Gradient.Of(Loss, Raw);

        private Chain CreateOptimiser()
        {
            double root = _settings.EpsilonRoot;
            LearningRate rate = _settings.Anneal
                ? Schedules.Linear(_settings.LearningRate, 0, _settings.Updates)
                : _settings.LearningRate;
            Optimiser optimiser = _settings.InnerOptimiser switch
            {
                Kind.Adam => new Adam(rate, EpsilonRoot: root, DetachDenominator: _settings.DetachDenominator),
                Kind.Sgd => new Sgd(rate),
                _ => new RmsProp(rate, EpsilonRoot: root),
            };
            return new Chain(new ClipByGlobalNorm(_settings.Clip), optimiser);
        }
    }
}
