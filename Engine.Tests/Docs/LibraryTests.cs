using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace Engine.Tests.Docs;

[Collection(nameof(Console))]
public class LibraryTests
{
    private static readonly string s_source
        = File.ReadAllText(Path.Combine(Pages.Root(), "Engine.Tests", "Docs", $"{nameof(LibraryExamples)}.cs"));

    public static TheoryData<string> Examples
        => [.. typeof(LibraryExamples).GetMethods().Where(method => method.IsStatic && method.GetParameters().Length == 0)
            .Select(method => method.Name)];

    // Each block is a run of lines of the source, behind the one before it.
    [Fact]
    public void EveryBlockIsCompiledHere()
    {
        string[] source = Pages.Lines(s_source);
        int at = 0, number = 0;
        foreach (var (language, text) in Pages.Blocks(File.ReadAllText(Path.Combine(Pages.Root(), "docs", "library.md"))))
        {
            number++;
            if (language == "sh")
                continue;
            Assert.True(language == "csharp", $"Block {number} is neither csharp nor sh.");
            string[] block = Pages.Lines(text);
            int found = Enumerable.Range(at, Math.Max(0, source.Length - block.Length - at + 1))
                .FirstOrDefault(start => source.AsSpan(start, block.Length).SequenceEqual(block), -1);
            Assert.True(
                found >= 0,
                $"Block {number} of docs/library.md is not in {nameof(LibraryExamples)}.cs behind the block before it:\n{text}");
            at = found + block.Length;
        }

        Assert.True(number > 20);
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void AnExamplePrintsWhatThePageQuotes(string name)
    {
        var program = typeof(LibraryExamples).GetMethod(name)!.CreateDelegate<Action>();
        string[] expected = Quoted(name), printed = Pages.Lines(Pages.Printed(program));
        string wanted = Words(expected), given = Words(printed);
        Assert.True(Agree(wanted, given), $"{name} prints\n{Listed(printed)}\nbut this is quoted:\n{Listed(expected)}");

        static string Listed(string[] lines) => string.Join('\n', lines);
    }

    private static string Words(string[] lines) => Regex.Replace(string.Join(' ', lines), @"\s+", " ");

    // Comments behind lines that print, and those that follow such a line, or the loop around it.
    private static string[] Quoted(string name)
    {
        var method = Regex.Match(s_source, $@"public static void {name}\(\)\n    \{{\n(.*?)\n    \}}\n", RegexOptions.Singleline);
        var quoted = new List<string>();
        bool follows = false;
        foreach (string line in method.Groups[1].Value.Split('\n').Select(line => line.Trim()))
        {
            var behind = Regex.Match(line, @"^Console\.WriteLine\(.*\);( +// (.*))?$");
            if (behind.Success)
            {
                follows = !behind.Groups[1].Success;
                if (!follows)
                    quoted.Add(behind.Groups[2].Value);
            }
            else if (follows && line.StartsWith("//", StringComparison.Ordinal))
            {
                quoted.Add(line[2..].Trim());
            }
            else
            {
                follows &= line == "}";
            }
        }

        return [.. quoted];
    }

    // Word for word but for spaces. Numbers with a point may differ in their last digit by two, as processors round differently, and an
    // ellipsis stands for anything.
    private static bool Agree(string wanted, string given)
    {
        const string Number = @"-?\d+\.\d*";
        string pattern = Regex.Escape(Regex.Replace(wanted, Number, "#")).Replace("\\#", $"({Number})").Replace("…", ".*?");
        var match = Regex.Match(given, $"^{pattern}$");
        return match.Success && Regex.Matches(wanted, Number).Zip(match.Groups.Values.Skip(1)).All(
            pair => Math.Abs(Parsed(pair.First.Value) - Parsed(pair.Second.Value))
                <= 2.01 * Math.Pow(10, pair.First.Value.IndexOf('.') - pair.First.Value.Length + 1));

        static double Parsed(string text) => double.Parse(text, CultureInfo.InvariantCulture);
    }
}
