using Engine.Core;
using Engine.Kernels;
using Xunit;

namespace Engine.Tests.Gpu;

/// <summary>Opening devices, memory, and layouts.</summary>
[Collection(nameof(GpuCollection))]
public class GpuDeviceTests
{
    [Theory]
    [InlineData("cuda")]
    [InlineData("cuda:")]
    [InlineData("cuda:-1")]
    [InlineData("opencl:x")]
    [InlineData("emulator:0")]
    [InlineData("cuda:0:0")]
    public void ANameThatMeansNothingIsAnErrorThatSaysWhatToWrite(string name)
    {
        var failure = Assert.Throws<ArgumentException>(() => Device.Open(name));
        Assert.Contains($"'{name}'", failure.Message);
        Assert.Contains("cuda:0", failure.Message);
    }

    [Theory]
    [InlineData("cuda:77")]
    [InlineData("opencl:77")]
    public void ADeviceThatIsNotHereIsAnErrorThatNamesIt(string name)
    {
        var failure = Assert.Throws<ArgumentException>(() => Device.Open(name));
        Assert.Contains($"'{name}'", failure.Message);
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(TestDevices.Gpus), MemberType = typeof(TestDevices))]
    public void TooMuchMemoryIsAnErrorAndTheDeviceGoesOn(string name)
    {
        var device = TestDevices.Open(name);
        int blocks = device.Pool.LiveBlocks;
        Assert.Throws<OutOfMemoryException>(() => device.Allocate(1L << 46));
        using var scope = new TensorScope();
        Assert.Equal(3, Tensor.From([1f, 2f], [2], device).Sum().Item());
        Assert.True(blocks >= 0);
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(TestDevices.Gpus), MemberType = typeof(TestDevices))]
    public void NestsDeeperThanABodyTakesAreRunInParts(string name)
    {
        using var scope = new TensorScope();
        Assert.Equal(Results(Device.Cpu), Results(TestDevices.Open(name)));

        static double[] Results(Device device)
        {
            // Eight loops that don't merge: every other axis is broadcast, or permuted away from its neighbour.
            var x = Tensor.From([.. Enumerable.Range(0, 256).Select(i => (double)i)], [2, 2, 2, 2, 2, 2, 2, 2], device: device);
            var row = Tensor.From([.. Enumerable.Range(0, 16).Select(i => 1.0 + i)], [1, 2, 1, 2, 1, 2, 1, 2], device: device);
            var turned = x.Permute(7, 5, 3, 1, 6, 4, 2, 0);
            Tensor[] results = [x * row, turned, x.Sum(0, 2, 4, 6), turned.Sum(1, 3, 5, 7)];
            return [.. results.SelectMany(result => result.ToDoubles())];
        }
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(TestDevices.Gpus), MemberType = typeof(TestDevices))]
    public void NothingLeaks(string name)
    {
        using var device = Device.Open(name);
        using (var scope = new TensorScope())
        using (var program = new TensorProgram<Tensor[], Tensor[]>(x => [x[0].Exp() * x[0], x[0].Sum()], device))
        {
            var x = Tensor.From([1f, 2f, 3f], [3], device);
            for (int run = 0; run < 3; run++)
                program.Run([x]);
        }

        Assert.Equal(0, device.Pool.LiveBlocks);
    }
}
