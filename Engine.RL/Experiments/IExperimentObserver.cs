using Engine.Core.Files;

namespace Engine.RL.Experiments;

/// <summary>
/// Who watches an experiment: shows progress, writes metrics, keeps checkpoints. All calls come from the experiment's thread.
/// </summary>
public interface IExperimentObserver
{
    /// <summary>A part of the experiment will come; all are expected before the first one begins.</summary>
    /// <param name="part">What is to be done.</param>
    /// <param name="done">Units that are done already.</param>
    /// <param name="total">Units in all.</param>
    /// <param name="cost">How long a unit takes, roughly, beside those of other parts.</param>
    void Expect(string part, int done, int total, double cost)
    {
        // Only who shows the time left need know.
    }

    /// <summary>So much of a part of the experiment is done.</summary>
    /// <param name="part">What is being done, such as a method's name.</param>
    /// <param name="done">Units done.</param>
    /// <param name="total">Units in all.</param>
    void Progress(string part, int done, int total);

    /// <summary>A row of metrics is complete.</summary>
    /// <param name="row">Its numbers in the order of the experiment's columns.</param>
    void Row(MetricRow row);

    /// <summary>The experiment could go on from here later: time to save it if one is due.</summary>
    /// <param name="capture">Makes a copy of everything that is needed to go on.</param>
    /// <param name="last">Whether the experiment stops here: it is complete, or was asked to.</param>
    void Checkpoint(Func<ExperimentSnapshot> capture, bool last);
}

/// <summary>What experiments do with their observers.</summary>
internal static class ObserverExtensions
{
    /// <summary>Offers a checkpoint, the last one if the experiment is to stop here, and then stops.</summary>
    /// <exception cref="OperationCanceledException">It stopped.</exception>
    public static void CheckpointOrStop(this IExperimentObserver observer, Func<ExperimentSnapshot> capture, CancellationToken cancel)
    {
        // Asked once: who cancels while a checkpoint is made gets one more, which is the last.
        bool stop = cancel.IsCancellationRequested;
        observer.Checkpoint(capture, stop);
        if (stop)
            throw new OperationCanceledException(cancel);
    }
}

/// <summary>One row of an experiment's metrics.</summary>
/// <param name="Method">The method's name.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Iteration">Meta-updates made.</param>
/// <param name="Values">The other columns.</param>
public sealed record MetricRow(string Method, int Seed, int Iteration, double[] Values);

/// <summary>Everything that is needed to go on with an experiment: it continues bit for bit.</summary>
/// <param name="Tensors">Named tensors.</param>
/// <param name="Part">The number of the part under way.</param>
/// <param name="Iteration">Iterations of it that are done.</param>
/// <param name="Rows">The metrics so far.</param>
public sealed record ExperimentSnapshot(
    IReadOnlyDictionary<string, StoredTensor> Tensors, int Part, int Iteration, IReadOnlyList<MetricRow> Rows);

/// <summary>An observer that ignores everything.</summary>
public sealed class SilentObserver : IExperimentObserver
{
    /// <inheritdoc/>
    public void Progress(string part, int done, int total)
    {
        // Nobody looks.
    }

    /// <inheritdoc/>
    public void Row(MetricRow row)
    {
        // Nobody looks.
    }

    /// <inheritdoc/>
    public void Checkpoint(Func<ExperimentSnapshot> capture, bool last)
    {
        // Nobody keeps it.
    }
}
