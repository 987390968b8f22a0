using Engine.Core;
using Engine.Core.Files;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.RL.Environments;
using Engine.RL.Experiments;
using Engine.RL.Meta;

namespace Engine.RL.Studies;

/// <summary>Learners of the Markov reward process along training by single 1-step meta-gradients, as in figure 5 of the paper.</summary>
public sealed class MrpStudy : Study
{
    private readonly MrpSettings _settings;
    private readonly int _points;
    private readonly Device _device;
    private readonly MrpLearners _learners;
    private readonly MetaGradientEstimator<MrpLearner> _trainer;

    /// <summary>Prepares the learners.</summary>
    /// <param name="settings">How they learn.</param>
    /// <param name="points">Points of training, evenly spaced; the last one is the end.</param>
    /// <param name="device">Where.</param>
    public MrpStudy(MrpSettings settings, int points, Device device)
    {
        (_settings, _points, _device) = (settings, points, device);
        _learners = new(settings, device);
        _trainer = MrpLearners.Estimator(settings, [new(MetaGradientKind.Classic, 1)], perReplicate: false, device);
    }

    /// <inheritdoc/>
    public override string Name => "points";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Parameters { get; }
        = [.. Enumerable.Range(0, MarkovRewardProcess.States).Select(state => $"gamma_{state}")];

    /// <inheritdoc/>
    public override IReadOnlyList<int> Learned { get; } = [.. Enumerable.Range(0, MarkovRewardProcess.States)];

    /// <summary>The even discounts: in odd states rewards are noise.</summary>
    public override IReadOnlyList<int> Considered { get; } = [.. Enumerable.Range(0, MarkovRewardProcess.States / 2).Select(i => 2 * i)];

    /// <inheritdoc/>
    public override IReadOnlyList<int> Seeds => [.. Enumerable.Range(_settings.Seed, _settings.Seeds)];

    /// <inheritdoc/>
    public override int Points => _points;

    /// <summary>The learners.</summary>
    internal MrpLearner Learners => _learners.State;

    /// <inheritdoc/>
    public override bool OuterLossIsObjective => true;

    /// <inheritdoc/>
    public override int Iteration => _learners.Iteration;

    /// <inheritdoc/>
    public override void GoTo(int point, Action pause)
    {
        while (_learners.Iteration < IterationOf(point))
        {
            pause();
            using var metaGradients = _learners.MetaGradients(_trainer, replicates: 1);
            using var metrics = _learners.Step(metaGradients);
        }
    }

    /// <summary>Of a run that has become longer, those points follow that lie beyond the last one, and not behind the learners.</summary>
    protected override int First(ExperimentSnapshot start)
    {
        int evaluated = start.Rows.Count == 0 ? 0 : start.Rows[^1].Iteration;
        return Enumerable.Range(0, _points).Count(point => IterationOf(point) <= evaluated || IterationOf(point) < Iteration);
    }

    /// <inheritdoc/>
    public override Key Keys(int first, int replicates) => _learners.Keys(first, replicates);

    /// <inheritdoc/>
    public override Optimiser Optimiser => _settings.CreateTask().Optimiser;

    /// <inheritdoc/>
    public override StudyProgram<TRow, TOut> Prepare<TRow, TOut>(IPointFunction<TRow, TOut> function)
    {
        var (task, meta) = (_settings.CreateTask(), _settings.CreateMetaParameters());
        return StudyProgram<TRow, TOut>.Of(
            BlockedProgram.Map<MrpLearner, TRow, TOut>(
                (learner, row) => function.At(
                    new MetaPoint<Tensor, ValueTuple, Trajectories>(eta => task.With(meta.Constrain(eta)), learner.Eta, learner.Inner),
                    row),
                _device),
            () => _learners.State);
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, StoredTensor> Capture() => _learners.Capture();

    /// <inheritdoc/>
    public override void Restore(IReadOnlyDictionary<string, StoredTensor> tensors, int iteration) => _learners.Restore(tensors, iteration);

    /// <inheritdoc/>
    public override void Dispose()
    {
        _trainer.Dispose();
        _learners.Dispose();
    }

    private int IterationOf(int point) => (int)((point + 1L) * _settings.Iterations / _points);
}
