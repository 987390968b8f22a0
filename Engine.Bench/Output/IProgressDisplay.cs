namespace Engine.Bench.Output;

/// <summary>Tells how far the work has come. Thread-safe; dispose it before anything else is printed.</summary>
public interface IProgressDisplay : IDisposable
{
    /// <summary>Says that a part will come, so that the time left is that of the whole. Expect all parts before the first report.</summary>
    /// <param name="part">What is to be done.</param>
    /// <param name="done">How much of it is done already: all of it, if an earlier run came to its end.</param>
    /// <param name="total">How much there is to do.</param>
    /// <param name="cost">How long a unit of it takes, roughly, beside those of other parts.</param>
    void Expect(string part, int done, int total, double cost = 1);

    /// <summary>Says how much is done, and where some values stand.</summary>
    /// <param name="part">What is under way; several parts may be at once.</param>
    /// <param name="done">How much of it is done. The first report of a part may say more than 0: a run that goes on.</param>
    /// <param name="total">How much there is to do.</param>
    /// <param name="values">
    /// Named values of the part, such as return_mean; none, or the same list again, if the earlier ones still hold. NaN is shown as "-".
    /// The course of the first one whose name begins with "return", or else of the first, is shown as a line where there is room.
    /// </param>
    void Report(string part, int done, int total, IReadOnlyList<(string Name, double Value)> values);

    /// <summary>Says how much is done.</summary>
    void Report(string part, int done, int total) => Report(part, done, total, []);
}
