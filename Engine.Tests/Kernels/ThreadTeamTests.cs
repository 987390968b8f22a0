using Engine.Core;
using Engine.Kernels;
using Engine.Kernels.Cpu;
using Xunit;

namespace Engine.Tests.Kernels;

public class ThreadTeamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void EveryUnitIsDoneOnce(int threads)
    {
        using var team = new ThreadTeam(threads);
        foreach (int count in new[] { 0, 1, 2, 3, 7, 100, 1001 })
        {
            foreach (int grain in new[] { 1, 3, 1000 })
            {
                int[] done = new int[count];
                team.Run(new Units(count, grain, i => Interlocked.Increment(ref done[i])));
                Assert.All(done, times => Assert.Equal(1, times));
            }
        }
    }

    [Fact]
    public void CommandsNest()
    {
        using var team = new ThreadTeam(3);
        int[] done = new int[50 * 40];
        for (int repeat = 1; repeat <= 20; repeat++)
        {
            team.Run(new Units(50, 1, i => team.Run(new Units(40, 1, j => Interlocked.Increment(ref done[(i * 40) + j])))));
            Assert.All(done, times => Assert.Equal(repeat, times));
        }
    }

    [Fact]
    public void CallersDoNotDisturbEachOther()
    {
        using var team = new ThreadTeam(3);
        var callers = Enumerable.Range(0, 4).Select(_ => new Thread(() => { })).ToArray();
        int[][] done = [.. callers.Select(_ => new int[100])];
        for (int caller = 0; caller < callers.Length; caller++)
        {
            int[] mine = done[caller];
            callers[caller] = new Thread(() =>
            {
                for (int repeat = 0; repeat < 200; repeat++)
                    team.Run(new Units(100, 1, i => Interlocked.Increment(ref mine[i])));
            });
            callers[caller].Start();
        }

        foreach (var caller in callers)
            caller.Join();
        Assert.All(done, mine => Assert.All(mine, times => Assert.Equal(200, times)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(50)]
    [InlineData(99)]
    public void AnExceptionInAUnitReachesTheCallerAndTheTeamGoesOn(int bad)
    {
        using var team = new ThreadTeam(3);
        for (int repeat = 0; repeat < 10; repeat++)
        {
            var failure = Assert.Throws<FormatException>(
                () => team.Run(new Units(100, 1, i => _ = i == bad ? throw new FormatException($"unit {i}") : 0)));
            Assert.Equal($"unit {bad}", failure.Message);
            int done = 0;
            team.Run(new Units(100, 1, _ => Interlocked.Increment(ref done)));
            Assert.Equal(100, done);
        }
    }

    [Fact]
    public void AfterDisposeCommandsRunOnTheCaller()
    {
        var team = new ThreadTeam(3);
        team.Dispose();
        team.Dispose();
        int thread = Environment.CurrentManagedThreadId, done = 0;
        team.Run(new Units(100, 1, _ => done += Environment.CurrentManagedThreadId == thread ? 1 : 0));
        Assert.Equal(100, done);
    }

    [Fact]
    public void PiecesOfHostCodeGiveCommandsAndFailLikeOthers()
    {
        using var device = new CpuDevice(3);
        double[] sums = new double[20];
        device.Concurrently(20, piece =>
        {
            using var scope = new TensorScope();
            sums[piece] = Tensor.Full(piece, [70_000], device: device).Sum().Item();
        });
        Assert.Equal(Enumerable.Range(0, 20).Select(piece => piece * 70_000.0), sums);
        Assert.Throws<FormatException>(() => device.Concurrently(20, piece => _ = piece == 7 ? throw new FormatException() : 0));
        device.Concurrently(0, _ => throw new FormatException());
        Assert.Equal(0, device.Pool.LiveBlocks);
    }

    private sealed class Units(int count, int grain, Action<int> unit) : SharedCommand(count, grain)
    {
        public override void Execute() => throw new NotSupportedException();

        public override void Run(int start, int end)
        {
            for (int i = start; i < end; i++)
                unit(i);
        }
    }
}
