using System.CommandLine;
using Spectre.Console;

namespace Engine.Bench.Output;

/// <summary>Where a command prints: in colour for a terminal, else plain text that no width cuts short.</summary>
public static class Consoles
{
    // Wider than any table: a file has no edge.
    private const int Unlimited = 10_000;

    /// <summary>The console of a command's results.</summary>
    public static IAnsiConsole Console(this ParseResult parsed) => For(parsed.InvocationConfiguration.Output);

    /// <summary>The console of a writer.</summary>
    public static IAnsiConsole For(TextWriter writer)
    {
        if (IsTerminal(writer))
            return AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        console.Profile.Width = Unlimited;
        console.Profile.Capabilities.Unicode = true;
        return console;
    }

    /// <summary>Whether someone looks at what is written there.</summary>
    public static bool IsTerminal(TextWriter writer)
        => (ReferenceEquals(writer, System.Console.Out) && !System.Console.IsOutputRedirected)
        || (ReferenceEquals(writer, System.Console.Error) && !System.Console.IsErrorRedirected);
}
