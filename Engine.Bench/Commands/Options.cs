using System.CommandLine;
using System.CommandLine.Parsing;
using System.Numerics;
using Engine.Bench.Input;
using Engine.Bench.Output;
using Engine.RL;
using Engine.RL.Environments;

namespace Engine.Bench.Commands;

/// <summary>Makes the options of commands.</summary>
public static class Options
{
    /// <summary>An option with a default that the help shows.</summary>
    /// <typeparam name="T">A text, a number, a truth value or an enumeration, whose names are typed in any case.</typeparam>
    /// <param name="name">What is typed, for example --iterations.</param>
    /// <param name="description">What it sets.</param>
    /// <param name="fallback">Its value where neither the command line nor a file of settings gives one.</param>
    /// <param name="needed">Says what is needed in place of a value that won't do; null if every value will.</param>
    public static Option<T> Of<T>(string name, string description, T fallback, Func<T, string?>? needed = null)
        => Suggest(new ValueOption<T>(
            name, description, fallback, given => ReadAll<T>(given, needed: needed) is [var value] ? value : default)
        {
            HelpName = HelpName(typeof(T)),
            Arity = ArgumentArity.ExactlyOne,
        });

    /// <summary>An option with a default and a range, both of which the help shows.</summary>
    /// <param name="name">What is typed, for example --iterations.</param>
    /// <param name="description">What it sets.</param>
    /// <param name="fallback">Its value where none is given.</param>
    /// <param name="atLeast">The least value; none if NaN.</param>
    /// <param name="atMost">The largest value; none if NaN.</param>
    /// <param name="above">What the value must exceed; nothing if NaN.</param>
    public static Option<T> Number<T>(
        string name, string description, T fallback, double atLeast = double.NaN, double atMost = double.NaN, double above = double.NaN)
        where T : struct, INumber<T>
    {
        var range = new SettingAttribute(description) { AtLeast = atLeast, AtMost = atMost, Above = above };
        return Of(name, Describe(range), fallback, value => range.Holds(double.CreateChecked(value)) ? null : range.Range);
    }

    /// <summary>What the help says of a setting: what it sets, and its range.</summary>
    public static string Describe(SettingAttribute about)
        => (about.Range is { } range ? $"{about.Help.TrimEnd('.')}; {range}." : about.Help)
            + (about.MayGrow ? " There may be more of them with --resume." : "");

    /// <summary>An option that takes several values, such as --look-ahead 1,5,10.</summary>
    public static Option<T[]> Many<T>(string name, string description, params T[] fallback)
        => List(name, description, fallback, null);

    private static Option<T[]> List<T>(string name, string description, T[] fallback, Func<T, string?>? needed)
        => Suggest(new ValueOption<T[]>(name, description, fallback, given => ReadAll(given, isList: true, needed))
        {
            HelpName = HelpName(typeof(T)) + ",...",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = true,
        });

    /// <summary>An option that takes several numbers of a range, which the help shows.</summary>
    /// <param name="name">What is typed, for example --steps.</param>
    /// <param name="description">What they set.</param>
    /// <param name="atLeast">The least value of each.</param>
    /// <param name="fallback">Them where none is given.</param>
    public static Option<int[]> Numbers(string name, string description, int atLeast, params int[] fallback)
    {
        var range = new SettingAttribute(description) { AtLeast = atLeast };
        return List<int>(name, Describe(range), fallback, value => range.Holds(value) ? null : range.Range);
    }

    /// <summary>A switch, off unless it is given.</summary>
    public static Option<bool> Switch(string name, string description) => new(name) { Description = description };

    /// <summary>
    /// Makes an option that takes texts complain of an empty one, and of one that begins as an option does: most likely its own value was
    /// forgotten.
    /// </summary>
    public static void RefuseOptionsAsTexts(Option option)
    {
        if ((option.ValueType.GetElementType() ?? option.ValueType) != typeof(string))
            return;
        RefuseEmpty(option.Name, option.Validators);
        option.Validators.Add(result =>
        {
            // A negative number may be wrong too, but not for that.
            bool isPath = option.HelpName is "DIR" or "FILE";
            if (result.Tokens.FirstOrDefault(given => given.Value.StartsWith('-') && (isPath || !IsNumber(given.Value))) is { } token)
            {
                string remedy = isPath
                    ? $"write {option.Name} ./{Printable.Value(token.Value)} if it is meant"
                    : $"{option.Name} needs a value";
                result.AddError($"{option.Name}: {Printable.Quote(token.Value)} looks like an option; {remedy}.");
            }
        });
    }

