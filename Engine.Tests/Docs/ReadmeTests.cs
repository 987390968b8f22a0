using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Xunit;

namespace Engine.Tests.Docs;

public class ReadmeTests
{
    [Fact]
    public void TheExampleIsTheOneThatIsCompiledHere()
    {
        string readme = File.ReadAllText(Path.Combine(Root(), "README.md"));
        string example = Regex.Match(readme, "```csharp\n(.*?)```", RegexOptions.Singleline).Groups[1].Value;
        string source = File.ReadAllText(Path.Combine(Root(), "Engine.Tests", "Docs", "ReadmeExample.cs"));
        string[] usings = [.. Lines(source).Where(line => line.StartsWith("using Engine", StringComparison.Ordinal))];
        string body = Regex.Match(source, @"void Run\(\)\n    \{\n(.*?)\n    \}", RegexOptions.Singleline).Groups[1].Value;
        Assert.NotEmpty(body);
        Assert.Equal([.. usings, .. Lines(body)], Lines(example));
    }

    [Fact]
    public void TheExamplePrintsTheMetaGradient()
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        var console = Console.Out;
        Console.SetOut(output);
        try
        {
            ReadmeExample.Run();
        }
        finally
        {
            Console.SetOut(console);
        }

        // Against a difference quotient of the loss after the step.
        double expected = (After(0.1 + 1e-6) - After(0.1 - 1e-6)) / 2e-6;
        Assert.Equal(expected, double.Parse(output.ToString(), CultureInfo.InvariantCulture), 1e-6);

        static double After(double rate)
            => ((double[])[1.0, -2.0]).Select(p => p - (rate * ((2 * p * Math.Tanh(p)) + (p * p * (1 - (Math.Tanh(p) * Math.Tanh(p)))))))
                .Sum(p => p * p * Math.Tanh(p));
    }

    [Fact]
    public void EveryFileThatTheDocumentationLinksToIsThere()
    {
        string[] pages = [Path.Combine(Root(), "README.md"), .. Directory.GetFiles(Path.Combine(Root(), "docs"), "*.md")];
        foreach (string page in pages)
        {
            foreach (Match link in Regex.Matches(File.ReadAllText(page), @"\]\(([^)#:]+)\)"))
            {
                string target = Path.Combine(Path.GetDirectoryName(page)!, link.Groups[1].Value);
                Assert.True(Path.Exists(target), $"{page} links to {link.Groups[1].Value}");
            }
        }
    }

    private static string[] Lines(string text)
        => [.. text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0)];

    private static string Root([CallerFilePath] string file = "")
        => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "..", ".."));
}
