using Engine.Bench.Games;
using Xunit;

namespace Engine.Tests.Bench;

public class TypesettingTests
{
    [Fact]
    public void TextBreaksIntoLinesThatFit()
    {
        Assert.Equal(["one two"], Typesetting.Wrap("one two", 200, 12));
        string text = "a title that is long, and a word" + new string('x', 60);
        Assert.All(Typesetting.Wrap(text, 90, 12), line => Assert.True(Typesetting.Width(line, 12) <= 90));
        Assert.Empty(Typesetting.Wrap("", 90, 12));
    }
}
