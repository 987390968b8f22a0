using System.Text;
using ScottPlot;
using SkiaSharp;

namespace Engine.Bench.Figures;

/// <summary>How a line is broken.</summary>
internal enum Dash
{
    Solid,
    Dashed,
    Dotted,
}

/// <summary>Sets the style of lines, points and texts.</summary>
/// <param name="vectors">
/// Whether an SVG is drawn. Skia writes no dashes there: a line is then marked by its miter limit, which hardly shows, and
/// <see cref="AdaptiveSvg"/> breaks it.
/// </param>
internal sealed class Pen(bool vectors)
{
    // Fonts that come along: a container has none, and the same figure gives the same text everywhere.
    private static readonly SKTypeface s_regular = Font("DejaVuSans.ttf"), s_bold = Font("DejaVuSans-Bold.ttf");

    /// <summary>The lengths of dashes and gaps.</summary>
    public static float[] Pattern(Dash dash) => dash == Dash.Dashed ? [6, 4] : [1.5f, 3.5f];

    /// <summary>The miter limit that stands for a kind of line.</summary>
    public static float Mark(Dash dash) => dash == Dash.Dashed ? 5 : 6;

    /// <summary>Sets the style of a line.</summary>
    public void Draw(LineStyle line, Ink ink, float width, Dash dash = Dash.Solid)
    {
        (line.Color, line.Width, line.StrokeJoin) = (ink.Color, width, dash == Dash.Solid ? SKStrokeJoin.Round : SKStrokeJoin.Miter);
        if (dash == Dash.Solid)
            return;
        if (vectors)
            line.StrokeMiter = Mark(dash);
        else
            line.Pattern = new LinePattern(Pattern(dash), 0, dash.ToString());
    }

    /// <summary>Sets the style of points: small where they only fill gaps of a line.</summary>
    public static void Mark(MarkerStyle marker, Palette palette, Series series)
    {
        (marker.FillColor, marker.LineColor) = (palette.Ink(series).Color, Theme.Ground.Color);
        (marker.LineWidth, marker.Size, marker.Shape) = (1, series.Markers ? 7.5f : 3, palette.Shape(series));
    }

    /// <summary>Sets the style of a text.</summary>
    public static void Write(LabelStyle label, Ink ink, float size, bool bold = false)
        => (label.ForeColor, label.FontSize, label.Font) = (ink.Color, size, bold ? s_bold : s_regular);

    /// <summary>The bold font, in a size of pixels.</summary>
    public static SKFont Bold(float size) => new(s_bold, size);

    /// <summary>Whether a font can't write a character.</summary>
    public static bool Lacks(Rune character) => !s_regular.ContainsGlyph(character.Value) || !s_bold.ContainsGlyph(character.Value);

    /// <summary>Letters that look like no other character, the widest first.</summary>
    public static Rune[] Letters()
    {
        using var font = new SKFont(s_regular);
        return
        [
            .. Enumerable.Range(0xC0, 0x2000).Select(code => new Rune(code)).Where(character => !Lacks(character))
                .GroupBy(character => s_regular.GetGlyph(character.Value))
                .Where(alike => alike.Count() == 1 && Rune.IsLetter(alike.Single())).Select(alike => alike.Single())
                .OrderByDescending(letter => font.MeasureText(letter.ToString())),
        ];
    }

    private static SKTypeface Font(string name)
    {
        using var stream = typeof(Pen).Assembly.GetManifestResourceStream(name)!;
        return SKTypeface.FromStream(stream);
    }
}
