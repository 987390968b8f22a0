using System.Globalization;
using System.Text;

namespace Engine.Bench.Output;

/// <summary>
/// Makes texts fit to be printed that hold what a user or a file gave: they stay on their line, can't steer the terminal, and don't flood
/// it.
/// </summary>
internal static class Printable
{
    private const int LongestValue = 60;
    private const int LongestLine = 300;

    /// <summary>A value in quotation marks, shortened in the middle.</summary>
    public static string Quote(string value) => $"'{Value(value)}'";

    /// <summary>A value without quotation marks, shortened in the middle.</summary>
    public static string Value(string value) => Fit(value, LongestValue);

    /// <summary>A message on one line, shortened in the middle: what is wrong comes first, and what helps last.</summary>
    public static string Line(string message) => Fit(message.ReplaceLineEndings(" "), LongestLine);

    // Escaped once more, because the cut may have halved a character beyond the basic plane.
    private static string Fit(string text, int longest)
    {
        text = Escape(text.Length <= 2 * longest ? text : text[..longest] + text[^longest..]);
        return text.Length <= longest ? text : Escape($"{text[..(longest * 2 / 3)]}...{text[^(longest / 3 - 3)..]}");
    }

    /// <summary>A text of any length that can't steer the terminal.</summary>
    /// <remarks>As JSON escapes characters; half a pair of surrogates becomes the sign for what can't be shown.</remarks>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            bool isSeen = Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
            escaped.Append(isSeen ? rune.ToString() : string.Create(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}"));
        }

        return escaped.ToString();
    }
}
