using System.CommandLine;
using System.CommandLine.Parsing;
using Engine.Bench.Output;

namespace Engine.Bench.Commands;

/// <summary>Says in one line what is wrong with a command line.</summary>
internal static class ParseErrors
{
    /// <summary>The line for the first error: the others mostly follow from it.</summary>
    public static string Describe(ParseResult parsed)
    {
        if (parsed.UnmatchedTokens.Count > 0)
            return Unknown(parsed.CommandResult.Command, parsed.UnmatchedTokens[0]);
        var command = parsed.CommandResult.Command;
        if (command.Subcommands.Count > 0)
            return $"Give a command: {string.Join(", ", command.Subcommands.Select(c => c.Name))}.";
        var error = parsed.Errors[0];
        var option = error.SymbolResult as OptionResult ?? error.SymbolResult?.Parent as OptionResult;
        if (option is not null)
            return Describe(option, error);
        var missing = command.Arguments.FirstOrDefault(
            argument => argument.Arity.MinimumNumberOfValues > 0 && parsed.GetResult(argument) is null or { Tokens.Count: 0 });
        return missing is null ? error.Message : $"{command.Name} needs {missing.Name}: {missing.Description}";
    }

    private static string Describe(OptionResult result, ParseError error)
    {
        var option = result.Option;
        if (result.Tokens.Count == 0 && option.Arity.MinimumNumberOfValues > 0)
            return $"{option.Name} needs a value" + (option.ValueType == typeof(string) ? "." : $": {Kinds.Of(option.ValueType)}.");
        return result.IdentifierTokenCount > 1 ? $"{option.Name} is given more than once." : error.Message;
    }

    private static string Unknown(Command command, string token)
    {
        bool isOption = token.StartsWith('-');
        string name = isOption ? token.Split('=', ':')[0] : token;
        if (isOption && command.Options.Any(option => option.Name == name))
            return $"{name} stands before the command: write 'engine {command.Name} {name} ...'.";
        var inherited = command.Parents.OfType<Command>().SelectMany(parent => parent.Options.Where(option => option.Recursive));
        IEnumerable<Symbol> symbols = isOption ? command.Options.Concat(inherited) : command.Subcommands;
        string kind = isOption ? "option" : command.Subcommands.Count > 0 ? "command" : "argument";
        return $"Unknown {kind} {Printable.Quote(token)}" + Nearest.Hint(name, symbols.Select(symbol => symbol.Name));
    }
}
