using Engine.Core;
using Engine.Kernels;
using Engine.RL.Meta;

namespace Engine.RL.Experiments;

/// <summary>
/// Figure 4 of the paper: the discounts of the Markov reward process meta-learned from nearly noise-free meta-gradients, each the
/// mean of many, with different numbers of inner steps looked ahead.
/// </summary>
/// <param name="settings">What to run.</param>
/// <param name="device">Where to run.</param>
public sealed class DiscountLearning(DiscountLearningSettings settings, Device device)
{
    private readonly List<MetricRow> _rows = [];
    private ExperimentSnapshot? _start;

    /// <summary>Columns of a row of metrics, after method, seed and iteration.</summary>
    public static IReadOnlyList<string> Columns => MrpLearners.Columns;

    /// <summary>Goes on from a snapshot rather than from the beginning.</summary>
    public void Resume(ExperimentSnapshot snapshot) => _start = snapshot;

    /// <summary>Runs the experiment.</summary>
    /// <returns>All rows of metrics, method by method.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled; the observer got a last checkpoint.</exception>
    public IReadOnlyList<MetricRow> Run(IExperimentObserver observer, CancellationToken cancel = default)
    {
        settings.Validate();
        _rows.Clear();
        _rows.AddRange(_start?.Rows ?? []);
        int first = _start?.Part ?? 0;
        foreach (var (part, name) in settings.LookAhead.Index())
        {
            int done = part < first ? settings.Iterations : part == first ? _start?.Iteration ?? 0 : 0;
            observer.Expect(MetaGradientMethod.Parse(name).Name, done, settings.Iterations);
        }

        for (int part = first; part < settings.LookAhead.Count; part++)
        {
            using var learner = new MrpLearners(settings, device);
            if (_start is { } start && start.Part == part)
                learner.Restore(start.Tensors, start.Iteration);
            Run(part, learner, observer, cancel);
        }

        return [.. _rows];
    }

    private void Run(int part, MrpLearners learner, IExperimentObserver observer, CancellationToken cancel)
    {
        var method = MetaGradientMethod.Parse(settings.LookAhead[part]);
        using var estimator = method.Steps == 0 ? null : MrpLearners.Estimator(settings, [method], perReplicate: false, device);
        while (learner.Iteration < settings.Iterations)
        {
            observer.CheckpointOrStop(Capture, cancel);
            int iteration = learner.Iteration;
            using var metaGradients = estimator is null ? null : learner.MetaGradients(estimator, settings.MonteCarlo);
            using var metrics = learner.Step(metaGradients);
            if (iteration % settings.LogEvery == 0 || iteration == settings.Iterations - 1)
                AddRows(method, iteration, metrics, observer);
            observer.Progress(method.Name, learner.Iteration, settings.Iterations);
        }

        if (part == settings.LookAhead.Count - 1)
            observer.Checkpoint(Capture, last: true);

        ExperimentSnapshot Capture() => new(learner.Capture(), part, learner.Iteration, [.. _rows]);
    }

    private void AddRows(MetaGradientMethod method, int iteration, Tensor metrics, IExperimentObserver observer)
    {
        double[] values = metrics.ToDoubles();
        int width = metrics.Shape[1];
        for (int seed = 0; seed < settings.Seeds; seed++)
        {
            var row = new MetricRow(method.Name, settings.Seed + seed, iteration, values[(seed * width)..((seed + 1) * width)]);
            _rows.Add(row);
            observer.Row(row);
        }
    }
}
