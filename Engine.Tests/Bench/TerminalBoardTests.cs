using System.Collections.Concurrent;
using Engine.Bench.Games;
using Engine.Bench.Output;
using Spectre.Console;
using Xunit;

namespace Engine.Tests.Bench;

public class TerminalBoardTests
{
    private static readonly SnakeFrame[] s_frames =
    [
        new(2, 3, [0], 2, 0, 0),
        new(2, 3, [1], 2, 1, 0),
        new(2, 3, [2, 1], 3, 2, 1),
        new(2, 3, [5, 2], 3, 3, 1),
        new(2, 3, [5, 2], 3, 4, 1, SnakeEnd.Crash) { Struck = (1, 3) },
    ];

    [Fact]
    public void PlainTextShowsTheLastMoment()
        => Assert.Equal(
            """
            a game
            step 4  return 1  hit the wall
            +------+
            | . .++|
            |() .@@X
            +------+

            """.ReplaceLineEndings(),
            Written(board => board.Play(s_frames, 10)).ReplaceLineEndings());

    [Fact]
    public void PlainTextShowsAllIfAskedTo()
    {
        string text = Written(board => board.Play(s_frames, 10, all: true));
        Assert.Equal(s_frames.Length, text.Split("a game").Length - 1);
        Assert.Contains("|@@ .()|", text);
        Assert.DoesNotContain('\x1b', text);
    }

    [Fact]
    public void DrawnCellsAreTwoCharactersWideInABox()
    {
        using var writer = new StringWriter();
        var console = Consoles.For(writer);
        console.Write(new TerminalBoard(console, "a game").Draw(s_frames[2]));
        string[] lines = [.. writer.ToString().ReplaceLineEndings("\n").Split('\n').Select(line => line.TrimEnd())];
        Assert.Equal(["a game", "step 2  return 1", "╭──────╮", "│  ++••│", "│()    │", "╰──────╯"], lines[..6]);
    }

    [Fact]
    public void InATerminalMomentsTakeEachOthersPlace()
    {
        using var writer = new StringWriter();
        var console = Terminal(writer);
        new TerminalBoard(console, "a game").Play(s_frames, 1000);
        string text = writer.ToString();
        Assert.Contains("step 0  return 0", text);
        Assert.Contains("step 4  return 1", text);

        // Up again, over the whole of the last moment.
        Assert.Contains("\x1b[5A", text);
        Assert.DoesNotContain("q quits", text);
        Assert.EndsWith("\x1b[?25h", text.TrimEnd());
    }

    [Fact]
    public void StopsWhenAskedToAndRestoresTheCursor()
    {
        using var writer = new StringWriter();
        var console = Terminal(writer);
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => new TerminalBoard(console, "").Play(s_frames, 0.1, cancel: source.Token));
        Assert.DoesNotContain("step 4", writer.ToString());
        Assert.EndsWith("\x1b[?25h", writer.ToString().TrimEnd());
    }

    [Fact]
    public void KeysQuitPauseAndChangeTheSpeed()
    {
        // Too slow to see anything, unless the keys before q have made it a thousand times as fast.
        using var keys = new BlockingCollection<char> { ' ', '-', ' ', 'x', 'q' };
        Assert.DoesNotContain("step 1", Played(keys, 0.1));
        foreach (char key in new string('+', 40))
            keys.Add(key);
        string text = Played(keys, 0.1);
        Assert.Contains("step 4", text);
        Assert.Contains("q quits", text);

        static string Played(BlockingCollection<char> keys, double speed)
        {
            using var writer = new StringWriter();
            new TerminalBoard(Terminal(writer), "a game") { Keys = keys }.Play(s_frames, speed);
            Assert.EndsWith("\x1b[?25h", writer.ToString().TrimEnd());
            return writer.ToString();
        }
    }

    [Theory]
    [InlineData(60)]
    [InlineData(9)]
    [InlineData(1)]
    public void NoLineIsLongerThanTheWindow(int width)
    {
        using var writer = new StringWriter();
        var console = Consoles.For(writer);
        console.Profile.Width = width;
        console.Write(new TerminalBoard(console, "a game of some length").Draw(s_frames[^1]));
        string[] lines = writer.ToString().ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
        Assert.All(lines, line => Assert.InRange(line.TrimEnd().Length, 0, width - 1));
        Assert.InRange(lines.Length, 1, 6);
    }

    private static IAnsiConsole Terminal(StringWriter writer)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.Yes,
            Out = new AnsiConsoleOutput(writer),
        });
        (console.Profile.Width, console.Profile.Height) = (80, 24);
        return console;
    }

    private static string Written(Action<TerminalBoard> play)
    {
        using var writer = new StringWriter();
        play(new TerminalBoard(Consoles.For(writer), "a game"));
        return writer.ToString();
    }
}
