using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Files;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.Kernels.Cpu;
using Engine.RL;
using Engine.RL.Agents;
using Engine.RL.Environments;
using Engine.RL.Experiments;
using Engine.RL.Meta;
using Engine.RL.Training;
using Xunit;
using Kind = Engine.RL.Experiments.InnerOptimiser;

namespace Engine.Tests.RL;

/// <summary>Agents that learn Snake on a tiny board, and the same told by hand.</summary>
internal static class SmallSnake
{
    /// <summary>Seven updates.</summary>
    public static LearningSettings Settings { get; } = new()
    {
        Grid = new(4, 5),
        StepLimit = 9,
        Envs = 3,
        Rollout = 4,
        Frames = 79,
        LearningRate = 0.01,
        MetaLearningRate = 0.05,
        LogEvery = 3,
    };

    public static TrainingResult Train(
        AgentRun run,
        IExperimentObserver? observer = null,
        ExperimentSnapshot? start = null,
        int threads = 1,
        Action<int, Func<ExperimentSnapshot>>? keep = null,
        CancellationToken cancel = default)
    {
        using var device = new CpuDevice(threads);
        var training = new AgentTraining([run], device);
        if (start is not null)
            training.Resume([start]);
        return training.Run(
            [observer ?? new SilentObserver()], keep is null ? null : (_, point, capture) => keep(point, capture), cancel)[0];
    }

    /// <summary>The snapshots before each update and after the last.</summary>
    public static IReadOnlyList<ExperimentSnapshot> Snapshots(AgentRun run)
    {
        var watcher = new Watcher { TakesAll = true };
        Train(run, watcher);
        return watcher.Snapshots;
    }

    /// <summary>The end of a run of so many updates.</summary>
    public static ExperimentSnapshot After(int updates, AgentRun run)
    {
        var watcher = new Watcher();
        Train(run with { Settings = run.Settings with { Frames = updates * run.Settings.FramesPerUpdate } }, watcher);
        return watcher.Snapshots.Single();
    }

    /// <summary>What is done in each step of a run.</summary>
    public static Update UpdateOf(AgentRun run)
        => new(run.Settings, MetaGradientMethod.Parse(run.Method), run.Settings.CreateEnvironment());

    /// <summary>The agent of a snapshot.</summary>
    public static Learner LearnerOf(AgentRun run, ExperimentSnapshot snapshot, Device? device = null)
        => SafeTensors.Restored(snapshot.Tensors, UpdateOf(run).Initial(run.Seed, device ?? Device.Cpu));

    /// <summary>Fails if rows differ in a single bit, but for the pace.</summary>
    public static void Same(IReadOnlyList<MetricRow> expected, IReadOnlyList<MetricRow> actual)
    {
        Assert.Equal("frames_per_second", Columns<TrainingRow>.Names[^1]);
        Watcher.Same([.. expected.Select(WithoutPace)], [.. actual.Select(WithoutPace)]);

        static MetricRow WithoutPace(MetricRow row) => row with { Values = row.Values[..^1] };
    }

    /// <summary>Fails if results or snapshots differ in a single bit, but for the pace.</summary>
    public static void Same(
        (TrainingResult Result, ExperimentSnapshot End) expected, (TrainingResult Result, ExperimentSnapshot End) actual)
    {
        Same(expected.Result.Rows, actual.Result.Rows);
        Same(expected.Result.Deviations, actual.Result.Deviations);
        Same(expected.End, actual.End);
    }

