using Engine.Core;
using Engine.Kernels;
using Engine.Kernels.Cpu;
using Engine.Tests.Bench;
using Xunit;

namespace Engine.Tests.Core;

// Alone, because a profile counts what all threads replay.
[Collection(nameof(AloneOnTheProcessor))]
public sealed class ReplayProfileTests
{
    [Fact]
    public void ProductsAndConvolutionsHaveTheirOperations()
    {
        // A window sees what lies within the image alone: of 3 x 3 places 4, 6 or 9.
        double seen = (4 * 4) + (2 * (3 + 4) * 6) + (3 * 4 * 9);
        Assert.Equal(2.0 * 3 * 50 * 70, Replayed(x => x[0].MatMul(x[1]), [3, 50], [50, 70]).Operations);
        Assert.Equal(2.0 * 4 * 3 * 50 * 70, Replayed(x => x[0].MatMul(x[1]), [4, 3, 50], [4, 50, 70]).Operations);
        Assert.Equal(2.0 * 2 * seen * 4 * 8, Replayed(x => x[0].Convolve(x[1]), [2, 5, 6, 4], [3, 3, 4, 8]).Operations);
        Assert.Equal(0, Replayed(x => (x[0] * x[1]).Exp(), [30], [30]).Operations);
    }

    // Operands and results, of which those between maps that have become one are not made.
    [Fact]
    public void BytesAreThoseOfOperandsAndResults()
    {
        Assert.Equal(3 * 4 * 1000, Replayed(x => x[0] + x[1], [1000], [1000]).Bytes);
        Assert.Equal(4 * (1000 + 1 + 1000), Replayed(x => (x[0] * x[1]).Exp(), [1000], [1]).Bytes);
        Assert.Equal(4 * ((3 * 50) + (50 * 70) + (3 * 70)), Replayed(x => x[0].MatMul(x[1]), [3, 50], [50, 70]).Bytes);
    }

    // On CUDA a program is a graph, and its commands are timed one by one: more of them than are held back at a time.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(TestDevices.Gpus), MemberType = typeof(TestDevices))]
    public void AGpuDoesTheSameWhileItIsTimed(string name)
    {
        using var device = Device.Open(name);
        using var scope = new TensorScope();
        using var program = Steps(device, 150);
        var start = Tensor.Ones([3, 3], device: device);
        program.Run(start);
        double[] expected = program.Run(start).ToDoubles(), timed;
        using (var profile = ReplayProfile.Begin())
        {
            timed = program.Run(start).ToDoubles();
            Assert.Equal(program.CommandCount, profile.Kinds.Sum(kind => kind.Count));
            Assert.InRange(program.CommandCount, 130, 1000);
            Assert.All(profile.Kinds, kind => Assert.True(kind.Milliseconds >= 0));
            Assert.True(profile.Kinds.Sum(kind => kind.Milliseconds) > 0);
        }

        Assert.Equal(expected, timed);
        Assert.Equal(expected, program.Run(start).ToDoubles());
    }

    // What one thread times is no part of what another one records.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(TestDevices.ForKernels), MemberType = typeof(TestDevices))]
    public void OthersMayRecordMeanwhile(string name)
    {
        using var device = Device.Open(name);
        using var scope = new TensorScope();
        using var first = Steps(device, 40);
        var start = Tensor.Ones([3, 3], device: device);
        double[] expected = first.Run(start).ToDoubles();
        using var profile = ReplayProfile.Begin();
        Parallel.For(0, 4, thread =>
        {
            using var own = new TensorScope();
            for (int i = 0; i < 3; i++)
            {
                using var program = Steps(device, 40);
                for (int run = 0; run < 3; run++)
                    Assert.Equal(expected, program.Run(start).ToDoubles());
            }
        });
    }

    // Each row of a product needs all rows of the one before, so they are no loop over rows.
    private static TensorProgram<Tensor, Tensor> Steps(Device device, int count)
        => new(x => Enumerable.Range(0, count).Aggregate(x, (y, _) => x.MatMul(y).Tanh()), device);

    private static CommandKind Replayed(Func<Tensor[], Tensor> function, params Shape[] shapes)
    {
        using var device = new CpuDevice(1);
        using var scope = new TensorScope();
        using var program = new TensorProgram<Tensor[], Tensor>(function, device);
        Tensor[] inputs = [.. shapes.Select(shape => Tensor.Ones(shape, device: device))];
        program.Run(inputs);
        using var profile = ReplayProfile.Begin();
        program.Run(inputs);
        return profile.Kinds.MaxBy(kind => kind.Bytes);
    }
}
