using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Nn;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.Kernels.Cpu;
using Engine.RL.Meta;
using Xunit;

namespace Engine.Tests.RL;

public class ForwardModeTests
{
    private static readonly Optimiser[] s_optimisers =
        [
            new Adam(0.01, EpsilonRoot: 1e-8),
            new Adam(0.01, DetachDenominator: true, EpsilonRoot: 1e-8),
            new Sgd(0.05),
            new RmsProp(0.01, EpsilonRoot: 1e-8),
        ];

    [Theory]
    [InlineData(ElementType.Float64, 1e-10)]
    [InlineData(ElementType.Float32, 1e-6)]
    public void MetaGradientsAreThoseOfReverseMode(ElementType type, double tolerance)
    {
        using var scope = new TensorScope();
        foreach (var activation in Enum.GetValues<Activation>())
        {
            var setup = new BranchSetup(replicates: 3, type, activation: activation);
            foreach (var optimiser in s_optimisers)
            {
                var points = setup.Branch(optimiser, 4);
                Tensor[] forward = Take(setup, optimiser, 4);
                Assert.Equal(4, forward.Length);
                foreach (var (point, gradient) in points.Zip(forward))
                {
                    Assert.Equal(setup.Raw.Shape, gradient.Shape);
                    Close.All(Gradient.Of(point.OuterLoss.Sum(), setup.Raw).ToDoubles(), gradient.ToDoubles(), tolerance);
                }
            }
        }
    }

    [Fact]
    public void MemoryDoesNotGrowWithTheNumberOfSteps()
    {
        long few = Peak(2), many = Peak(8);
        Assert.True(many < 1.02 * few, $"{few} bytes for 2 steps, {many} for 8");

        static long Peak(int steps)
        {
            using var device = new CpuDevice(1);
            using (var scope = new TensorScope())
            {
                var setup = new BranchSetup(replicates: 2, device: device);
                var optimiser = new Adam(0.01, EpsilonRoot: 1e-8);
                Take(setup, optimiser, steps);
            }

            Assert.Equal(0, device.Pool.LiveBlocks);
            return device.Pool.PeakBytes;
        }
    }

    [Fact]
    public void MetaGradientsBelongToTheCaller()
    {
        using var device = new CpuDevice(1);
        using var scope = new TensorScope();
        var setup = new BranchSetup(replicates: 2, device: device);
        var optimiser = new Sgd(0.01);
        int before = device.Pool.LiveBlocks;
        Tensor[] gradients = Take(setup, optimiser, 3);

        // The fourth is the step number in the optimiser's state.
        Assert.Equal(before + 3 + 1, device.Pool.LiveBlocks);
        foreach (var gradient in gradients)
            gradient.Dispose();
        Assert.Equal(before + 1, device.Pool.LiveBlocks);
        Assert.Throws<ArgumentOutOfRangeException>(() => Take(setup, optimiser, 0));
    }

    private static Tensor[] Take(BranchSetup setup, Optimiser optimiser, int steps)
        => ForwardMode.MetaGradients(setup.Problem, setup.Raw, optimiser, setup.Parameters, setup.State(optimiser), steps);
}
