using Engine.RL.Environments;

namespace Engine.Bench.Input;

/// <summary>Names of types, for people.</summary>
internal static class Kinds
{
    /// <summary>What a value of the type is.</summary>
    public static string Of(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(Grid))
            return "a board, as 6 for 6x6 or 10x14";
        if (type.IsEnum)
            return "one of " + string.Join(", ", Values.Names(type));
        if (Values.Element(type) is { } element)
            return "a list of " + Plural(element);
        return Type.GetTypeCode(type) switch
        {
            TypeCode.Int32 or TypeCode.Int64 => "a whole number, as 5000, 300k or 5M",
            TypeCode.Single or TypeCode.Double => "a number",
            TypeCode.Boolean => "true or false",
            TypeCode.String => "a text",
            _ => "an object",
        };
    }

    /// <summary>What a value of the type is that a text is none of: the nearest bound of a whole number that is too large for it.</summary>
    public static string Of(Type type, string text)
        => Values.Bound(text, type) is { } bound ? "a whole number of " + bound : Of(type);

    private static string Plural(Type type) => Type.GetTypeCode(type) switch
    {
        _ when type.IsEnum => "names, each " + Of(type),
        TypeCode.Int32 or TypeCode.Int64 => "whole numbers",
        TypeCode.Single or TypeCode.Double => "numbers",
        TypeCode.String => "texts",
        _ => "values",
    };
}
