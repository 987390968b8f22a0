using Engine.Kernels;
using Engine.Kernels.Gpu.Convolutions;
using Engine.Kernels.Gpu.Rows;
using Xunit;

namespace Engine.Tests.Gpu;

/// <summary>How convolutions are cut into groups of threads, for many sizes.</summary>
[Collection(nameof(GpuCollection))]
public class GpuConvolutionPlanTests
{
    private static readonly int[] s_sizes = [1, 2, 3, 6, 12, 33];

    public static TheoryData<int> Batches => [1, 5, 32, 672];

    [Theory]
    [MemberData(nameof(Batches))]
    public void PlansFitTheirGroups(int batch)
    {
        int plans = 0;
        foreach (var shape in Shapes(batch))
        {
            foreach (bool pooled in (bool[])[false, true])
            {
                if (ConvolutionPlan.For(shape, pooled) is not { } plan)
                    continue;
                plans++;
                int pixels = plan.Images * plan.TileHeight * plan.TileWidth;
                Assert.True(plan.Workers <= plan.Threads && plan.Threads <= 256, $"{plan}");
                Assert.True(plan.Chunk >= 1 && pixels * (plan.Chunk | 1) <= ConvolutionPlan.TileRoom, $"{plan}");
                Assert.True(shape.KernelHeight * shape.KernelWidth * plan.Chunk * 4 * plan.Quads <= ConvolutionPlan.WeightRoom, $"{plan}");
                int partialSums = plan.Workers / plan.Slices * (plan.Slices - 1) * 16;
                Assert.True(partialSums <= ConvolutionPlan.TileRoom, $"{plan}");
                long windows = (long)plan.Groups * plan.Images * plan.Rows * plan.Columns;
                Assert.True(windows >= (long)shape.Members * batch * plan.AllRows * plan.AllColumns, $"{plan}");
            }
        }

        Assert.True(plans > 1000);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(1000, false)]
    [InlineData(1000, true)]
    public void PlansForEachImageFitTheirGroups(int rows, bool isDouble)
    {
        int threads = RowLoopKernel.ThreadsOf(rows), plans = 0;
        int weightRoom = isDouble ? RowLoopKernel.WeightRoom<double>() : RowLoopKernel.WeightRoom<float>();
        Assert.Equal(RowLoopKernel.SharedBytes, (ConvolutionPlan.TileRoom + weightRoom) * (isDouble ? sizeof(double) : sizeof(float)));
        foreach (var shape in Shapes(5))
        {
            if (ConvolutionPlan.ForEach(shape, true, threads, weightRoom) is not { } plan)
                continue;
            plans++;
            Assert.Equal(0, plan.Groups % (shape.Members * shape.Batch));
            Assert.True(plan.Workers <= threads && plan.Threads == threads && plan.Chunk >= 1, $"{plan}");
            Assert.True(plan.TileHeight * plan.TileWidth * (plan.Chunk | 1) <= ConvolutionPlan.TileRoom, $"{plan}");
            Assert.True(shape.KernelHeight * shape.KernelWidth * plan.Chunk * 4 * plan.Quads <= weightRoom, $"{plan}");
            Assert.True(plan.Workers / plan.Slices * (plan.Slices - 1) * 16 <= ConvolutionPlan.TileRoom, $"{plan}");
        }

        Assert.True(plans > 1000);
    }

    [Fact]
    public void QuotientsAreRoundedDown()
    {
        for (int divisor = 1; divisor <= 4096; divisor++)
        {
            var quotient = new Quotient(divisor);
            for (int multiple = 0; multiple < 1 << 20; multiple += (divisor * 97) + divisor)
            {
                foreach (int x in (int[])[multiple, multiple + 1, multiple + divisor - 1, (1 << 20) - 1])
                    Assert.Equal(x / divisor, quotient.Of(x));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Batches))]
    public void WeightGradientPlansFitTheirGroups(int batch)
    {
        int plans = 0;
        foreach (var shape in Shapes(batch))
        {
            if (WeightGradientPlan.For(shape) is not { } plan)
                continue;
            plans++;
            Assert.True(plan.TapQuads * plan.Quads * plan.Slices <= plan.Threads && plan.Threads <= 256, $"{plan}");
            Assert.True(plan.Chunk >= 1 && plan.Images * plan.TileHeight * plan.TileWidth * plan.Chunk <= WeightGradientPlan.TileRoom - 3);
            Assert.True(plan.Images * plan.Rows * plan.Columns * 4 * plan.Quads <= WeightGradientPlan.ResultRoom, $"{plan}");
            Assert.True(plan.TapQuads * plan.Quads * (plan.Slices - 1) * 16 <= WeightGradientPlan.TileRoom, $"{plan}");
            Assert.True(plan.Pieces >= 1 && plan.Pieces * plan.PieceUnits >= plan.Units, $"{plan}");
        }

        Assert.True(plans > 1000);
    }

    // Sizes of the networks here: even a small batch occupies a large GPU, and a large one has full groups.
    [Theory]
    [InlineData(32, 12, 5)]
    [InlineData(32, 6, 32)]
    [InlineData(672, 12, 5)]
    [InlineData(672, 6, 32)]
    public void UsualSizesOccupyTheGpu(int batch, int size, int channels)
    {
        var shape = new ConvolutionShape(batch, size, size, channels, 32, 3, 3, 1, 1, size, size);
        Assert.InRange(ConvolutionPlan.For(shape, true)!.Groups, 128, int.MaxValue);
        Assert.InRange(ConvolutionPlan.For(shape, false)!.Groups, 128, int.MaxValue);
        Assert.InRange(WeightGradientPlan.For(shape)!.Groups, 128, int.MaxValue);
        Assert.InRange(ConvolutionPlan.For(shape, true)!.Threads, 64, 256);
        Assert.InRange(WeightGradientPlan.For(shape)!.Threads, 128, 256);
    }

    private static IEnumerable<ConvolutionShape> Shapes(int batch)
        => from size in s_sizes
           from width in s_sizes
           from inputs in s_sizes
           from outputs in (int[])[1, 4, 5, 32, 40, 200]
           from kernel in s_sizes
           from kernelWidth in (int[])[1, 3, kernel]
           from members in batch < 600 ? (int[])[1, 7] : [1]
           select new ConvolutionShape(
               batch, size, width, inputs, outputs, kernel, kernelWidth, kernel / 2, kernelWidth / 2, size, width, members);
}
