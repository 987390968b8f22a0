using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace Engine.Tests.Docs;

/// <summary>docs/first-hour.ipynb is docs/library.md, cell by cell.</summary>
public class NotebookTests
{
    private const string Beginning = """
        # A first hour

        This is [the page of this name](library.md) as a notebook, from a single tensor to a meta-gradient that is taken for sixteen
        seeds at once. Build the repository, open this file with a kernel of [.NET Interactive](https://github.com/dotnet/interactive),
        and run its cells from the first one on:

        ```sh
        dotnet build -c Release
        ```

        Comments behind a line that prints, or under it, say what it prints.
        """;

    // A notebook finds libraries beside it. The program has all of them in its folder.
    private const string References = """
        #r "../Engine.Bench/bin/Release/net10.0/Engine.Kernels.dll"
        #r "../Engine.Bench/bin/Release/net10.0/Engine.Core.dll"
        #r "../Engine.Bench/bin/Release/net10.0/Engine.RL.dll"
        using System.IO;
        """;

    private static readonly JsonSerializerOptions s_format
        = new() { WriteIndented = true, IndentSize = 1, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public void TheNotebookIsThePage()
        => Pages.AssertIs("first-hour.ipynb", Notebook(File.ReadAllText(Path.Combine(Pages.Root(), "docs", "library.md"))));

    private static string Notebook(string page)
    {
        // Texts and blocks of code take turns. What stands before the first block is about programs.
        string[] parts = Regex.Split(page, "^```csharp\n(.*?)\n```$", RegexOptions.Singleline | RegexOptions.Multiline);
        parts[0] = Beginning;
        parts[1] = $"{References}\n{parts[1]}";
        var cells = parts.Select((part, number) => (Text: part.Trim('\n'), IsCode: number % 2 == 1)).Where(cell => cell.Text.Length > 0)
            .Select((cell, number) => cell.IsCode ? Code(number, AsScript(cell.Text)) : Text(number, cell.Text));
        return JsonSerializer.Serialize(
            new
            {
                cells,
                metadata = new
                {
                    kernelspec = new { display_name = ".NET (C#)", language = "C#", name = ".net-csharp" },
                    language_info = new { name = "polyglot-notebook" },
                },
                nbformat = 4,
                nbformat_minor = 5,
            },
            s_format) + "\n";
    }

    // In a script, which a cell is, what is declared lives for as long as the notebook does.
    private static string AsScript(string text)
    {
        text = Regex.Replace(text, @"^using var scope = .*\n", "", RegexOptions.Multiline);
        return Regex.Replace(text, "^using var ", "var ", RegexOptions.Multiline);
    }

    private static object Code(int number, string text) => new
    {
        cell_type = "code",
        execution_count = (int?)null,
        id = FormattableString.Invariant($"cell-{number}"),
        metadata = new { },
        outputs = Array.Empty<object>(),
        source = Lines(text),
    };

    private static object Text(int number, string text)
        => new { cell_type = "markdown", id = FormattableString.Invariant($"cell-{number}"), metadata = new { }, source = Lines(text) };

    // Each line has its end, but for the last.
    private static string[] Lines(string text)
    {
        string[] lines = text.Split('\n');
        return [.. lines.Select((line, number) => number < lines.Length - 1 ? line + "\n" : line)];
    }
}
