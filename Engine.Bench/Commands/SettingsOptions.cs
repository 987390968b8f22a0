using System.CommandLine;
using System.Reflection;
using Engine.Bench.Input;
using Engine.Bench.Output;
using Engine.RL;

namespace Engine.Bench.Commands;

/// <summary>An option for each setting of a record, see <see cref="SettingAttribute"/>, and the options of every command.</summary>
/// <typeparam name="T">The record.</typeparam>
internal sealed class SettingsOptions<T>
    where T : class, new()
{
    private readonly (Setting Setting, Option Option, Func<ParseResult, object?> Read)[] _settings;
    private readonly Action<T> _validate;

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="validate">Throws an <see cref="ArgumentException"/> if a setting is out of range.</param>
    public SettingsOptions(Command command, Action<T> validate)
    {
        _validate = validate;
        var defaults = new T();
        _settings = [.. Setting.Of(typeof(T)).Select(setting => (setting, Made(setting, defaults, out var read), read))];
        foreach (var (_, option, _) in _settings)
            command.Add(option);
        Common = new CommonOptions(command);
    }

    /// <summary>The options of every command.</summary>
    public CommonOptions Common { get; }

    /// <summary>
    /// The settings of a run: defaults; over these the file of --config, or when resuming the run's own; over these the options that were
    /// given.
    /// </summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="complete">Puts in what is no option; null for nothing.</param>
    /// <param name="basis">What takes the place of the defaults where settings say so, else null; null for never.</param>
    /// <exception cref="UserError">A setting is out of range, or the file is wrong.</exception>
    public RunConfig<T> Read(ParseResult parsed, Func<T, T>? complete = null, Func<T, T?>? basis = null)
        => Common.Read(parsed, settings => Apply(parsed, complete is null ? settings : complete(settings)), _validate, basis);

    private T Apply(ParseResult parsed, T settings)
    {
        // A copy, as "with" makes one.
        var copy = (T)typeof(T).GetMethod("<Clone>$")!.Invoke(settings, null)!;
        foreach (var (setting, option, read) in _settings)
        {
            if (parsed.GetResult(option) is { Implicit: false })
                setting.Property.SetValue(copy, read(parsed));
        }

        return copy;
    }

    private static Option Made(Setting setting, T defaults, out Func<ParseResult, object?> read)
    {
        var type = setting.Property.PropertyType;
        object? fallback = setting.Property.GetValue(defaults);
        var element = Values.Element(type);
        var made = typeof(SettingsOptions<T>)
            .GetMethod(element is null ? nameof(One) : nameof(Many), BindingFlags.Static | BindingFlags.NonPublic)!
            .MakeGenericMethod(element ?? type)
            .Invoke(null, ["--" + setting.Name, Options.Describe(setting.About), fallback]);
        (var option, read) = ((Option, Func<ParseResult, object?>))made!;
        return option;
    }

    private static (Option Option, Func<ParseResult, object?> Read) One<TValue>(string name, string help, TValue fallback)
    {
        var option = Options.Of(name, help, fallback);
        return (option, parsed => parsed.GetValue(option));
    }

    private static (Option Option, Func<ParseResult, object?> Read) Many<TValue>(string name, string help, IReadOnlyList<TValue> fallback)
    {
        var option = Options.Many(name, help, [.. fallback]);
        return (option, parsed => parsed.GetValue(option));
    }
}
