using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.Kernels.Cpu;
using Engine.RL.Environments;
using Engine.RL.Meta;
using Xunit;

namespace Engine.Tests.RL;

public class MixedModeTests
{
    private const int Steps = 4;

    // The step size is a meta-parameter, too. The clip's limit is below some norms of the loop's gradients and above others.
    private static readonly Func<Tensor, Optimiser>[] s_optimisers =
        [
            rate => new Adam(rate, EpsilonRoot: 1e-8),
            rate => new Adam(rate, DetachDenominator: true, EpsilonRoot: 1e-8),
            rate => new Sgd(rate),
            rate => new RmsProp(rate, EpsilonRoot: 1e-8),
            rate => new Flatten(new Chain(
                new ClipByGlobalNorm(0.1), new Adam((Schedule)((step, type) => rate / (step.Cast(type) + 1)), EpsilonRoot: 1e-8))),
        ];

    public static TheoryData<string, double?, bool> Options
        =>
        [
            .. from device in TestDevices.ForUpdates
               from options in ((double?, bool)[])[(null, false), (null, true), (0.9, false), (0.9, true), (0, false)]
               select (device.Data, options.Item1, options.Item2),
        ];

    [Theory]
    [MemberData(nameof(Options))]
    public void MetaGradientsAreThoseOfPlainMemory(string device, double? trace, bool fresh)
    {
        using var scope = new TensorScope();
        var place = TestDevices.Open(device);
        var setup = new InnerLoopSetup(device: place);
        var rate = Tensor.Scalar(0.05, ElementType.Float64, place);
        foreach (var optimiser in s_optimisers)
        {
            var plain = Unroll(LoopMemory.Plain);
            var mixed = Unroll(LoopMemory.Mixed);
            foreach (var (expected, actual) in plain.Zip(mixed))
            {
                Assert.Equal(Values(expected), Values(actual));
                Same(expected.OuterLoss, actual.OuterLoss);
            }

            foreach (string name in (string[])["4", "4-mix"])
            {
                var method = MetaGradientMethod.Parse(name);
                Same(method.Of([.. plain.Select(x => x.OuterLoss)]), method.Of([.. mixed.Select(x => x.OuterLoss)]));
            }

            InnerPoint<Tensor, ValueTuple, Trajectories>[] Unroll(LoopMemory memory)
            {
                var how = optimiser(rate);
                var start = new InnerState<Tensor, ValueTuple>(setup.Parameters, how.Initial(setup.Parameters), default);
                return InnerLoop.Unroll(setup.Problem(how), start, setup.Key, Steps, new(trace, fresh, memory));
            }
        }

        // To order 2.
        void Same(Tensor expected, Tensor actual)
        {
            var eta = (setup.Raw, rate);
            var (slopes, found) = (Gradient.Of(expected, eta), Gradient.Of(actual, eta));
            Assert.NotEqual(0, slopes.rate.Item());
            Close.All(Values(slopes), Values(found), 1e-10);
            var (curvature, again) = (Gradient.Of(slopes.Raw.Square().Sum(), eta), Gradient.Of(found.Raw.Square().Sum(), eta));
            Close.All(Values(curvature), Values(again), 1e-8);
        }
    }

    [Fact]
    public void LearnersInABatchHaveTheirOwn()
    {
        using var scope = new TensorScope();
        var optimiser = new Adam(0.01, EpsilonRoot: 1e-8);
        var task = new InnerLoopSetup().Task(optimiser);
        var learners = InnerLoopSetup.Several(optimiser, 3, ElementType.Float64);
        using var program = new TensorProgram<SmallLearner, Tensor>(x => Within(x, LoopMemory.Mixed));
        double[] expected = Within(learners, LoopMemory.Plain).ToDoubles();
        Close.All(expected, Within(learners, LoopMemory.Mixed).ToDoubles(), 1e-10);
        for (int run = 0; run < 3; run++)
            Close.All(expected, program.Run(learners).ToDoubles(), 1e-10);
        Close.All(expected, Around(LoopMemory.Mixed).ToDoubles(), 1e-10);

        Tensor Within(SmallLearner all, LoopMemory memory)
            => Batch.Map(learner => Gradient.Of(Outer(learner, memory), learner.Raw), all);

        Tensor Around(LoopMemory memory)
            => Gradient.Of(Batch.Map(learner => Outer(learner, memory), learners).Sum(), learners.Raw);

        Tensor Outer(SmallLearner learner, LoopMemory memory)
            => InnerLoop.Unroll(task.With(learner.Raw.Sigmoid()), learner.Inner, learner.Key, Steps, new(Memory: memory))[^1].OuterLoss;
    }

    // Beside what one update works in there are parameters and both moments of each, and nothing else.
    [Fact]
    public void OnlyWhatUpdatesBeginWithGrowsWithTheirNumber()
    {
        const int Parameters = 4000;
        long[] plain = [.. Enumerable.Range(10, 3).Select(n => Working(n, LoopMemory.Plain))];
        long[] mixed = [.. Enumerable.Range(10, 3).Select(n => Working(n, LoopMemory.Mixed))];
        long kept = 3 * ((Parameters * sizeof(float)) + 64);
        Assert.Equal(kept, mixed[1] - mixed[0]);
        Assert.Equal(kept, mixed[2] - mixed[1]);
        Assert.True(plain[2] - plain[1] > 20 * kept);
    }

    private static long Working(int steps, LoopMemory memory)
    {
        using var device = new CpuDevice(1);
        using var scope = new TensorScope();
        var (meta, theta) = (Tensor.Ones([4], device: device), Tensor.Ones([4000], device: device));
        var start = new InnerState<Tensor, int>(theta, new Wide(meta).Optimiser.Initial(theta), 0);
        using var program = new TensorProgram<(Tensor Meta, InnerState<Tensor, int> Start, Key Key), Tensor>(
            x => Gradient.Of(
                InnerLoop.Unroll(new Wide(x.Meta), x.Start, x.Key, steps, new(Memory: memory))[^1].OuterLoss, x.Meta));
        program.Run((meta, start, Key.Of(0, device)));
        return program.WorkingBytes;
    }

    private static double[] Values<T>(T tree) => [.. Tree.Leaves(tree).SelectMany(x => x.ToDoubles())];

    // Many parameters, of which much is made in between.
    private sealed class Wide(Tensor meta) : IMetaProblem<Tensor, int, int>
    {
        public Optimiser Optimiser { get; } = new Adam(0.1, EpsilonRoot: 1e-8);

        public (int Rollout, int Next) Sample(Tensor parameters, int state, Key key) => (state, state + 1);

        public RolloutLosses Losses(Tensor parameters, int rollout)
        {
            var x = parameters.Reshape(4, -1);
            var weights = meta.Unsqueeze(-1) * meta;
            for (int layer = 0; layer < 20; layer++)
                x = weights.MatMul(x).Tanh();
            return new(x.Square().Sum(), parameters.Square().Sum());
        }
    }
}
