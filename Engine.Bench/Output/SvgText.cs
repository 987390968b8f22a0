using System.Xml;

namespace Engine.Bench.Output;

/// <summary>Texts in pictures.</summary>
internal static class SvgText
{
    /// <summary>The fonts that are asked for: the reader's own.</summary>
    public const string Fonts = "-apple-system,\"Segoe UI\",Helvetica,Arial,\"DejaVu Sans\",sans-serif";

    /// <summary>A text without what XML has no way to write: control characters.</summary>
    public static string Clean(string text)
        => string.Concat(text.EnumerateRunes().Where(character => !character.IsBmp || XmlConvert.IsXmlChar((char)character.Value)));
}
