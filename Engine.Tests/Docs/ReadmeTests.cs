using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace Engine.Tests.Docs;

[Collection(nameof(Console))]
public class ReadmeTests
{
    [Fact]
    public void TheExampleIsTheOneThatIsCompiledHere()
    {
        string example = Pages.Block(File.ReadAllText(Path.Combine(Pages.Root(), "README.md")), "csharp");
        string source = File.ReadAllText(Path.Combine(Pages.Root(), "Engine.Tests", "Docs", "ReadmeExample.cs"));
        Assert.NotEmpty(example);
        Assert.Equal(Pages.Program(source), Pages.Lines(example));
    }

    [Fact]
    public void TheExamplePrintsTheMetaGradient()
    {
        string printed = Pages.Printed(ReadmeExample.Run);

        // Against a difference quotient of the loss after the step.
        double expected = (After(0.1 + 1e-6) - After(0.1 - 1e-6)) / 2e-6;
        Assert.Equal(expected, double.Parse(printed, CultureInfo.InvariantCulture), 1e-6);

        static double After(double rate)
            => ((double[])[1.0, -2.0]).Select(p => p - (rate * ((2 * p * Math.Tanh(p)) + (p * p * (1 - (Math.Tanh(p) * Math.Tanh(p)))))))
                .Sum(p => p * p * Math.Tanh(p));
    }

    [Fact]
    public void EveryFileThatTheDocumentationLinksToIsThere()
    {
        string[] pages = [.. Directory.GetFiles(Pages.Root(), "*.md"), .. Directory.GetFiles(Path.Combine(Pages.Root(), "docs"), "*.md")];
        foreach (string page in pages)
        {
            string text = Regex.Replace(File.ReadAllText(page), "^```.*?^```$", "", RegexOptions.Singleline | RegexOptions.Multiline);
            foreach (Match link in Regex.Matches(text, @"\]\(([^)#:]+)\)"))
            {
                string target = Path.Combine(Path.GetDirectoryName(page)!, link.Groups[1].Value);
                Assert.True(Path.Exists(target), $"{page} links to {link.Groups[1].Value}");
            }
        }
    }
}
