using Engine.Bench.Output;
using Spectre.Console;
using Xunit;

namespace Engine.Tests.Bench;

public class TablesTests
{
    [Fact]
    public void TablesHaveLinesInATerminal() => Assert.Contains("│ 3-mix  │ 0.9901 │", Written(80));

    [Fact]
    public void TerminalsTooNarrowForWordsGetALineForEachCell()
    {
        string[] lines = Written(12).ReplaceLineEndings("\n").Split('\n');
        Assert.Equal(["Method: 3-mix", "gamma: 0.9901", "", "Method: 5", "gamma: 0.99", "", ""], lines);
    }

    [Fact]
    public void FilesGetMarkdown()
    {
        using var writer = new StringWriter();
        Write(Consoles.For(writer));
        Assert.Contains("| 3-mix  | 0.9901 |", writer.ToString());
    }

    // Right below a Markdown table a line would be another row of it.
    [Fact]
    public void NotesStandApart()
    {
        using var writer = new StringWriter();
        Consoles.For(writer).WriteTable(["Method"], [["5"]], "In brackets: nothing.");
        Assert.EndsWith("| 5      |\n\nIn brackets: nothing.\n\n", writer.ToString().ReplaceLineEndings("\n"));
    }

    [Fact]
    public void ClaimsHaveOneWordForTheirVerdict()
    {
        using var writer = new StringWriter();
        Consoles.For(writer).WriteClaims([new('a', "x", "1", true), new('b', "y", "2", false), new('c', "z", "one seed", null)]);
        Assert.All(
            (string[])
            [
                "| (a) | x     | 1        | holds   |", "| (b) | y     | 2        | fails   |", "| (c) | z     | one seed | open    |",
            ],
            row => Assert.Contains(row, writer.ToString()));
    }

    [Theory]
    [InlineData("5.200 [4.900, 5.600]", 5.2, 4.9, 5.6)]
    [InlineData("5.200", 5.2, null, null)]
    [InlineData("-", double.NaN, null, null)]
    public void IntervalsStandInBrackets(string expected, double value, double? low, double? high)
        => Assert.Equal(expected, Tables.WithInterval(value, low is { } known ? new(known, high!.Value) : null));

    private static string Written(int width)
    {
        using var writer = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            ColorSystem = ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(writer),
        });
        console.Profile.Width = width;
        console.Profile.Capabilities.Unicode = true;
        Write(console);
        return writer.ToString();
    }

    private static void Write(IAnsiConsole console) => console.WriteTable(["Method", ">gamma"], [["3-mix", "0.9901"], ["5", "0.99"]]);
}
