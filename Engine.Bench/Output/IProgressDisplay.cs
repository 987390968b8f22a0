namespace Engine.Bench.Output;

/// <summary>Tells how far the work has come. Thread-safe; dispose it before anything else is printed.</summary>
public interface IProgressDisplay : IDisposable
{
    /// <summary>Says how much is done.</summary>
    /// <param name="label">What is under way; one line each.</param>
    /// <param name="done">How much of it is done. The first report of a label may say more than 0: a run that goes on.</param>
    /// <param name="total">How much there is to do.</param>
    void Report(string label, long done, long total);
}
