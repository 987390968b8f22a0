using System.CommandLine;

namespace Engine.Bench.Output;

/// <summary>Makes displays of progress. They write to the standard error, so that results can be redirected.</summary>
public static class Progress
{
    /// <summary>The display that suits where the errors of a command go.</summary>
    public static IProgressDisplay Start(ParseResult parsed, bool quiet) => Start(parsed.InvocationConfiguration.Error, quiet);

    /// <summary>The display that suits a writer: bars in a terminal, else a line now and then.</summary>
    public static IProgressDisplay Start(TextWriter writer, bool quiet, TimeProvider? clock = null)
    {
        if (quiet)
            return new Silence();
        return Consoles.IsTerminal(writer)
            ? new ProgressBars(Consoles.For(writer))
            : new ProgressLines(writer, clock ?? TimeProvider.System);
    }

    private sealed class Silence : IProgressDisplay
    {
        public void Report(string label, long done, long total)
        {
        }

        public void Dispose()
        {
        }
    }
}
