namespace Engine.Bench.Output;

/// <summary>A run that stopped because it was asked to, with a line that says how to go on.</summary>
/// <param name="message">What the program prints.</param>
public sealed class Interrupted(string message) : OperationCanceledException(message)
{
    /// <summary>A run with a checkpoint, or several.</summary>
    public static Interrupted In(RunFolder folder)
        => new($"Interrupted; every checkpoint in {folder.Location} is complete: the same command with --resume goes on.");
}
