using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Xunit;

namespace Engine.Tests.Docs;

/// <summary>What tests of documentation share. Tests that catch what is printed are one collection: there is one console.</summary>
internal static class Pages
{
    /// <summary>The folder of the repository.</summary>
    public static string Root([CallerFilePath] string file = "")
        => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "..", ".."));

    /// <summary>
    /// Fails unless a file of the documentation is what the code says; ENGINE_UPDATE_DOCS=1 in the environment writes it anew.
    /// </summary>
    /// <param name="name">The file, in docs.</param>
    /// <param name="text">What the code says.</param>
    public static void AssertIs(string name, string text)
    {
        string path = Path.Combine(Root(), "docs", name);
        if (Environment.GetEnvironmentVariable("ENGINE_UPDATE_DOCS") == "1")
            File.WriteAllText(path, text);
        string[] page = File.Exists(path) ? File.ReadAllLines(path) : [], wanted = text.TrimEnd('\n').Split('\n');
        int at = Enumerable.Range(0, Math.Max(page.Length, wanted.Length))
            .FirstOrDefault(line => page.ElementAtOrDefault(line) != wanted.ElementAtOrDefault(line), -1);
        Assert.True(
            at < 0,
            $"docs/{name} differs from what it is made of in line {at + 1}, which should be\n{wanted.ElementAtOrDefault(at)}\n"
            + "Set ENGINE_UPDATE_DOCS=1 in the environment and run this test to write it anew.");
    }

    /// <summary>Lines without indentation, but for empty ones.</summary>
    public static string[] Lines(string text) => [.. text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0)];

    /// <summary>The first block of code of a language, or of none.</summary>
    public static string Block(string page, string language) => Blocks(page).First(block => block.Language == language).Text;

    /// <summary>All blocks of code, with their languages, in order.</summary>
    public static IEnumerable<(string Language, string Text)> Blocks(string page)
        => Regex.Matches(page, "^```([a-z]*)\n(.*?)\n```$", RegexOptions.Singleline | RegexOptions.Multiline)
            .Select(block => (block.Groups[1].Value, block.Groups[2].Value));

    /// <summary>The lines of a program that is kept as a class with a method Run: usings, what the method does, and what follows.</summary>
    public static string[] Program(string source)
    {
        var match = Regex.Match(source, @"void Run\(\)\n    \{\n(.*?)\n    \}\n\}\n(.*)", RegexOptions.Singleline);
        return
        [
            .. Lines(source).Where(line => line.StartsWith("using Engine", StringComparison.Ordinal)),
            .. Lines(match.Groups[1].Value),
            .. Lines(match.Groups[2].Value),
        ];
    }

    /// <summary>What a program prints.</summary>
    public static string Printed(Action program)
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        var console = Console.Out;
        Console.SetOut(output);
        try
        {
            program();
        }
        finally
        {
            Console.SetOut(console);
        }

        return output.ToString();
    }
}
