using Engine.Kernels;
using Engine.Kernels.Gpu;
using Xunit;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Tests.Gpu;

/// <summary>Copies between host and device, and within the device.</summary>
[Collection(nameof(GpuCollection))]
public class GpuTransferTests
{
    // Below, at and above the size of a segment of page-locked memory, and more than all segments.
    private static readonly int[] s_sizes = [1, 1000, 1 << 18, (1 << 18) + 1, 3_000_001];

    public static TheoryData<string> Names => TestDevices.Gpus;

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Names))]
    public void AnUploadMayBeChangedRightAfterTheCall(string name)
    {
        var device = TestDevices.Open(name);
        foreach (int size in s_sizes)
        {
            int[] numbers = [.. Enumerable.Range(0, size)];
            var buffer = device.Allocate(size * sizeof(int));
            device.Upload<int>(numbers, buffer);
            Array.Fill(numbers, -1);
            device.Download<int>(buffer, numbers);
            device.Free(buffer);
            Assert.True(numbers.SequenceEqual(Enumerable.Range(0, size)), $"{size} numbers");
        }
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Names))]
    public void ManySmallUploadsArriveInOrder(string name)
    {
        const int Uploads = 3000, Length = 1000;
        var device = TestDevices.Open(name);
        var buffer = device.Allocate((long)Uploads * Length * sizeof(int));
        var last = device.Allocate(Length * sizeof(int));
        int[] numbers = new int[Length];
        for (int i = 0; i < Uploads; i++)
        {
            Array.Fill(numbers, i);
            device.Upload<int>(numbers, last);
            if (i % 100 == 0)
                device.Copy(last, 0, buffer, (long)i * Length * sizeof(int), Length * sizeof(int));
        }

        int[] all = new int[Uploads * Length];
        device.Download<int>(buffer, all);
        device.Download<int>(last, numbers);
        device.Free(buffer);
        device.Free(last);
        Assert.All(numbers, number => Assert.Equal(Uploads - 1, number));
        for (int i = 0; i < Uploads; i += 100)
            Assert.True(all.AsSpan(i * Length, Length).IndexOfAnyExcept(i) < 0, $"upload {i}");
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Names))]
    public void NothingIsUploadedAndDownloaded(string name)
    {
        var device = TestDevices.Open(name);
        var buffer = device.Allocate(0);
        device.Upload<float>([], buffer);
        device.Download<float>(buffer, []);
        device.Free(buffer);
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Names))]
    public void UploadsAllocateNothing(string name)
    {
        var device = TestDevices.Open(name);
        double[] numbers = new double[100];
        var buffer = device.Allocate(numbers.Length * sizeof(double));
        for (int i = 0; i < 3; i++)
        {
            device.Upload<double>(numbers, buffer);
            device.Download<double>(buffer, numbers);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10; i++)
        {
            device.Upload<double>(numbers, buffer);
            device.Download<double>(buffer, numbers);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        device.Free(buffer);
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Names))]
    public void PoisonedBlocksHoldNaN(string name)
    {
        using var device = Device.Open(name);
        device.Pool.Poisoned = true;
        for (int i = 0; i < 2; i++)
        {
            float[] numbers = new float[100];
            var buffer = device.Allocate(numbers.Length * sizeof(float));
            device.Download<float>(buffer, numbers);
            Assert.All(numbers, number => Assert.True(float.IsNaN(number)));
            device.Upload<float>(new float[100], buffer);
            device.Free(buffer);
        }
    }

    [Fact]
    public void PartsFollowEachOtherAndGiveTheWhole()
    {
        const long Large = (5L << 30) + 7;
        foreach (var (whole, size) in ((long, int)[])[(0, 3), (1, 3), (3, 3), (4, 3), (10, 1), (Large, IlgpuDevice.MostWords)])
        {
            long next = 0;
            foreach (var (start, length) in Parts.Along(whole, size))
            {
                Assert.Equal(next, start);
                Assert.InRange(length, 1, size);
                next += length;
            }

            Assert.Equal(whole, next);
        }

        Assert.Equal(6, Parts.Along(Large, IlgpuDevice.MostWords).Count());
    }

    // Not one byte of it is there: kernels are only noted.
    [Fact]
    public void CopiesOfMoreThan8GiBAreSplit()
    {
        using var device = IlgpuDevice.OpenDry();
        long bytes = (9L << 30) + 4;
        var buffer = new Buffer(device, 4096, bytes);
        device.Copy(buffer, 0, buffer, 0, bytes);
        device.Copy([new(buffer, 0, buffer, 0, bytes), new(buffer, 0, buffer, 0, bytes)]);
        Assert.Contains("not one of whole words", Assert.Throws<ArgumentException>(() => device.Copy(buffer, 2, buffer, 0, 4)).Message);
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Names))]
    public void ManyCopiesAtOnceLeaveNoBlockBehind(string name)
    {
        using var device = Device.Open(name);
        var numbers = Enumerable.Range(0, 400).ToArray();
        var source = device.Allocate(400 * sizeof(int));
        var destination = device.Allocate(400 * sizeof(int));
        device.Upload<int>(numbers, source);

        // A few, and then more than there was room for in the list.
        foreach (int count in (int[])[2, 400])
        {
            device.Copy([.. Enumerable.Range(0, count).Select(i => new BufferCopy(source, i * 4, destination, (399 - i) * 4, 4))]);
            Assert.Equal(2, device.Pool.LiveBlocks);
        }

        int[] results = new int[400];
        device.Download<int>(destination, results);
        Assert.Equal(numbers.Reverse(), results);
        device.Free(source);
        device.Free(destination);
    }
}
