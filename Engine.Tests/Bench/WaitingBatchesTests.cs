using Engine.Bench.Runs;
using Xunit;

namespace Engine.Tests.Bench;

public class WaitingBatchesTests
{
    private static readonly TimeSpan s_soon = TimeSpan.FromMinutes(1);

    // The second does not fit beside the first, but the third does; the last is too large for anything.
    [Fact]
    public async Task ABatchTrainsAsSoonAsItFits()
    {
        var waiting = new WaitingBatches([([0, 1], 6), ([2], 6), ([3], 4), ([4], 20)], memory: 10);
        using var both = new Barrier(2);
        var (begun, training) = (new List<string>(), 0);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => waiting.Train(Begin)))).WaitAsync(s_soon);
        Assert.Equal(["0,1", "3"], begun[..2].Order());
        Assert.Equal(["2", "4 alone"], begun[2..]);

        void Begin(int[] agents)
        {
            bool isAlone = Interlocked.Increment(ref training) == 1;
            string name = string.Join(',', agents);
            lock (begun)
                begun.Add(name == "4" && isAlone ? "4 alone" : name);
            if (name is "0,1" or "3")
                Assert.True(both.SignalAndWait(s_soon), $"{name} trains without the other");
            Interlocked.Decrement(ref training);
        }
    }

    [Fact]
    public async Task WhatFailsMakesRoom()
    {
        var waiting = new WaitingBatches([([0], 10), ([1], 10)], memory: 10);
        Assert.Throws<InvalidOperationException>(() => waiting.Train(_ => throw new InvalidOperationException()));
        var trained = new List<int>();
        await Task.Run(() => waiting.Train(trained.AddRange)).WaitAsync(s_soon);
        Assert.Equal([1], trained);
    }
}
