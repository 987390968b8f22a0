using System.CommandLine;

namespace Engine.Bench.Output;

/// <summary>Makes displays of progress. They write to the standard error, so that results can be redirected.</summary>
public static class Progress
{
    /// <summary>The display that suits where the errors of a command go.</summary>
    public static IProgressDisplay Start(ParseResult parsed, bool quiet) => Start(parsed.InvocationConfiguration.Error, quiet);

    /// <summary>The display that suits a writer: bars and values in a terminal, else a line now and then.</summary>
    public static IProgressDisplay Start(TextWriter writer, bool quiet, TimeProvider? clock = null)
    {
        if (quiet)
            return new Silence();
        clock ??= TimeProvider.System;
        var console = Consoles.For(writer);

        // A terminal that can't move its cursor is as good as a file.
        return console.Profile.Capabilities.Ansi
            ? new ProgressView(console, clock)
            : new ProgressLines(writer, clock);
    }

    private sealed class Silence : IProgressDisplay
    {
        public void Expect(string part, int done, int total, double cost)
        {
        }

        public void Report(string part, int done, int total, IReadOnlyList<(string Name, double Value)> values)
        {
        }

        public void Dispose()
        {
        }
    }
}
