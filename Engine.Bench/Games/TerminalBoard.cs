using System.Text;
using Spectre.Console;
using Spectre.Console.Rendering;
using static System.FormattableString;

namespace Engine.Bench.Games;

/// <summary>Shows a game of Snake in a terminal, in colour and in motion; elsewhere as plain text.</summary>
/// <param name="console">Where to.</param>
/// <param name="title">What stands above the board.</param>
public sealed class TerminalBoard(IAnsiConsole console, string title)
{
    private static readonly Color s_head = new(116, 227, 157);
    private static readonly Color s_neck = new(63, 185, 111);
    private static readonly Color s_tail = new(28, 82, 50);
    private static readonly Color s_fruit = new(255, 107, 79);
    private static readonly Color s_crash = new(220, 58, 34);
    private static readonly Color s_ground = new(20, 26, 33);
    private static readonly Color s_check = new(27, 34, 43);
    private static readonly Color s_eyes = new(11, 31, 18);

    /// <summary>Whether frames take each other's place, rather than stand below each other.</summary>
    public bool IsLive => console.Profile.Capabilities is { Ansi: true, Interactive: true };

    /// <summary>Shows an episode: in a terminal all its frames, elsewhere the last one.</summary>
    /// <param name="frames">The frames.</param>
    /// <param name="framesPerSecond">How many a second, in a terminal.</param>
    /// <param name="all">Whether all frames are written where they can't take each other's place.</param>
    /// <param name="cancel">Asks it to stop.</param>
    /// <exception cref="OperationCanceledException">It stopped; the frame it stopped at stays to be seen.</exception>
    public void Play(IReadOnlyList<SnakeFrame> frames, double framesPerSecond, bool all = false, CancellationToken cancel = default)
    {
        if (IsLive)
        {
            PlayLive(frames, framesPerSecond, cancel);
            return;
        }

        foreach (var frame in all ? frames : frames.TakeLast(1))
        {
            cancel.ThrowIfCancellationRequested();
            console.Profile.Out.Writer.WriteLine(Plain(frame, title));
        }
    }

    /// <summary>A frame in colour, two characters for a cell.</summary>
    public static IRenderable Draw(SnakeFrame frame, string title)
    {
        int width = 2 * frame.Columns;
        var body = Places(frame);
        var text = new Paragraph { Overflow = Overflow.Crop };
        for (int row = 0; row < frame.Rows; row++)
        {
            if (row > 0)
                text.Append("\n");
            for (int column = 0; column < frame.Columns; column++)
                Append(text, frame, body, (row * frame.Columns) + column, (row + column) % 2 == 0);
        }

        var header = new Paragraph().Append(Header(frame), new Style(decoration: Decoration.Bold));
        if (frame.Outcome.Length > 0)
            header.Append("  " + frame.Outcome, new Style(frame.End == SnakeEnd.Full ? s_head : s_fruit));
        var panel = new Panel(text)
        {
            Border = BoxBorder.Rounded,
            BorderStyle = new Style(Color.Grey),
            Padding = new Padding(0),
            Width = width + 2,
        };
        return new Rows(new Text(title, new Style(Color.Grey)) { Overflow = Overflow.Ellipsis }, header, panel);
    }

    /// <summary>A frame as plain text, two characters for a cell: @@ is the head, ## the body, the tail ++, the fruit ().</summary>
    public static string Plain(SnakeFrame frame, string title)
    {
        var body = Places(frame);
        var text = new StringBuilder();
        if (title.Length > 0)
            text.Append(title).Append('\n');
        text.Append(Header(frame)).Append(frame.Outcome.Length > 0 ? "  " + frame.Outcome : "").Append('\n');
        string edge = new('-', 2 * frame.Columns);
        text.Append('+').Append(edge).Append("+\n");
        for (int row = 0; row < frame.Rows; row++)
        {
            text.Append('|');
            for (int column = 0; column < frame.Columns; column++)
            {
                int cell = (row * frame.Columns) + column;
                text.Append(
                    body.TryGetValue(cell, out int place) ? place == 0 ? "@@" : Body(place, body.Count)
                    : cell == frame.Fruit ? "()"
                    : " .");
            }

            text.Append("|\n");
        }

        return text.Append('+').Append(edge).Append('+').ToString();
    }

    private void PlayLive(IReadOnlyList<SnakeFrame> frames, double framesPerSecond, CancellationToken cancel)
    {
        var interval = TimeSpan.FromSeconds(1 / framesPerSecond);
        console.Live(Draw(frames[0], title)).Overflow(VerticalOverflow.Crop).Cropping(VerticalOverflowCropping.Bottom).Start(context =>
        {
            var clock = TimeProvider.System;

            // The first drawing takes longer than others: time begins after it.
            context.Refresh();
            long began = clock.GetTimestamp();
            for (int i = 1; i < frames.Count && !cancel.IsCancellationRequested; i++)
            {
                // A terminal that is too slow misses frames, but not the last.
                var early = (interval * i) - clock.GetElapsedTime(began);
                if (early < -interval && i < frames.Count - 1)
                    continue;
                if (early > TimeSpan.Zero)
                    cancel.WaitHandle.WaitOne(early);
                context.UpdateTarget(Draw(frames[i], title));
            }
        });
        cancel.ThrowIfCancellationRequested();
    }

    private static void Append(Paragraph text, SnakeFrame frame, Dictionary<int, int> body, int cell, bool even)
    {
        var ground = even ? s_ground : s_check;
        if (body.TryGetValue(cell, out int place))
        {
            if (place == 0)
                text.Append(Eyes(frame), new Style(s_eyes, frame.End == SnakeEnd.Crash ? s_crash : s_head, Decoration.Bold));
            else
                AppendBody(text, place, body.Count);
        }
        else if (cell == frame.Fruit)
        {
            text.Append("()", new Style(s_fruit, ground, Decoration.Bold));
        }
        else
        {
            text.Append("  ", new Style(background: ground));
        }
    }

    // Where there are colours the characters have that of their ground.
    private static void AppendBody(Paragraph text, int place, int length)
    {
        var colour = s_neck.Blend(s_tail, place / (float)length);
        text.Append(Body(place, length), new Style(colour, colour));
    }

    private static string Body(int place, int length) => place == length - 1 ? "++" : "##";

    // Without colours the head is told from the body by its eyes.
    private static string Eyes(SnakeFrame frame) => frame.End == SnakeEnd.Crash ? "xx" : "••";

    private static Dictionary<int, int> Places(SnakeFrame frame)
        => frame.Body.Index().ToDictionary(place => place.Item, place => place.Index);

    private static string Header(SnakeFrame frame) => Invariant($"step {frame.Step}  return {frame.Return:0.##}");
}
