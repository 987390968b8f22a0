namespace Engine.Bench.Output;

/// <summary>Something the user can put right. The message is one line that names the value and the remedy; the exit code is 2.</summary>
/// <param name="message">What the program prints.</param>
public sealed class UserError(string message) : Exception(message)
{
    /// <summary>Checks something; what the engine says of a wrong argument is then the user's mistake.</summary>
    /// <exception cref="UserError">An argument is wrong.</exception>
    public static void Unless(Action check)
    {
        try
        {
            check();
        }
        catch (ArgumentException e)
        {
            throw new UserError(e.Message);
        }
    }
}
