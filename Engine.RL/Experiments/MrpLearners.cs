using Engine.Core;
using Engine.Core.Files;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.RL.Environments;
using Engine.RL.Meta;

namespace Engine.RL.Experiments;

/// <summary>What learns on the Markov reward process while its discounts are meta-learned.</summary>
/// <param name="Eta">The numbers that stand for the discounts, [10].</param>
/// <param name="MetaOptimiser">The meta-optimiser's state.</param>
/// <param name="Inner">The value network.</param>
internal sealed record MrpLearner(Tensor Eta, OptimiserState<Tensor> MetaOptimiser, InnerState<Tensor, ValueTuple> Inner);

/// <summary>Learners on the Markov reward process, one for each seed, and the step that updates them from a meta-gradient.</summary>
internal sealed class MrpLearners : IDisposable
{
    private readonly ValuePrediction _task;
    private readonly MetaParameters _meta;
    private readonly Adam _outer;
    private readonly Key _updates;
    private readonly TensorProgram<(Key Key, MrpLearner State, Tensor? MetaGradient), (Tensor Metrics, MrpLearner Next)> _update;

    public MrpLearners(MrpSettings settings, Device device)
    {
        (_task, _meta, _outer) = (settings.CreateTask(), settings.CreateMetaParameters(), new Adam(settings.MetaLearningRate));
        _update = new(x => Batch.Map(Update, x), device);
        using var scope = new TensorScope();
        _updates = scope.Keep(SeedKeys.Several(settings.Seed, settings.Seeds, seed => SeedKeys.Updates(seed, device)));
        State = scope.Keep(
            Batch.Map(Initial, SeedKeys.Several(settings.Seed, settings.Seeds, seed => SeedKeys.Weights(seed, device))));
    }

    /// <summary>Whether to stop at the operation in which NaN or infinity first comes up.</summary>
    public bool CheckFinite { get; init; }

    /// <summary>Meta-updates made.</summary>
    public int Iteration { get; private set; }

    /// <summary>Everything that an iteration changes, with the seeds along the first axis.</summary>
    public MrpLearner State { get; private set; }

    /// <summary>Columns of <see cref="Step"/>'s metrics.</summary>
    public static IReadOnlyList<string> Columns { get; }
        = ["inner_loss", "value_mse", .. Enumerable.Range(0, MarkovRewardProcess.States).Select(state => $"gamma_{state}")];

    /// <summary>Meta-gradients of such learners with some methods, from their updates' keys.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="methods">The methods.</param>
    /// <param name="perReplicate">Whether every replicate's is wanted, or the mean.</param>
    /// <param name="device">Where.</param>
    /// <param name="history">Updates of a branch that those which look back have behind them.</param>
    public static MetaGradientEstimator<MrpLearner> Estimator(
        MrpSettings settings, IReadOnlyList<MetaGradientMethod> methods, bool perReplicate, Device device, int history = 0)
    {
        var (task, meta) = (settings.CreateTask(), settings.CreateMetaParameters());
        return new(Losses, learner => learner.Eta, perReplicate, device);

        Tensor[] Losses(MrpLearner learner, Key key)
        {
            var problem = task.With(meta.Constrain(learner.Eta));
            var ahead = MetaGradientMethod.Losses(
                [.. methods.Where(method => !method.LooksBack)],
                method => method.Unroll(
                    problem, learner.Inner, key, new(method.IsTrace ? settings.TraceDecay : null)).OuterLosses,
                settings.Kappa);
            int next = 0;
            return
            [
                .. methods.Select(method => method.LooksBack ? Behind(method) : ahead[next++]),
            ];

            Tensor Behind(MetaGradientMethod method)
            {
                var options = new UnrollOptions(Decay: method.Decay, Hessian: method.HasHessian);
                return InnerLoop.Unroll(problem, learner.Inner, key, history, options)[^1].OuterLoss;
            }
        }
    }

    /// <summary>The mean meta-gradients of the iteration to come, [seeds, 10].</summary>
    /// <param name="estimator">Takes them, see <see cref="Estimator"/>.</param>
    /// <param name="replicates">How many of each seed.</param>
    /// <returns>The means, for the caller to dispose: in a scope of the caller's <see cref="State"/> could not outlive it.</returns>
    public Tensor MetaGradients(MetaGradientEstimator<MrpLearner> estimator, int replicates)
    {
        using var scope = new TensorScope(CheckFinite);
        return scope.Keep(estimator.Run(State, Keys(0, replicates))[0]);
    }

    /// <summary>
    /// Updates the networks with the discounts as they are, by the first inner update of replicate 0, and then the discounts.
    /// </summary>
    /// <param name="metaGradient">[seeds, 10], or null to keep the discounts.</param>
    /// <returns>Inner loss, error to the true values and discounts of each seed, before the update; [seeds, 12].</returns>
    public Tensor Step(Tensor? metaGradient)
    {
        var old = State;
        Tensor metrics;
        using (var scope = new TensorScope(CheckFinite))
        {
            (metrics, State) = scope.Keep(_update.Run((_updates.Fold(Iteration).Fold(0), old, metaGradient)));
        }

        Tree.Dispose(old);
        Iteration++;
        return metrics;
    }

    /// <summary>Keys for the iteration to come, [seeds, replicates]; <see cref="Step"/> draws from those of replicate 0.</summary>
    /// <param name="first">The number of the first replicate.</param>
    /// <param name="replicates">How many.</param>
    public Key Keys(int first, int replicates) => SeedKeys.Replicates(_updates.Fold(Iteration), replicates, first);

    /// <summary>Copies the state to the host.</summary>
    public IReadOnlyDictionary<string, StoredTensor> Capture() => SafeTensors.Stored(State);

    /// <summary>Goes on from a captured state.</summary>
    /// <exception cref="InvalidDataException">It is that of other learners.</exception>
    public void Restore(IReadOnlyDictionary<string, StoredTensor> tensors, int iteration)
    {
        var old = State;
        State = SafeTensors.Restored(tensors, old);
        Tree.Dispose(old);
        Iteration = iteration;
    }

    public void Dispose()
    {
        Tree.Dispose((State, _updates));
        _update.Dispose();
    }

    private MrpLearner Initial(Key key)
    {
        var (eta, parameters) = (_meta.Initial(_task.Type, key.Device), _task.Initial(key));
        return new(eta, _outer.Initial(eta), new(parameters, _task.Optimiser.Initial(parameters), default));
    }

    private (Tensor Metrics, MrpLearner Next) Update((Key Key, MrpLearner State, Tensor? MetaGradient) given)
    {
        var (key, old, metaGradient) = given;
        var (gamma, inner) = (_meta.Constrain(old.Eta), old.Inner);
        var problem = _task.With(gamma);
        var (rollout, _) = problem.Sample(inner.Parameters, default, key.Fold(0));
        var losses = problem.Losses(inner.Parameters, rollout);
        var (updated, optimiser, _) = InnerLoop.Update(problem, inner.Parameters, inner.Optimiser, losses);
        var metrics = Tensor.Concatenate(
            0, losses.Inner.Unsqueeze(0), _task.TrueError(inner.Parameters).Unsqueeze(0), gamma);
        var next = old with { Inner = new(updated, optimiser, default) };
        if (metaGradient is not null)
        {
            var (moved, state) = _outer.Update(old.Eta, metaGradient, old.MetaOptimiser);
            next = next with { Eta = _meta.Project(moved), MetaOptimiser = state };
        }

        return (metrics, next);
    }
}
