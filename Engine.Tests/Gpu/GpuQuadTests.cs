using Engine.Core;
using Engine.Kernels;
using Engine.Kernels.Gpu;
using Xunit;

namespace Engine.Tests.Gpu;

/// <summary>Maps and copies that are long enough to go by quads.</summary>
[Collection(nameof(GpuCollection))]
public class GpuQuadTests
{
    private const int Many = 1 << 16;

    public static TheoryData<string> Names => TestDevices.ForKernels;

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Names))]
    public void LongMapsAreThoseOfTheProcessor(string name)
    {
        foreach (int count in new[] { Many, Many + 2, Many + 4 })
        {
            using var scope = new TensorScope();
            Check<float>(count);
            if (name == "emulator")
                continue;
            Check<double>(count);
            Check<int>(count);
        }

        void Check<T>(int count)
            where T : unmanaged, System.Numerics.INumber<T>
        {
            T[] x = Numbers(7), y = Numbers(11);
            T[] expected = On(Device.Cpu), actual = On(TestDevices.Open(name));
            Assert.Equal(expected, actual);

            T[] On(Device device)
            {
                Tensor a = Tensor.From(x, [count], device), b = Tensor.From(y, [count], device);
                var five = Tensor.From([T.CreateChecked(5)], [1], device);
                return (((a + b) * five) - a).ToArray<T>();
            }

            T[] Numbers(int factor) => [.. Enumerable.Range(0, count).Select(i => T.CreateChecked(i * factor % 1000))];
        }
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Names))]
    public void LongCopiesCopyNoMoreAndNoLess(string name)
    {
        var device = TestDevices.Open(name);
        const int Zone = 8;
        int[] numbers = [.. Enumerable.Range(1, Many + (3 * Zone))];
        foreach (var (from, to, count) in new[] { (0, 0, Many), (4, Zone, Many + 4), (1, 4, Many), (4, 3, Many), (0, 0, Many + 1) })
        {
            var source = device.Allocate(numbers.Length * 4L);
            var destination = device.Allocate(numbers.Length * 4L);
            device.Upload<int>(numbers, source);
            device.Fill(ElementType.Int32, destination, -1);
            device.Copy(source, from * 4L, destination, to * 4L, count * 4L);
            var result = new int[numbers.Length];
            device.Download<int>(destination, result);
            int[] expected = [.. Enumerable.Repeat(-1, numbers.Length)];
            Array.Copy(numbers, from, expected, to, count);
            Assert.Equal(expected, result);
            device.Free(source);
            device.Free(destination);
        }
    }

    [Fact]
    public void LongMapsAndCopiesGoByQuads()
    {
        using var device = IlgpuDevice.OpenDry();
        using var scope = new TensorScope();
        var x = Tensor.Zeros([Many], device: device);
        _ = x + x;
        device.Copy(x.Buffer, 0, device.Allocate(Many * 4L), 0, Many * 4L);
        Assert.Contains(device.Kernels, kernel => kernel.Name.StartsWith("MapQuads", StringComparison.Ordinal));
        Assert.Contains(typeof(CopyQuads), device.Kernels);
    }
}
