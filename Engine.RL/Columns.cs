using System.Reflection;
using System.Text.Json;

namespace Engine.RL;

/// <summary>Rows of metrics as records: each property, all of them numbers, is a column.</summary>
/// <typeparam name="T">A positional record.</typeparam>
public static class Columns<T>
    where T : class
{
    private static readonly ConstructorInfo s_constructor = typeof(T).GetConstructors()[0];

    private static readonly PropertyInfo[] s_properties
        = [.. s_constructor.GetParameters().Select(parameter => typeof(T).GetProperty(parameter.Name!)!)];

    /// <summary>The columns, in order, such as return_mean.</summary>
    public static IReadOnlyList<string> Names { get; }
        = [.. s_properties.Select(property => JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name))];

    /// <summary>The position of a column.</summary>
    public static int Of(string name) => Names.Index().Single(column => column.Item == name).Index;

    /// <summary>The numbers of a row.</summary>
    public static double[] Values(T row) => [.. s_properties.Select(property => (double)property.GetValue(row)!)];

    /// <summary>The row of numbers.</summary>
    public static T Row(double[] values) => (T)s_constructor.Invoke([.. values.Cast<object>()]);
}
