using System.Runtime.CompilerServices;
using Engine.Core;
using Engine.Kernels;
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

    // Where the system has such pages; a system without them goes on with its usual ones.
    [Fact]
    public void LargeBlocksBeginWithAPageOf2MiB()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux alone is asked for large pages.");
        using var pool = new BufferPool();
        const long bytes = 5 << 20;
        long address = pool.Rent(bytes);
        Assert.Equal(0, address % (1 << 21));
        pool.Return(address, bytes);
    }

    // Just above a power of two, a class is largest beside what is asked for.
    [Theory]
    [InlineData(1 << 10)]
    [InlineData((1 << 10) + 1)]
    [InlineData((1 << 20) + 1)]
    [InlineData((5 << 20) - 7)]
    public void ABlockIsAtMostAQuarterLargerThanWhatIsAskedFor(int bytes)
    {
        using var pool = new BufferPool();
        long address = pool.Rent(bytes);
        Assert.InRange(pool.LiveBytes, bytes, 1.25 * bytes);
        pool.Return(address, bytes);
    }

    [Fact]
    public void SomeOfTheMemoryIsFree()
        => Assert.InRange(Device.Cpu.FreeBytes, 1, Device.Cpu.MemoryBytes);

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

    [Fact]
    public void ADeviceThatIsLostLeavesCountsRight()
    {
        var source = new FailingSource();
        using var pool = new BufferPool(source);
        long address = pool.Rent(100);
        source.AllocationFailure = new DeviceException("odd", new IOException("lost"));
        Assert.Throws<DeviceException>(() => pool.Rent(100));
        Assert.Equal(1, pool.LiveBlocks);
        pool.Return(address, 100);
        Assert.Equal((0, 0L), (pool.LiveBlocks, pool.LiveBytes));
    }

    [Fact]
    public void ABlockThatCantBeFreedDoesNotKeepTheOthers()
    {
        var source = new FailingSource();
        var pool = new BufferPool(source);
        long[] addresses = [.. Enumerable.Range(0, 5).Select(_ => pool.Rent(100))];
        foreach (long address in addresses)
            pool.Return(address, 100);
        source.FreeFailures.AddRange([addresses[1], addresses[2]]);
        Assert.Throws<IOException>(pool.Dispose);
        Assert.Equal(addresses.Except(source.FreeFailures).Order(), source.Freed.Order());
        pool.Dispose();
        Assert.Equal(3, source.Freed.Count);
    }

    [Fact]
    public void WhatNobodyCanReachIsReturnedBeforeMemoryIsOut()
    {
        var source = new FailingSource();
        using var device = new CpuDevice(1, new BufferPool(source));
        Drop(device);
        source.Reuse = true;
        source.Room = 0;
        using var large = Tensor.Zeros([1000], device: device);
        Assert.Equal(1, device.Pool.LiveBlocks);
        Assert.Throws<OutOfMemoryException>(() => Tensor.Zeros([2000], device: device));
        Assert.Equal(1, device.Pool.LiveBlocks);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Drop(CpuDevice device) => Tensor.Zeros([10], device: device);
    }

    // The garbage collector by itself would see but a few small objects.
    [Fact]
    public void LargeTensorsThatAreDroppedDoNotPileUp()
    {
        using var device = new CpuDevice(1);
        for (int i = 0; i < 20; i++)
            Drop(device);
        Assert.InRange(device.Pool.PeakBytes, 64L << 20, 700L << 20);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Drop(CpuDevice device) => Tensor.Zeros([16 << 20], device: device);
    }

    public static TheoryData<string> AllDevices => [.. Device.Names];

    [Theory]
    [MemberData(nameof(AllDevices))]
    public void APoisonedPoolHandsOutNoNumbers(string name)
    {
        using var device = Device.Open(name);
        device.Pool.Poisoned = true;
        for (int i = 0; i < 2; i++)
        {
            var buffer = device.Allocate(16);
            double[] values = new double[2];
            device.Download<double>(buffer, values);
            Assert.All(values, value => Assert.Equal(-1L, BitConverter.DoubleToInt64Bits(value)));
            device.Fill(ElementType.Float64, buffer, 7);
            device.Free(buffer);
        }
    }

    // The second run replays what the first one's memory is planned for; both read an element that nothing wrote.
    [Fact]
    public void APoisonedPoolShowsReadsOfUndefinedMemoryInPrograms()
    {
        using var device = new CpuDevice(1);
        device.Pool.Poisoned = true;
        using var x = Tensor.From([1f, 2], [2], device);
        using var program = new TensorProgram<Tensor[], Tensor[]>(inputs => [new Half().Apply(inputs[0]) * 1], device);
        for (int run = 0; run < 4; run++)
        {
            using var y = program.Run([x])[0];
            Assert.Equal([1, double.NaN], y.ToDoubles());
        }
    }

    // Wherever memory ends, in whichever run.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void ProgramsThatRunOutOfMemoryLeaveNoneOfTheirResults(int runsBefore)
    {
        int failures = 0, successes = 0;
        for (int room = 0; room < 20; room++)
        {
            var source = new FailingSource();
            using var device = new CpuDevice(1, new BufferPool(source));
            using (var x = Tensor.From([1f], [1, 1], device))
            using (var program = new TensorProgram<Tensor[], Tensor[]>(inputs => [inputs[0] * 2, inputs[0] + 1, inputs[0].Exp()], device))
            using (var blocked = BlockedProgram.Map<ValueTuple, Tensor, Tensor[]>((_, row) => [row * 2, row + 1, row.Exp()], device, 1))
            {
                Check(() => program.Run([x]));
                Check(() => blocked.Run(default, x));

                void Check(Func<Tensor[]> run)
                {
                    var made = Enumerable.Range(0, runsBefore).SelectMany(_ => run()).ToList();
                    source.Room = room;
                    try
                    {
                        made.AddRange(run());
                        successes++;
                    }
                    catch (OutOfMemoryException)
                    {
                        failures++;
                    }

                    source.Room = int.MaxValue;
                    made.AddRange(run());
                    Assert.Equal([2.0, 2, Math.Exp(1)], made[^3..].Select(y => y.Item()), (a, b) => Math.Abs(a - b) < 1e-5);
                    made.ForEach(y => y.Dispose());
                }
            }

            Assert.Equal(0, device.Pool.LiveBlocks);
        }

        Assert.NotEqual(0, failures);
        Assert.NotEqual(0, successes);
    }

    [Fact]
    public void ALoopThatHasNoRoomForItsStartLeavesNoneOfIt()
    {
        var source = new FailingSource();
        using var device = new CpuDevice(1, new BufferPool(source));
        Tensor[] start = [Tensor.From([1f], [1], device), Tensor.From([1f], [1], device)];
        source.Room = 1;
        Assert.Throws<OutOfMemoryException>(() => new TensorLoop<Tensor[], ValueTuple, ValueTuple>((state, _) => (state, default), start));
        Assert.Equal(2, device.Pool.LiveBlocks);
        Array.ForEach(start, tensor => tensor.Dispose());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(100000)]
    public void NumbersOfThreadsThatCantBeAreNamed(int threads)
    {
        var failure = Assert.Throws<ArgumentOutOfRangeException>(() => new CpuDevice(threads));
        Assert.Equal(threads, failure.ActualValue);
        Assert.Contains($"1 to {CpuDevice.MostThreads} threads", failure.Message);
        if (threads != 0)
            Assert.Throws<ArgumentOutOfRangeException>(() => Device.Open("cpu", threads));
    }

    [Fact]
    public void TheProcessorThatEverybodySharesCantBeDisposed()
    {
        using var x = Tensor.From(1.0, 2);
        Device.Cpu.Dispose();
        using var y = x + 1;
        y.Dispose();
        long kept = Device.Cpu.Pool.Rent(64);
        Device.Cpu.Pool.Return(kept, 64);
        Assert.Equal([1.0, 2], x.ToDoubles());
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
        using (var program = new TensorProgram<Tensor[], Tensor[]>(
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
                Assert.Equal([7.0, 10], program.Run([x])[0].ToDoubles());
                foreach (var tensor in leaked)
                    tensor.Dispose();
            }
        }

        Assert.Equal(0, device.Pool.LiveBlocks);
        Assert.All(leaked, tensor => Assert.Throws<ObjectDisposedException>(() => tensor.ToDoubles()));
    }

    // Leaves every second element as it is.
    private sealed record Half : Operation
    {
        public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [null];

        protected override (ElementType Type, Shape Shape) Infer(Tensor[] x) => (SameFloatType(x), x[0].Shape);

        protected override void Compute(Tensor y, Tensor[] x)
            => y.Device.For(y.Count / 2, new Body(y.Buffer.Write<float>(), x[0].Buffer.Read<float>()));

        private readonly struct Body(View<float> y, View<float> x) : IBody
        {
            public void Invoke(int index) => y[2 * index] = x[2 * index];
        }
    }

    /// <summary>Memory that runs out, or fails.</summary>
    private sealed class FailingSource : IMemorySource
    {
        private readonly NativeMemorySource _memory = new();

        public Exception? AllocationFailure { get; set; }

        /// <summary>Blocks that are still to be had.</summary>
        public int Room { get; set; } = int.MaxValue;

        /// <summary>Whether a block that is freed makes room for another.</summary>
        public bool Reuse { get; set; }

        public List<long> FreeFailures { get; } = [];

        public List<long> Freed { get; } = [];

        public long Allocate(long byteLength)
        {
            if (AllocationFailure is { } failure)
                throw failure;
            if (Room == 0)
                throw new OutOfMemoryException();
            Room--;
            return _memory.Allocate(byteLength);
        }

        public void Free(long address)
        {
            if (FreeFailures.Contains(address))
                throw new IOException("can't be freed");
            Freed.Add(address);
            _memory.Free(address);
            if (Reuse)
                Room++;
        }

        public void Fill(long address, long byteLength, byte value) => _memory.Fill(address, byteLength, value);
    }
}