    public static void Same(IReadOnlyList<MetaGradientDeviation> expected, IReadOnlyList<MetaGradientDeviation> actual)
    {
        Assert.Equal(expected.Select(point => point.Update), actual.Select(point => point.Update));
        Assert.Equal(expected.SelectMany(point => point.Std), actual.SelectMany(point => point.Std));
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
        => [.. rows.Select(row => row.Values[Columns<TrainingRow>.Of(name)])];

    /// <summary>The columns of a row that hold meta-parameters.</summary>
    public static double[] Eta(MetricRow row)
        => row.Values[Columns<TrainingRow>.Of("gamma")..(Columns<TrainingRow>.Of("learning_rate") + 1)];

    /// <summary>A snapshot's tensors whose names begin so, in the order of the tree that they are of.</summary>
    public static StoredTensor[] Stored(ExperimentSnapshot snapshot, string prefix)
        => [.. snapshot.Tensors.Where(tensor => tensor.Key.StartsWith(prefix, StringComparison.Ordinal)).Select(tensor => tensor.Value)];

    /// <summary>The numbers of these tensors, one after the other.</summary>
    public static double[] Numbers(ExperimentSnapshot snapshot, string prefix)
    {
        using var scope = new TensorScope();
        return [.. Stored(snapshot, prefix).SelectMany(stored => Tensor.From(stored).ToDoubles())];
    }

    /// <summary>The next update of a run, made with the library's parts one by one; inside a scope.</summary>
    internal sealed class ByHand
    {
        private readonly LearningSettings _settings;

        /// <param name="run">The run.</param>
        /// <param name="at">Where it stands.</param>
        /// <param name="replicate">Which of the update's random numbers: 0 trains.</param>
        public ByHand(AgentRun run, ExperimentSnapshot at, int replicate = 0)
        {
            _settings = run.Settings;
            Method = MetaGradientMethod.Parse(run.Method);
            Learner = LearnerOf(run, at);
            var grid = _settings.Grid!.Value;
            Game = new Snake(grid.Rows, grid.Columns, _settings.StepLimit!.Value);
            Games = (Tensor)Learner.Inner.Sampling;
            Keys = SeedKeys.Update(run.Seed, at.Iteration).Fold(replicate).Split(_settings.Envs);
            Values = Constrained(Learner.Eta);
            var options = new A2COptions
            {
                OuterGamma = _settings.OuterGamma,
                OuterLambda = _settings.OuterLambda,
                OuterCritic = _settings.OuterCritic,
                FullTarget = _settings.FullTarget,
            };
            Problem = new A2CProblem<Tensor>(
                Game,
                CreateOptimiser(),
                new A2CCoefficients(Values[0], Values[1], Values[2], Values[3]),
                _settings.Rollout,
                options,
                _settings.BootstrapTimeLimit);
            Points = InnerLoop.Unroll(
                Problem,
                new InnerState<IActorCritic, Tensor>(Learner.Inner.Parameters, Learner.Inner.Optimiser, Games),
                Keys,
                Math.Max(1, Method.Steps),
                new UnrollOptions(
                    Method.IsTrace ? _settings.TraceDecay : null,
                    _settings.FreshValidation,
                    Reuse: Method.Kind == MetaGradientKind.Reused));
        }

        public MetaGradientMethod Method { get; }

        public Learner Learner { get; }

        /// <summary>Discount, lambda, weights of critic and entropy, step size.</summary>
        public Tensor Values { get; }

        public Snake Game { get; }

        /// <summary>The states of the games.</summary>
        public Tensor Games { get; }

        public Key Keys { get; }

        public A2CProblem<Tensor> Problem { get; }

        public InnerPoint<IActorCritic, Tensor, Trajectory>[] Points { get; }

        /// <summary>The outer loss whose gradient the method follows.</summary>
        public Tensor Loss => Method.IsMixed
            ? Mixing.Mix([.. Points.Select(point => point.OuterLoss)], _settings.Kappa ?? Mixing.DefaultKappa(Method.Steps))
            : Points[^1].OuterLoss;

        /// <summary>The meta-gradient of all meta-parameters, learned or not.</summary>
        public Tensor MetaGradient => Gradient.Of(Loss, Learner.Eta);

        // All but the step size lie between 0 and 1.
        private Tensor Constrained(Tensor eta) => _settings.Parameterisation == Parameterisation.Sigmoid
            ? Tensor.Concatenate(0, eta[..4].Sigmoid(), eta[4..].Exp())
            : Tensor.Concatenate(0, eta[..4].Clamp(0, 1), Tensor.Maximum(eta[4..], 0));

        private Flatten CreateOptimiser()
        {
            double root = _settings.EpsilonRoot;
            LearningRate rate = _settings.Anneal
                ? Schedules.Linear(_settings.LearningRate, 0, _settings.Updates)
                : _settings.LearningRate;
            if (_settings.Learn.Contains(Hyperparameter.LearningRate))
            {
                var part = Schedules.Linear(1, 0, _settings.Updates);
                rate = _settings.Anneal ? (Schedule)((step, type) => Values[4] * part(step, type)) : Values[4];
            }

            Optimiser optimiser = _settings.InnerOptimiser switch
            {
                Kind.Adam => new Adam(rate, EpsilonRoot: root, DetachDenominator: _settings.DetachDenominator),
                Kind.Sgd => new Sgd(rate),
                _ => new RmsProp(rate, EpsilonRoot: root),
            };
            return new(new Chain(new ClipByGlobalNorm(_settings.Clip), optimiser));
        }
    }
}
