using Engine.Core;
using Engine.Kernels.Cpu;
using Engine.Kernels.Memory;
using FsCheck;
using FsCheck.Xunit;
using Xunit;

namespace Engine.Tests.Kernels;

public class MemoryTests
{
    [Property(MaxTest = 50)]
    public void BlocksAreAlignedCountedAndReused(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        using var pool = new BufferPool();
        var live = new List<(long Address, long Bytes)>();
        for (int i = 0; i < 60; i++)
        {
            if (live.Count > 0 && random.Next(2) == 0)
            {
                var (address, bytes) = live[random.Next(live.Count)];
                live.Remove((address, bytes));
                pool.Return(address, bytes);
                Assert.Equal(address, pool.Rent(bytes));
                pool.Return(address, bytes);
            }
            else
            {
                long bytes = random.Next(5000);
                long address = pool.Rent(bytes);
                Assert.Equal(0, address % BufferPool.Alignment);
                Assert.DoesNotContain(
                    live, other => address < other.Address + other.Bytes + 64 && other.Address < address + bytes + 64);
                live.Add((address, bytes));
            }

            Assert.Equal(live.Count, pool.LiveBlocks);
            Assert.True(pool.LiveBytes >= live.Sum(block => block.Bytes) && pool.PeakBytes >= pool.LiveBytes);
        }

        foreach (var (address, bytes) in live)
            pool.Return(address, bytes);
        Assert.Equal((0, 0L), (pool.LiveBlocks, pool.LiveBytes));
    }

    [Fact]
    public void BlocksWasteAtMostAQuarter()
    {
        using var pool = new BufferPool();
        for (long bytes = 1000; bytes < 5000; bytes += 37)
        {
            pool.Return(pool.Rent(bytes), bytes);
            Assert.InRange(pool.PeakBytes, bytes, bytes * 1.25);
        }
    }

    [Fact]
    public void AFailedRequestIsNotCounted()
    {
        using var pool = new BufferPool();
        Assert.Throws<OutOfMemoryException>(() => pool.Rent(1L << 60));
        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Rent(-1));
        Assert.Equal((0, 0L), (pool.LiveBlocks, pool.LiveBytes));
    }

    [Fact]
    public void BlocksMayBeReturnedAfterThePoolIsDisposed()
    {
        var pool = new BufferPool();
        long address = pool.Rent(100);
        pool.Dispose();
        pool.Return(address, 100);
        Assert.Equal(0, pool.LiveBlocks);
        pool.Dispose();
    }

    [Fact]
    public void ReturningABufferTwiceDoesNothingTheSecondTime()
    {
        using var device = new CpuDevice(1);
        var buffer = device.Allocate(100);
        device.Free(buffer);
        device.Free(buffer);
        Assert.True(buffer.IsFreed);
        Assert.Equal(0, device.Pool.LiveBlocks);
        Assert.Throws<ObjectDisposedException>(() => buffer.Read<float>());
    }

    [Property(MaxTest = 300)]
    public void BuffersAliveAtTheSameTimeDoNotOverlap(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        int count = random.Next(1, 40);
        var lives = new (long Bytes, int First, int Last)[count];
        for (int i = 0; i < count; i++)
        {
            int first = random.Next(30);
            lives[i] = random.Next(10) switch
            {
                0 => (random.Next(2000), int.MaxValue, -1),
                1 => (random.Next(2000), first, int.MaxValue),
                2 => (random.Next(2000), int.MaxValue, int.MaxValue),
                _ => (random.Next(2000), first, first + random.Next(10)),
            };
        }

        long[] offsets = new long[count];
        Array.Fill(offsets, -1);
        long total = MemoryPlan.Assign(count, i => lives[i], (i, offset) => offsets[i] = offset);
        for (int i = 0; i < count; i++)
        {
            Assert.Equal(lives[i].Last < 0, offsets[i] < 0);
            if (offsets[i] < 0)
                continue;
            Assert.Equal(0, offsets[i] % BufferPool.Alignment);
            Assert.True(offsets[i] + lives[i].Bytes + BufferPool.Alignment <= total);
            for (int j = 0; j < i; j++)
            {
                bool together = offsets[j] >= 0 && lives[i].First <= lives[j].Last && lives[j].First <= lives[i].Last;
                bool overlap = offsets[i] < offsets[j] + lives[j].Bytes + BufferPool.Alignment
                    && offsets[j] < offsets[i] + lives[i].Bytes + BufferPool.Alignment;
                Assert.False(together && overlap, $"{lives[i]} at {offsets[i]} and {lives[j]} at {offsets[j]}");
            }
        }
    }

    [Fact]
    public void BuffersThatLiveOneAfterTheOtherShareTheirBytes()
    {
        long total = MemoryPlan.Assign(100, i => (1000, i, i + 1), (_, _) => { });
        Assert.InRange(total, 2000, 3300);
    }

    [Fact]
    public void TensorsOfARecordingAreNotReturnedByDispose()
    {
        using var device = new CpuDevice(2);
        var leaked = new List<Tensor>();
        using (var program = new TensorProgram(
            x =>
            {
                var inner = x[0] * 2;
                var constant = Tensor.From([1f, 2], [2], device);
                leaked.AddRange([x[0], inner, constant]);
                return [inner + constant];
            },
            device))
        {
            using var scope = new TensorScope();
            var x = Tensor.From([3f, 4], [2], device);
            for (int run = 0; run < 4; run++)
            {
                Assert.Equal([7.0, 10], program.Run(x)[0].ToDoubles());
                foreach (var tensor in leaked)
                    tensor.Dispose();
            }
        }

        Assert.Equal(0, device.Pool.LiveBlocks);
        Assert.All(leaked, tensor => Assert.Throws<ObjectDisposedException>(() => tensor.ToDoubles()));
    }
}
