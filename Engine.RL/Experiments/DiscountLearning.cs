using Engine.Core;
using Engine.Kernels;

namespace Engine.RL.Experiments;

/// <summary>
/// Figure 4 of the paper: the discounts of the Markov reward process meta-learned from nearly noise-free meta-gradients, each the
/// mean of many, with different numbers of inner steps looked ahead.
/// </summary>
/// <param name="settings">What to run.</param>
/// <param name="device">Where to run.</param>
public sealed class DiscountLearning(DiscountLearningSettings settings, Device device)
{
    private ExperimentSnapshot? _start;

    /// <summary>
    /// Whether to stop at the operation in which NaN or infinity first comes up in training, with a
    /// <see cref="NotFiniteNumberException"/> that names it. Slow: updates run as they are written.
    /// </summary>
    public bool CheckFinite { get; init; }

    /// <summary>Columns of a row of metrics, after method, seed and iteration.</summary>
    public static IReadOnlyList<string> Columns => MrpLearners.Columns;

    /// <summary>
    /// Goes on from a snapshot rather than from the beginning. It may be of a run that was to have fewer iterations: each method goes on.
    /// </summary>
    /// <exception cref="InvalidDataException">It has not what a longer run needs.</exception>
    public void Resume(ExperimentSnapshot snapshot)
    {
        var stuck = DiscountLearningPart.Of(settings.LookAhead, snapshot)
            .FirstOrDefault(part => part.State is null && part.Iteration > 0 && part.Iteration < settings.Iterations);
        if (stuck is not null)
            throw new InvalidDataException($"The checkpoint has no learners of method {stuck.Method} that could go on: begin anew.");
        _start = snapshot;
    }

    /// <summary>Runs the experiment.</summary>
    /// <returns>All rows of metrics, method by method.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <exception cref="InvalidDataException">The snapshot is of another run.</exception>
    /// <exception cref="NotFiniteNumberException">NaN or infinity came up, and that is checked.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled; the observer got a last checkpoint.</exception>
    public IReadOnlyList<MetricRow> Run(IExperimentObserver observer, CancellationToken cancel = default)
    {
        settings.Validate();
        var parts = DiscountLearningPart.Of(settings.LookAhead, _start);
        foreach (var part in parts)
            observer.Expect(part.Method.Name, part.Iteration, settings.Iterations, part.Method.RelativeCost);
        foreach (var (number, part) in parts.Index())
        {
            // The last one makes the last checkpoint.
            if (part.Iteration < settings.Iterations || number == parts.Count - 1)
                Run(parts, number, observer, cancel);
        }

        return [.. parts.SelectMany(part => part.Rows)];
    }

    private void Run(IReadOnlyList<DiscountLearningPart> parts, int number, IExperimentObserver observer, CancellationToken cancel)
    {
        var part = parts[number];
        using var learner = new MrpLearners(settings, device) { CheckFinite = CheckFinite };
        if (part.State is { } state)
            learner.Restore(state, part.Iteration);

        // The row at the end of a shorter run may have come early.
        if (part.Iteration < settings.Iterations)
            part.Rows.RemoveAll(row => row.Iteration % settings.LogEvery != 0);
        var method = part.Method;
        using var estimator = method.Steps == 0 ? null : MrpLearners.Estimator(settings, [method], perReplicate: false, device);
        while (learner.Iteration < settings.Iterations)
        {
            observer.CheckpointOrStop(Capture, cancel);
            int iteration = learner.Iteration;
            using var metrics = Step();
            if (iteration % settings.LogEvery == 0 || iteration == settings.Iterations - 1)
                AddRows(part, iteration, metrics, observer);
            observer.Progress(method.Name, learner.Iteration, settings.Iterations);
        }

        if (number == parts.Count - 1)
            observer.Checkpoint(Capture, last: true);
        else
            (part.State, part.Iteration) = (learner.Capture(), learner.Iteration);

        Tensor Step()
        {
            try
            {
                using var metaGradients = estimator is null ? null : learner.MetaGradients(estimator, settings.MonteCarlo);
                return learner.Step(metaGradients);
            }
            catch (NotFiniteNumberException e)
            {
                string where = FormattableString.Invariant($"Method {method.Name}, iteration {learner.Iteration}");
                throw new NotFiniteNumberException($"{where}: {e.Message}", e.OffendingNumber, e);
            }
        }

        ExperimentSnapshot Capture() => DiscountLearningPart.Snapshot(parts, number, learner.Capture(), learner.Iteration);
    }

    private void AddRows(DiscountLearningPart part, int iteration, Tensor metrics, IExperimentObserver observer)
    {
        double[] values = metrics.ToDoubles();
        int width = metrics.Shape[1];
        for (int seed = 0; seed < settings.Seeds; seed++)
        {
            var row = new MetricRow(part.Method.Name, settings.Seed + seed, iteration, values[(seed * width)..((seed + 1) * width)]);
            part.Rows.Add(row);
            observer.Row(row);
        }
    }
}
