using System.Collections.Concurrent;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Engine.Bench.Games;

/// <summary>Shows a game in a terminal, in colour and in motion; elsewhere as plain text.</summary>
/// <param name="console">Where to.</param>
/// <param name="title">What stands above the board.</param>
public sealed class TerminalBoard(IAnsiConsole console, string title)
{
    private const double Faster = 1.25;
    private static readonly TimeSpan s_least = TimeSpan.FromSeconds(0.001), s_most = TimeSpan.FromSeconds(10);

    /// <summary>Keys as they are pressed: q quits, space pauses, + and - change the speed. Null where there are none.</summary>
    public BlockingCollection<char>? Keys { get; init; }

    /// <summary>Whether frames take each other's place, rather than stand below each other.</summary>
    public bool IsLive => console.Profile.Capabilities is { Ansi: true, Interactive: true };

    /// <summary>Shows an episode: in a terminal all its frames, elsewhere the last one.</summary>
    /// <param name="frames">The frames.</param>
    /// <param name="framesPerSecond">How many a second, in a terminal.</param>
    /// <param name="all">Whether all frames are written where they can't take each other's place.</param>
    /// <param name="cancel">Asks it to stop.</param>
    /// <exception cref="OperationCanceledException">It stopped; the frame it stopped at stays to be seen.</exception>
    public void Play(IReadOnlyList<GameFrame> frames, double framesPerSecond, bool all = false, CancellationToken cancel = default)
    {
        if (IsLive)
        {
            PlayLive(frames, TimeSpan.FromSeconds(1 / framesPerSecond), cancel);
            return;
        }

        foreach (var frame in all ? frames : frames.TakeLast(1))
        {
            cancel.ThrowIfCancellationRequested();
            console.Profile.Out.Writer.WriteLine(Plain(frame, title));
        }
    }

    /// <summary>A frame in colour. What the window has no room for is cut off: a line too long would take two.</summary>
    public IRenderable Draw(GameFrame frame)
    {
        var outcome = new Cell("", frame.Outcome.Length > 0 ? "  " + frame.Outcome : "", new Style(frame.Won ? Cell.Bright : Cell.Orange));
        return new Rows(
        [
            Line([Faint(title)]),
            Line([new Cell("", frame.Status, new Style(decoration: Decoration.Bold)), outcome]),
            .. frame.Draw().Lines().Select(Line),
        ]);
    }

    /// <summary>A frame as plain text.</summary>
    public static string Plain(GameFrame frame, string title)
        => string.Join('\n', [
            title,
            frame.Outcome.Length > 0 ? $"{frame.Status}  {frame.Outcome}" : frame.Status,
            .. frame.Draw().Lines().Select(line => string.Concat(line.Select(cell => cell.Plain))),
        ]);

    private static Cell Faint(string text) => new("", text, new Style(Color.Grey));

    private Paragraph Line(IEnumerable<Cell> cells)
    {
        var line = new Paragraph { Overflow = Overflow.Crop };
        int left = console.Profile.Width - 1;
        foreach (var cell in cells)
        {
            string text = cell.Coloured[..Math.Clamp(left, 0, cell.Coloured.Length)];
            line.Append(text, cell.Style);
            left -= text.Length;
        }

        return line;
    }

    private void PlayLive(IReadOnlyList<GameFrame> frames, TimeSpan interval, CancellationToken cancel)
        => console.Live(Draw(frames[0])).Overflow(VerticalOverflow.Crop).Cropping(VerticalOverflowCropping.Bottom).Start(context =>
        {
            using var none = new BlockingCollection<char>();
            var keys = Keys ?? none;
            var clock = TimeProvider.System;
            int shown = 0, last = frames.Count - 1;
            bool isPaused = false;
            Show();

            // The first drawing takes longer than others: time begins after it.
            long drawn = clock.GetTimestamp();
            while (shown < last)
            {
                double early = (interval - clock.GetElapsedTime(drawn)).TotalMilliseconds;
                if (keys.TryTake(out char key, isPaused ? Timeout.Infinite : (int)Math.Max(0, Math.Ceiling(early)), cancel))
                {
                    if (key is 'q' or 'Q')
                        break;
                    if (key == ' ')
                        (isPaused, drawn) = (!isPaused, clock.GetTimestamp());
                    interval = key == '+' ? interval / Faster : key == '-' ? interval * Faster : interval;
                    interval = interval < s_least ? s_least : interval > s_most ? s_most : interval;
                    continue;
                }

                // A terminal that is too slow misses frames, but not the last.
                long passed = Math.Max(1, (long)(clock.GetElapsedTime(drawn) / interval));
                shown = (int)Math.Min(shown + passed, last);
                drawn += (long)(passed * interval.TotalSeconds * clock.TimestampFrequency);
                Show();
            }

            Show(hint: false);

            void Show(bool hint = true)
            {
                var frame = Draw(frames[shown]);
                context.UpdateTarget(
                    hint && Keys is not null ? new Rows(frame, Line([Faint("q quits, space pauses, + and - change the speed")])) : frame);
            }
        });
}