    /// <summary>Makes an argument complain of what looks like an option: an unknown one would be taken for a folder.</summary>
    public static void RefuseOptionsAsArguments(Argument argument)
        => argument.Validators.Add(result =>
        {
            if (result.Tokens.FirstOrDefault(LooksLikeOption) is { } token)
                result.AddError($"{argument.Name}: {Printable.Quote(token.Value)} looks like an option.");
        });

    /// <summary>Whether a word looks like an option.</summary>
    public static bool LooksLikeOption(Token token) => token.Value.Length > 1 && token.Value[0] == '-';

    /// <summary>Makes an option or an argument complain of an empty text.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="validators">Its validators.</param>
    public static void RefuseEmpty<TResult>(string name, List<Action<TResult>> validators)
        where TResult : SymbolResult
        => validators.Add(result =>
        {
            if (result.Tokens.Any(given => given.Value.Length == 0))
                result.AddError($"{name} needs a value, but '' is empty.");
        });

    /// <summary>Makes sure that names are among those there are.</summary>
    /// <exception cref="UserError">One is not.</exception>
    public static void RequireKnown(string option, IEnumerable<string> names, IReadOnlyCollection<string> known)
    {
        if (names.FirstOrDefault(name => !known.Contains(name)) is { } name)
        {
            const int Most = 8;
            string more = known.Count > Most ? FormattableString.Invariant($" and {known.Count - Most} more") : "";
            string hint = Nearest.To(name, known) is { } near
                ? $"did you mean '{near}'?"
                : $"there are {string.Join(", ", known.Take(Most))}{more}.";
            throw new UserError($"{option}: there is no {Printable.Quote(name)}; {hint}");
        }
    }

    /// <summary>The option's value if the command line gives it, else that of the settings.</summary>
    public static T Given<T>(this ParseResult parsed, Option<T> option, T fromSettings)
        => parsed.GetResult(option) is { Implicit: false } ? parsed.GetValue(option)! : fromSettings;

    private static bool IsNumber(string text) => Values.TryRead<double>(text, out _);

    private static TOption Suggest<TOption>(TOption option)
        where TOption : Option
    {
        // The library would suggest names as the code has them.
        if (Values.Names(Values.Element(option.ValueType) ?? option.ValueType).ToArray() is { Length: > 0 } names)
        {
            option.CompletionSources.Clear();
            option.CompletionSources.Add(names);
        }

        return option;
    }

    private static T[]? ReadAll<T>(ArgumentResult result, bool isList = false, Func<T, string?>? needed = null)
    {
        var values = new List<T>();
        foreach (string text in result.Tokens.SelectMany(token => isList ? Values.Split(token.Value) : [token.Value]))
        {
            string name = (result.Parent as OptionResult)?.Option.Name ?? "";
            if (isList && text.Length == 0)
                result.AddError($"{name}: a value is missing beside a comma.");
            else if (!Values.TryRead(text, out T value))
                result.AddError($"{name}: {Printable.Quote(text)} is not {Kinds.Of(typeof(T), text)}.");
            else if (needed?.Invoke(value) is { } other)
                result.AddError($"{name} is {Setting.Text(value)}, but must be {other}.");
            else
                values.Add(value);
        }

        return result.Errors.Any() ? null : [.. values];
    }

    private static string HelpName(Type type) => Type.GetTypeCode(type = Nullable.GetUnderlyingType(type) ?? type) switch
    {
        _ when type == typeof(Grid) => "GRID",
        _ when type.IsEnum => string.Join('|', Values.Names(type)),
        TypeCode.Int32 or TypeCode.Int64 => "N",
        TypeCode.Single or TypeCode.Double => "X",
        TypeCode.Boolean => "true|false",
        _ => "TEXT",
    };
}
