using System.CommandLine;
using System.CommandLine.Parsing;

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
        return missing is null ? OneLine(error.Message) : $"{command.Name} needs {missing.Name}: {missing.Description}";
    }

    private static string Describe(OptionResult result, ParseError error)
    {
        var option = result.Option;
        if (result.Tokens.Count == 0 && option.Arity.MinimumNumberOfValues > 0)
            return $"{option.Name} needs a value" + (option.ValueType == typeof(string) ? "." : $": {Kinds.Of(option.ValueType)}.");
        return result.IdentifierTokenCount > 1 ? $"{option.Name} is given more than once." : OneLine(error.Message);
    }

    private static string Unknown(Command command, string token)
    {
        var inherited = command.Parents.OfType<Command>().SelectMany(parent => parent.Options.Where(option => option.Recursive));
        IEnumerable<Symbol> symbols = token.StartsWith('-') ? command.Options.Concat(inherited) : command.Subcommands;
        var known = symbols.Select(symbol => symbol.Name);
        string? near = known.Where(name => Edits(name, token) <= 2)
            .OrderBy(name => Edits(name, token)).ThenBy(name => Math.Abs(name.Length - token.Length)).FirstOrDefault();
        string kind = token.StartsWith('-') ? "option" : command.Subcommands.Count > 0 ? "command" : "argument";
        return $"Unknown {kind} '{token}'" + (near is null ? "." : $"; did you mean '{near}'?");
    }

    private static string OneLine(string message) => string.Join(' ', message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries));

    // Levenshtein's distance, a row at a time.
    private static int Edits(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int above = row[j];
                row[j] = Math.Min(Math.Min(above, row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[b.Length];
    }
}
