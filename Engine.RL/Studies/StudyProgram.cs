using Engine.Core;

namespace Engine.RL.Studies;

/// <summary>A function of the learners of a <see cref="Study"/>, recorded.</summary>
/// <typeparam name="TRow">A tree.</typeparam>
/// <typeparam name="TOut">A tree.</typeparam>
public abstract class StudyProgram<TRow, TOut> : IDisposable
{
    /// <summary>Computes it of the learners where they are.</summary>
    /// <param name="rows">[seeds, rows, ...].</param>
    /// <returns>[seeds, rows, ...].</returns>
    public abstract TOut Run(TRow rows);

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>Makes one of learners.</summary>
    internal static StudyProgram<TRow, TOut> Of<TLearner>(BlockedProgram<TLearner, TRow, TOut> program, Func<TLearner> learners)
        => new Program<TLearner>(program, learners);

    private sealed class Program<TLearner>(BlockedProgram<TLearner, TRow, TOut> program, Func<TLearner> learners) : StudyProgram<TRow, TOut>
    {
        public override TOut Run(TRow rows) => program.Run(learners(), rows);

        public override void Dispose() => program.Dispose();
    }
}
