using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Reflection;
using Engine.Bench.Commands;
using Engine.Bench.Output;

namespace Engine.Bench;

/// <summary>The program "engine": experiments on the command line.</summary>
public static class Program
{
    /// <summary>The version of the program.</summary>
    public static string Version { get; } = typeof(Program).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
        .InformationalVersion.Split('+')[0];

    // A command is a class in Commands/ and a line here.
    internal static Command[] Commands =>
    [
        MrpCommand.Create(),
        BiasVarianceCommand.Create(),
        TrainCommand.Create(),
        TrainCommand.CreateSnake(),
        Table1Command.Create(),
        VarianceCommand.Create(),
        FrontierCommand.Create(),
        HessianCommand.Create(),
        PlotCommand.Create(),
        ReportCommand.Create(),
        SweepCommand.Create(),
        EvaluateCommand.Create(),
        PlayCommand.Create(),
        ExportCommand.Create(),
        CheckCommand.Create(),
        WorkloadsCommand.Create(),
        MemoryCommand.Create(),
        CompareCommand.Create(),
        ScalingCommand.Create(),
        MicroCommand.Create(),
        DevicesCommand.Create(),
        CompletionCommand.Create(),
    ];

    /// <summary>Runs a command line, until Ctrl-C if need be.</summary>
    public static int Main(string[] args)
    {
        using var interruption = new Interruption();
        return LenientWriter.Guard(Console.Out, Console.Error, (output, error) =>
        {
            // Whoever asks whether a writer is the terminal's knows it as the console's.
            Console.SetOut(output);
            Console.SetError(error);
            return Run(args, Console.Out, Console.Error, interruption.Token);
        });
    }

    /// <summary>Runs a command line and returns its exit code, one of <see cref="ExitCodes"/>.</summary>
    /// <param name="args">What was typed after the name of the program.</param>
    /// <param name="output">Where results go.</param>
    /// <param name="error">Where progress and complaints go.</param>
    /// <param name="cancel">Asks the command to stop.</param>
    public static int Run(string[] args, TextWriter output, TextWriter error, CancellationToken cancel = default)
    {
        // As others have it; and what begins with @ is a name like any other, not a file of arguments.
        if (args is ["help", .. var topic])
            args = [.. topic, "--help"];
        var parsed = Root(Commands).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        string name = "engine";
        for (SymbolResult? at = parsed.CommandResult; at is CommandResult { Command: not RootCommand and var command }; at = at.Parent)
            name = name.Insert("engine".Length, " " + command.Name);
        if (parsed.Action is HelpWithExamples ? parsed.UnmatchedTokens.Count > 0 : parsed.Errors.Count > 0)
        {
            error.WriteLine(Printable.Line($"{ParseErrors.Describe(parsed)} See '{name} --help'."));
            return ExitCodes.UserError;
        }

        try
        {
            // Signals are the caller's, and so are exceptions.
            var invocation = new InvocationConfiguration
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            return parsed.InvokeAsync(invocation, cancel).GetAwaiter().GetResult();
        }
        catch (Exception) when (args is [var directive, ..] && directive.StartsWith("[suggest", StringComparison.Ordinal))
        {
            // Who completes a line that is half written is offered nothing.
            return ExitCodes.Ok;
        }
        catch (Exception e)
        {
            return Complaints.Print(e, error);
        }
    }

    private static RootCommand Root(Command[] commands)
    {
        var root = new RootCommand(
            "Multi-step meta-gradient reinforcement learning: the experiments of 'One Step at a Time', and measurements of the engine.");
        foreach (var command in commands)
            root.Add(command);
        foreach (var command in commands.SelectMany(command => command.Subcommands.Prepend(command)))
        {
            foreach (var option in command.Options)
                Options.RefuseOptionsAsTexts(option);
            foreach (var argument in command.Arguments)
            {
                Options.RefuseEmpty(argument.Name, argument.Validators);
                Options.RefuseOptionsAsArguments(argument);
            }
        }

        foreach (var option in root.Options)
        {
            if (option is HelpOption { Action: HelpAction usual })
            {
                // The names that Windows knows would be those of files elsewhere.
                option.Aliases.Remove("/h");
                option.Aliases.Remove("/?");
                option.Action = new HelpWithExamples(usual);
            }
            else if (option is VersionOption)
                option.Action = new PrintVersion();
        }

        return root;
    }

    private sealed class PrintVersion : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine($"engine {Version}");
            return ExitCodes.Ok;
        }
    }
}
