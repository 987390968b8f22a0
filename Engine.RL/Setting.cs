using System.Globalization;
using System.Reflection;
using System.Text.Json;

namespace Engine.RL;

/// <summary>
/// Marks a property as a setting and says everything about it that its name, type and first value don't: options, files, checks and help
/// follow from this one place.
/// </summary>
/// <param name="help">What it sets, a sentence.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SettingAttribute(string help) : Attribute
{
    /// <summary>What it sets.</summary>
    public string Help { get; } = help;

    /// <summary>The least value; none if NaN.</summary>
    public double AtLeast { get; init; } = double.NaN;

    /// <summary>The largest value; none if NaN.</summary>
    public double AtMost { get; init; } = double.NaN;

    /// <summary>What the value must exceed; nothing if NaN.</summary>
    public double Above { get; init; } = double.NaN;

    /// <summary>What the value must fall short of; nothing if NaN.</summary>
    public double Below { get; init; } = double.NaN;

    /// <summary>Whether it says how much there is of a run, and may grow when the run goes on.</summary>
    public bool MayGrow { get; init; }

    /// <summary>Whether agents that go on from others must have theirs: what they have learned would not fit otherwise.</summary>
    public bool IsInherited { get; init; }

    /// <summary>Whether the range has an upper end.</summary>
    internal bool HasEnd => !(double.IsNaN(AtMost) && double.IsNaN(Below));

    /// <summary>Whether a value is in range.</summary>
    public bool Holds(double value)
        => double.IsFinite(value) && !(value < AtLeast) && !(value > AtMost) && !(value <= Above) && !(value >= Below);

    /// <summary>The range, for people; null if there is none.</summary>
    public string? Range => (AtLeast, AtMost, Above, Below) switch
    {
        (double.NaN, double.NaN, double.NaN, double.NaN) => null,
        (_, double.NaN, double.NaN, double.NaN) => $"at least {Text(AtLeast)}",
        (double.NaN, _, double.NaN, double.NaN) => $"at most {Text(AtMost)}",
        (double.NaN, double.NaN, _, double.NaN) => $"above {Text(Above)}",
        (double.NaN, double.NaN, double.NaN, _) => $"below {Text(Below)}",
        (_, _, double.NaN, double.NaN) => $"between {Text(AtLeast)} and {Text(AtMost)}",
        (double.NaN, double.NaN, _, _) => $"between {Text(Above)} and {Text(Below)}, both excluded",
        (_, double.NaN, double.NaN, _) => $"at least {Text(AtLeast)} and below {Text(Below)}",
        _ => $"above {Text(Above)} and at most {Text(AtMost)}",
    };

    private static string Text(double value) => value.ToString("0.################", CultureInfo.InvariantCulture);
}

/// <summary>A setting: a property of a record that <see cref="SettingAttribute"/> marks.</summary>
/// <param name="Property">The property.</param>
/// <param name="About">What is said of it.</param>
public sealed record Setting(PropertyInfo Property, SettingAttribute About)
{
    /// <summary>Its name in files and options, such as learning-rate.</summary>
    public string Name { get; } = JsonNamingPolicy.KebabCaseLower.ConvertName(Property.Name);

    /// <summary>The settings of a record, those of its base first.</summary>
    public static IReadOnlyList<Setting> Of(Type record)
        =>
        [
            .. record.GetProperties()
                .Select(property => (property, about: property.GetCustomAttribute<SettingAttribute>()))
                .Where(pair => pair.about is not null)
                .Select(pair => new Setting(pair.property, pair.about!))
                .OrderBy(setting => Depth(setting.Property.DeclaringType!)).ThenBy(setting => setting.Property.MetadataToken),
        ];

    /// <summary>Throws if a setting of a record is out of its range.</summary>
    /// <exception cref="ArgumentException">One is; the message names it, its value and what would do.</exception>
    public static void Validate(object record)
    {
        foreach (var setting in Of(record.GetType()))
        {
            object? value = setting.Property.GetValue(record);
            if (value is IConvertible boxed and (int or long or double))
            {
                double number = boxed.ToDouble(CultureInfo.InvariantCulture);
                string? range = setting.About.Range;
                bool isSaid = double.IsFinite(number) || setting.About.HasEnd;
                string needed = range is null ? "finite" : isSaid ? range : $"finite and {range}";
                Require(setting.About.Holds(number), setting.Name, value, needed);
            }
            else if (value is Enum named)
            {
                Require(Enum.IsDefined(named.GetType(), named), setting.Name, named, "one of those there are");
            }
        }
    }

    /// <summary>Throws if a setting is out of range.</summary>
    /// <exception cref="ArgumentException">It is; the message names it, its value and what would do.</exception>
    public static void Require(bool holds, string name, object value, string range)
    {
        if (!holds)
            throw new ArgumentException($"{name} is {Text(value)}, but must be {range}.");
    }

    /// <summary>Throws if something stands twice in a list.</summary>
    /// <exception cref="ArgumentException">It does.</exception>
    public static void RequireOnce<T>(string name, IReadOnlyCollection<T> values)
        => Require(
            values.Distinct().Count() == values.Count,
            name,
            string.Join(",", values.Select(value => Text(value))),
            "a list in which nothing stands twice");

    /// <summary>Throws if seeds from <paramref name="seed"/> on can't be counted.</summary>
    /// <exception cref="ArgumentException">They can't.</exception>
    public static void RequireSeeds(int seed, int seeds)
        => Require(seed <= int.MaxValue - seeds + 1, "seed", seed, $"at most {int.MaxValue - seeds + 1} with {seeds} seeds");

    /// <summary>A value as it would be typed.</summary>
    public static string Text(object? value) => value switch
    {
        Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString()!),
        bool truth => truth ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    private static int Depth(Type type) => type.BaseType is { } parent ? Depth(parent) + 1 : 0;
}
