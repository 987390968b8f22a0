namespace Engine.Kernels.Gpu.Convolutions;

/// <summary>
/// How the threads of a group go through rows of numbers, neighbours side by side: a thread has a lane of the rows, and some rows in turn.
/// </summary>
/// <param name="length">Numbers of a row.</param>
/// <param name="threads">Threads of the group.</param>
internal readonly struct Lanes(int length, int threads)
{
    private readonly Quotient _lanes = new(Math.Min(length, threads));

    /// <summary>Lanes that are gone through at a time: all, unless there are more than threads.</summary>
    public int Count => _lanes.Divisor;

    /// <summary>From a row of a thread to its next one: as many as the group goes through at a time.</summary>
    public int RowStep { get; } = threads / Math.Min(length, threads);

    /// <summary>The first row of a thread; at least <see cref="RowStep"/> where the thread is one too many.</summary>
    public int RowOf(int thread) => _lanes.Of(thread);

    /// <summary>The first lane of a thread.</summary>
    public int LaneOf(int thread) => thread - (_lanes.Of(thread) * _lanes.Divisor);
}
