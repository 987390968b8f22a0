using Engine.Core;
using Xunit;

namespace Engine.Tests.Core;

public class StreamsTests
{
    [Fact]
    public void ReplicatesAreNumberedWithinSeeds()
    {
        using var streams = Streams.Of(7, seeds: 2, iteration: 5, replicates: 3, firstReplicate: 4);
        Assert.Equal([6, 3], streams.Shape);
        Assert.Equal([7, 5, 4, 7, 5, 5, 7, 5, 6, 8, 5, 4, 8, 5, 5, 8, 5, 6], streams.ToArray<int>());
    }

    [Fact]
    public void NegativeNumbersOfStreamsAreNamed()
    {
        Assert.Equal("seeds", Assert.Throws<ArgumentOutOfRangeException>(() => Streams.Of(0, -1)).ParamName);
        Assert.Equal("replicates", Assert.Throws<ArgumentOutOfRangeException>(() => Streams.Of(0, replicates: -2)).ParamName);
        Assert.Throws<OverflowException>(() => Streams.Of(0, 1 << 16, replicates: 1 << 16));
        using var none = Streams.Of(0, 0);
        Assert.Equal([0, 3], none.Shape);
    }

    [Fact]
    public void OneStreamIsThatOfTheFirstReplicate()
    {
        using var streams = Streams.Of(7);
        Assert.Equal([7, 0, 0], streams.ToArray<int>());
    }
}
