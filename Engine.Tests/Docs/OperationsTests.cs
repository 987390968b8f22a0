using Xunit;

namespace Engine.Tests.Docs;

public class OperationsTests
{
    [Fact]
    public void ThePageIsWhatTheCodeSays()
    {
        string path = Path.Combine(Pages.Root(), "docs", "operations.md"), text = OperationsPage.Text();
        if (Environment.GetEnvironmentVariable("ENGINE_UPDATE_DOCS") == "1")
            File.WriteAllText(path, text);
        string[] page = File.Exists(path) ? File.ReadAllLines(path) : [], wanted = text.TrimEnd('\n').Split('\n');
        int at = Enumerable.Range(0, Math.Max(page.Length, wanted.Length))
            .FirstOrDefault(line => page.ElementAtOrDefault(line) != wanted.ElementAtOrDefault(line), -1);
        Assert.True(
            at < 0,
            $"docs/operations.md differs from the code in line {at + 1}, which should be\n{wanted.ElementAtOrDefault(at)}\n"
            + "Set ENGINE_UPDATE_DOCS=1 in the environment and run this test to write the page anew.");
    }
}
