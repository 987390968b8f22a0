using static System.FormattableString;

namespace Engine.Bench.Games;

/// <summary>
/// An episode of Snake as one SVG file that plays by itself, without scripts: in a browser, and as an image within a page. What is seen of
/// a cell only has the frames at which it changes. A viewer that does not animate shows the last frame.
/// </summary>
public sealed class AnimatedSvg
{
    // The last frame stays for a while before the episode begins anew.
    private const double HoldSeconds = 1.5;

    private readonly SnakeScene _scene;
    private readonly int _frames;

    /// <summary>Takes down an episode.</summary>
    /// <param name="frames">Its frames, one or more, all of one board.</param>
    /// <param name="title">What stands above it.</param>
    /// <exception cref="ArgumentException">There are no frames, or they are of several boards.</exception>
    public AnimatedSvg(IReadOnlyList<SnakeFrame> frames, string title)
    {
        if (frames.Count == 0)
            throw new ArgumentException("An episode has one frame or more.", nameof(frames));
        if (frames.Any(frame => (frame.Rows, frame.Columns) != (frames[0].Rows, frames[0].Columns)))
            throw new ArgumentException("The frames of an episode are all of one board.", nameof(frames));
        _frames = frames.Count;
        _scene = new SnakeScene(frames, title);
    }

    /// <summary>Frames a second.</summary>
    public double FramesPerSecond { get; init; } = 12;

    /// <summary>The whole episode; it plays over and over.</summary>
    /// <exception cref="InvalidOperationException">The number of frames a second is not positive.</exception>
    public string ToSvg()
    {
        if (!(FramesPerSecond > 0) || double.IsInfinity(FramesPerSecond))
            throw new InvalidOperationException(Invariant($"{FramesPerSecond} frames per second: give a positive number."));
        int hold = (int)Math.Ceiling(HoldSeconds * FramesPerSecond);
        return _scene.Draw(_frames - 1, new FrameClock(_frames + hold, FramesPerSecond));
    }

    /// <summary>A single frame, which does not move.</summary>
    /// <param name="number">Which one, from 0.</param>
    public string Frame(int number)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(number, _frames);
        return _scene.Draw(number, null);
    }
}
