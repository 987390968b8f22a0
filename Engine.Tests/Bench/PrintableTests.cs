using Engine.Bench.Output;
using Xunit;

namespace Engine.Tests.Bench;

public class PrintableTests
{
    [Theory]
    [InlineData("5000", "'5000'")]
    [InlineData("", "''")]
    [InlineData("größer ⟂ 😀", "'größer ⟂ 😀'")]
    [InlineData("\x1b[31m", @"'\u001b[31m'")]
    [InlineData("a\r\nb\0\t", @"'a\u000d\u000ab\u0000\u0009'")]
    [InlineData("\u009b\u202e\u2028", @"'\u009b\u202e\u2028'")]
    public void WhatCanNotBeSeenIsEscaped(string value, string quoted) => Assert.Equal(quoted, Printable.Quote(value));

    [Fact]
    public void HalfACharacterIsReplaced() => Assert.Equal("'a\ufffdb'", Printable.Quote("a\ud800b"));

    [Theory]
    [InlineData(60, 60)]
    [InlineData(61, 60)]
    [InlineData(10_000, 60)]
    public void ValuesAreShortenedInTheMiddle(int length, int expected)
    {
        string value = Printable.Value('<' + new string('x', length - 2) + '>');
        Assert.Equal(expected, value.Length);
        Assert.Equal(('<', '>', length > 60), (value[0], value[^1], value.Contains("...")));
    }

    [Fact]
    public void NoShorteningLeavesHalfACharacter()
    {
        for (int before = 0; before < 3; before++)
        {
            string value = Printable.Value(new string('x', before) + string.Concat(Enumerable.Repeat("😀", 200)));
            Assert.DoesNotContain(value.EnumerateRunes(), rune => rune.Value is >= 0xD800 and < 0xE000);
            Assert.True(value.Length <= 60);
        }
    }

    [Fact]
    public void AMessageIsOneLineThatKeepsItsEnds()
    {
        string line = Printable.Line("First.\nThen " + new string('\x1b', 5000) + " last.");
        Assert.StartsWith(@"First. Then \u001b", line);
        Assert.EndsWith(@"\u001b last.", line);
        Assert.Equal(300, line.Length);
    }
}
