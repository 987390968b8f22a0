namespace Engine.Bench.Output;

/// <summary>A run that stopped because it was asked to, with a line that says how to go on.</summary>
/// <param name="message">What the program prints.</param>
public sealed class Interrupted(string message) : OperationCanceledException(message);
