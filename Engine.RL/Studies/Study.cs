using Engine.Core;
using Engine.Core.Files;
using Engine.Core.Optim;
using Engine.RL.Experiments;
using Engine.RL.Meta;

namespace Engine.RL.Studies;

/// <summary>What is computed of a learner at a point of its training and one row of inputs, whatever it learns.</summary>
/// <typeparam name="TRow">A tree.</typeparam>
/// <typeparam name="TOut">A tree.</typeparam>
public interface IPointFunction<TRow, TOut>
{
    /// <summary>Computes it.</summary>
    /// <param name="point">The learner.</param>
    /// <param name="row">The row.</param>
    TOut At<TParameters, TState, TRollout>(MetaPoint<TParameters, TState, TRollout> point, TRow row);
}

/// <summary>
/// Learners, one for each seed, that are looked at from points along their training: many functions of meta-gradients are studied alike,
/// whatever learns and however it was trained.
/// </summary>
public abstract class Study : IDisposable
{
    /// <summary>What progress calls the points.</summary>
    public abstract string Name { get; }

    /// <summary>The names of the meta-parameters, as they are kept.</summary>
    public abstract IReadOnlyList<string> Parameters { get; }

    /// <summary>The places of those that are learned.</summary>
    public abstract IReadOnlyList<int> Learned { get; }

    /// <summary>The places of those that bias and deviation are means over.</summary>
    public abstract IReadOnlyList<int> Considered { get; }

    /// <summary>The seeds.</summary>
    public abstract IReadOnlyList<int> Seeds { get; }

    /// <summary>The number of points.</summary>
    public abstract int Points { get; }

    /// <summary>
    /// Whether the outer loss itself is what should be small, such as an error. That of an actor-critic has the gradient that is wanted,
    /// but its value says nothing.
    /// </summary>
    public abstract bool OuterLossIsObjective { get; }

    /// <summary>Updates made before the point that learners are at.</summary>
    public abstract int Iteration { get; }

    /// <summary>The inner optimiser that learners have.</summary>
    public abstract Optimiser Optimiser { get; }

    /// <summary>Goes on to a point, which is not before the one that learners are at.</summary>
    /// <param name="point">Its number.</param>
    /// <param name="pause">Called when it may stop, and learners could be captured; it may throw.</param>
    public abstract void GoTo(int point, Action pause);

    /// <summary>Keys for the update to come, [seeds, replicates, ...]; training draws from those of replicate 0.</summary>
    /// <param name="first">The number of the first replicate.</param>
    /// <param name="replicates">How many of each seed.</param>
    public abstract Key Keys(int first, int replicates);

    /// <summary>Prepares a function of the learners where they are, for rows [seeds, rows, ...].</summary>
    public abstract StudyProgram<TRow, TOut> Prepare<TRow, TOut>(IPointFunction<TRow, TOut> function);

    /// <summary>The learners, to go on from later.</summary>
    public abstract IReadOnlyDictionary<string, StoredTensor> Capture();

    /// <summary>Goes on from captured learners.</summary>
    /// <exception cref="InvalidDataException">They are others.</exception>
    public abstract void Restore(IReadOnlyDictionary<string, StoredTensor> tensors, int iteration);

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>The point to go on with.</summary>
    /// <param name="start">What the learners were restored from.</param>
    protected virtual int First(ExperimentSnapshot start) => start.Part;

    /// <summary>Prepares a function of the learners as they would be with another inner optimiser.</summary>
    internal StudyProgram<TRow, TOut> Prepare<TRow, TOut>(IPointFunction<TRow, TOut> function, InnerVariant variant)
        => Prepare(new Varied<TRow, TOut>(function, variant));

    /// <summary>Evaluates all points, one after the other.</summary>
    /// <param name="evaluate">The rows of metrics of the point that learners are at; it may pause.</param>
    /// <param name="start">A snapshot to go on from; null for the beginning.</param>
    /// <param name="observer">Who watches.</param>
    /// <param name="cancel">Asks to stop.</param>
    /// <returns>All rows, point by point.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled; the observer got a last checkpoint.</exception>
    internal IReadOnlyList<MetricRow> Run(
        Func<Action, IEnumerable<MetricRow>> evaluate, ExperimentSnapshot? start, IExperimentObserver observer, CancellationToken cancel)
    {
        List<MetricRow> rows = [.. start?.Rows ?? []];
        int point = 0;
        if (start is not null)
        {
            Restore(start.Tensors, start.Iteration);
            point = First(start);
        }

        observer.Progress(Name, point, Points);
        for (; point < Points; point++)
        {
            GoTo(point, Pause);
            foreach (var row in evaluate(Pause).ToArray())
            {
                rows.Add(row);
                observer.Row(row);
            }

            observer.Progress(Name, point + 1, Points);
        }

        observer.Checkpoint(Snapshot, last: true);
        return rows;

        ExperimentSnapshot Snapshot() => new(Capture(), point, Iteration, [.. rows]);

        void Pause() => observer.CheckpointOrStop(Snapshot, cancel);
    }

    private sealed record Varied<TRow, TOut>(IPointFunction<TRow, TOut> Function, InnerVariant Variant) : IPointFunction<TRow, TOut>
    {
        public TOut At<TParameters, TState, TRollout>(MetaPoint<TParameters, TState, TRollout> point, TRow row)
            => Function.At(Variant.Of(point), row);
    }
}
