using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Engine.Bench.Commands;

/// <summary>The usual help, and below it the command's examples.</summary>
/// <param name="usual">The usual help.</param>
internal sealed class HelpWithExamples(HelpAction usual) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        foreach (var option in parseResult.CommandResult.Command.Options.OfType<IValueOption>())
            option.DescribeDefault();

        // What stands behind a command does not stand before those within it.
        foreach (var argument in parseResult.CommandResult.Command.Parents.OfType<Command>().SelectMany(command => command.Arguments))
            argument.Hidden = true;
        int code = usual.Invoke(parseResult);
        if (parseResult.CommandResult.Command is not BenchCommand { Examples: { Count: > 0 } examples })
            return code;
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Examples:");
        foreach (var (line, does) in examples)
        {
            output.WriteLine($"  {line}");
            output.WriteLine($"      {does}");
        }

        output.WriteLine();
        return code;
    }
}
