using System.Text;

namespace Engine.Bench.Figures;

/// <summary>
/// Characters for those that a figure has but our font lacks, such as Chinese ones: Skia would leave these out, although the reader's font
/// may well have them. A letter that the figure has nowhere is drawn for each, and replaced in the SVG.
/// </summary>
internal sealed class StandIns
{
    private readonly Dictionary<Rune, Rune> _drawn = [];
    private readonly Dictionary<Rune, Rune> _meant;

    /// <summary>Finds them.</summary>
    public StandIns(Figure figure)
    {
        var characters = new HashSet<Rune>();
        figure.WithTexts(text =>
        {
            characters.UnionWith(text.EnumerateRunes());
            return text;
        });
        Rune[] lacking = [.. characters.Where(Pen.Lacks)];
        if (lacking.Length > 0)
            _drawn = lacking.Zip(Pen.Letters().Except(characters)).ToDictionary();
        _meant = _drawn.ToDictionary(pair => pair.Value, pair => pair.Key);
    }

    /// <summary>A text as it is drawn.</summary>
    public string Drawn(string text) => Replace(text, _drawn);

    /// <summary>What is meant by a text that was drawn.</summary>
    public string Meant(string text) => Replace(text, _meant);

    private static string Replace(string text, Dictionary<Rune, Rune> replacements)
        => string.Concat(text.EnumerateRunes().Select(character => replacements.GetValueOrDefault(character, character)));
}
