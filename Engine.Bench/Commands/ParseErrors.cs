using System.CommandLine;
using System.CommandLine.Parsing;
using Engine.Bench.Input;
using Engine.Bench.Output;

namespace Engine.Bench.Commands;

/// <summary>Says in one line what is wrong with a command line.</summary>
internal static class ParseErrors
{
    /// <summary>The line for the first error: the others mostly follow from it.</summary>
    public static string Describe(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var given = command.Arguments.SelectMany(argument => parsed.GetResult(argument)?.Tokens ?? []);
        if (given.FirstOrDefault(Options.LooksLikeOption) is { } mistyped)
            return Unknown(command, mistyped.Value);
        if (parsed.UnmatchedTokens.Count > 0)
            return NoTruth(parsed, parsed.UnmatchedTokens[0]) ?? Unknown(command, parsed.UnmatchedTokens[0]);
        if (command is RootCommand)
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

    // The library takes a word behind an option that is neither true nor false for an argument.
    private static string? NoTruth(ParseResult parsed, string token)
    {
        string? before = parsed.Tokens.Select(each => each.Value).TakeWhile(each => each != token).LastOrDefault();
        bool isWanted = parsed.CommandResult.Command.Options.Any(option => option.Name == before && option.ValueType == typeof(bool));
        return isWanted && !token.StartsWith('-') ? $"{before}: {Printable.Quote(token)} is not {Kinds.Of(typeof(bool))}." : null;
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
