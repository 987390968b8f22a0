using System.Text.RegularExpressions;
using Xunit;

namespace Engine.Tests.Docs;

public class EnvironmentsTests
{
    [Fact]
    public void LinesOfCatchAreThoseOfItsSource()
    {
        string page = File.ReadAllText(Path.Combine(Pages.Root(), "docs", "environments.md"));
        string[] source = Pages.Lines(File.ReadAllText(Path.Combine(Pages.Root(), "Engine.RL", "Environments", "Catch.cs")));
        var blocks = Regex.Matches(page, "^```csharp\n(.*?)\n```$", RegexOptions.Singleline | RegexOptions.Multiline);
        Assert.Equal(4, blocks.Count);
        foreach (Match block in blocks)
            Assert.Subset(source.ToHashSet(), Pages.Lines(block.Groups[1].Value).ToHashSet());
    }
}
