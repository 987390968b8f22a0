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
