using System.Text;

namespace Engine.Bench.Output;

/// <summary>
/// A writer that a failure does not stop: what can't be written any more is dropped, and the first failure is kept for whoever asks. So
/// a full disk behind the standard output, or a terminal that has closed, ends no work that is under way.
/// </summary>
/// <param name="inner">Where to write.</param>
internal sealed class LenientWriter(TextWriter inner) : TextWriter
{
    /// <inheritdoc/>
    public override Encoding Encoding => inner.Encoding;

    /// <summary>Why something could not be written; null if all has been.</summary>
    public string? Failure { get; private set; }

    /// <summary>
    /// Runs a command with writers that may fail. Progress and messages that are lost are no matter, but results are: then the code is
    /// that of an error, and a line says why.
    /// </summary>
    /// <param name="output">Where results go.</param>
    /// <param name="error">Where progress and complaints go.</param>
    /// <param name="run">Runs the command with the writers it is given, and returns its exit code.</param>
    public static int Guard(TextWriter output, TextWriter error, Func<TextWriter, TextWriter, int> run)
    {
        LenientWriter results = new(output), messages = new(error);
        int code = run(results, messages);
        if (results.Failure is null)
            return code;
        messages.WriteLine($"The results can't be written to the standard output: {results.Failure}");
        return code == ExitCodes.Ok ? ExitCodes.UserError : code;
    }

    /// <inheritdoc/>
    public override void Write(char value) => Try(() => inner.Write(value));

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Try(() => inner.Write(buffer, index, count));

    /// <inheritdoc/>
    public override void Write(string? value) => Try(() => inner.Write(value));

    /// <inheritdoc/>
    public override void WriteLine(string? value) => Try(() => inner.WriteLine(value));

    /// <inheritdoc/>
    public override void Flush() => Try(inner.Flush);

    private void Try(Action write)
    {
        if (Failure is not null)
            return;
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            // What the system says of a descriptor is within what .NET makes of it.
            Failure = (e.InnerException ?? e).Message;
        }
    }
}
