using System.Globalization;
using System.Text;

namespace Engine.Bench.Games;

/// <summary>What one attribute of an animated picture is in each frame. Only changes are kept.</summary>
/// <param name="first">Its value in the first frame.</param>
internal sealed class Track(string first)
{
    private readonly List<(int Frame, string Value)> _keys = [(0, first)];

    /// <summary>Says what it is from a frame on. Frames come in order.</summary>
    public void Set(int frame, string value)
    {
        if (_keys[^1].Value == value)
            return;
        if (_keys[^1].Frame == frame)
            _keys.RemoveAt(_keys.Count - 1);
        if (_keys.Count == 0 || _keys[^1].Value != value)
            _keys.Add((frame, value));
    }

    /// <summary>Whether it is always this value.</summary>
    public bool IsAlways(string value) => _keys is [var only] && only.Value == value;

    /// <summary>What it is in a frame.</summary>
    public string At(int frame) => _keys[_keys.FindLastIndex(key => key.Frame <= frame)].Value;

    /// <summary>Animates an attribute of the element that is open; nothing if it never changes.</summary>
    /// <param name="svg">Where the element is.</param>
    /// <param name="attribute">The attribute. "translate" and "rotate" are kinds of transform.</param>
    /// <param name="clock">The times of frames.</param>
    public void Animate(SvgWriter svg, string attribute, FrameClock clock)
    {
        if (_keys.Count == 1)
            return;
        bool transform = attribute is "translate" or "rotate";
        var (times, values) = (new StringBuilder(), new StringBuilder());
        foreach (var (frame, value) in _keys)
        {
            times.Append(times.Length > 0 ? ";" : "").Append(clock.Time(frame));
            values.Append(values.Length > 0 ? ";" : "").Append(value);
        }

        svg.Element(transform ? "animateTransform" : "animate", ("attributeName", transform ? "transform" : attribute));
        if (transform)
            svg.Attribute("type", attribute);
        svg.Attribute("calcMode", "discrete");
        svg.Attribute("dur", clock.Duration);
        svg.Attribute("repeatCount", "indefinite");
        svg.Attribute("keyTimes", times.ToString());
        svg.Attribute("values", values.ToString());
        svg.Close();
    }
}

/// <summary>The times of an animation's frames, as parts of its duration, in as few digits as keep them apart.</summary>
/// <param name="frames">Frames in all.</param>
/// <param name="framesPerSecond">How many a second has.</param>
internal sealed class FrameClock(int frames, double framesPerSecond)
{
    private readonly string _format = "." + new string('#', (int)Math.Ceiling(Math.Log10(frames)) + 1);

    /// <summary>The duration.</summary>
    public string Duration { get; } = (frames / framesPerSecond).ToString("0.###", CultureInfo.InvariantCulture) + "s";

    /// <summary>When a frame begins.</summary>
    public string Time(int frame) => frame == 0 ? "0" : ((double)frame / frames).ToString(_format, CultureInfo.InvariantCulture);
}
