using System.Globalization;
using static System.FormattableString;

namespace Engine.Bench.Games;

/// <summary>
/// A number that changes over time, in a picture whose text can't: each digit is a window on a reel of all ten, as in a counter of
/// kilometres.
/// </summary>
internal sealed class Counter
{
    /// <summary>From one digit on the reel to the next.</summary>
    public const int Pitch = 18;

    private const double DigitWidth = 9;
    private const int Blank = 10;

    private readonly Track[] _digits;

    /// <summary>A counter up to a number.</summary>
    public Counter(int largest)
        => _digits = [.. largest.ToString(CultureInfo.InvariantCulture).Select(_ => new Track(Offset(Blank)))];

    /// <summary>How wide it is.</summary>
    public double Width => _digits.Length * DigitWidth;

    /// <summary>Says what it shows from a frame on.</summary>
    public void Set(int frame, int number)
    {
        string text = number.ToString(CultureInfo.InvariantCulture).PadLeft(_digits.Length);
        for (int i = 0; i < _digits.Length; i++)
            _digits[i].Set(frame, Offset(text[i] == ' ' ? Blank : text[i] - '0'));
    }

    /// <summary>Draws it from x to the right.</summary>
    public void Draw(SvgWriter svg, double x, double baseline, int frame, FrameClock? clock)
    {
        for (int i = 0; i < _digits.Length; i++)
        {
            svg.Window(x + (i * DigitWidth), baseline - 13, DigitWidth, Pitch);
            svg.Element("g", ("transform", $"translate({_digits[i].At(frame)})"));
            if (clock is not null)
                _digits[i].Animate(svg, "translate", clock);
            svg.Element(
                "use", ("href", "#r"), ("x", SvgWriter.Number(x + ((i + 0.5) * DigitWidth))), ("y", SvgWriter.Number(baseline)));
            svg.Close();
            svg.Close();
            svg.Close();
        }
    }

    private static string Offset(int digit) => digit == 0 ? "0 0" : Invariant($"0 {-digit * Pitch}");
}
