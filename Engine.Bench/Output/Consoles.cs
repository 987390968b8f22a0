using System.CommandLine;
using Spectre.Console;

namespace Engine.Bench.Output;

/// <summary>
/// Where a command prints: in colour for a terminal, else plain text that no width cuts short. A terminal whose characters are no Unicode
/// has neither lines nor blocks, and is as good as a file.
/// </summary>
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
        {
            var terminal = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
            if (terminal.Profile.Capabilities.Unicode)
                return terminal;
        }

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

    /// <summary>Shows the cursor again, which what moves in a terminal hides.</summary>
    public static void ShowCursor()
    {
        foreach (var writer in (TextWriter[])[System.Console.Out, System.Console.Error])
        {
            if (IsTerminal(writer) && For(writer) is { Profile.Capabilities.Ansi: true } console)
                console.Cursor.Show();
        }
    }

    /// <summary>Whether someone looks at what is written there.</summary>
    public static bool IsTerminal(TextWriter writer)
        => (ReferenceEquals(writer, System.Console.Out) && !System.Console.IsOutputRedirected)
        || (ReferenceEquals(writer, System.Console.Error) && !System.Console.IsErrorRedirected);
}
