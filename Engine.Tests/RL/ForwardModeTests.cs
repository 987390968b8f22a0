using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Nn;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.RL.Environments;
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
            new Chain(new ClipByGlobalNorm(0.1), new Adam(Schedules.Cosine(0.3, 0.05, 6), EpsilonRoot: 1e-8)),
        ];

    [Theory]
    [InlineData(ElementType.Float64, 1e-10)]
    [InlineData(ElementType.Float32, 1e-5)]
    public void MetaGradientsAreThoseOfReverseMode(ElementType type, double tolerance)
    {
        using var scope = new TensorScope();
        foreach (var activation in Enum.GetValues<Activation>())
        {
            var setup = new InnerLoopSetup(type: type, activation: activation);
            foreach (var optimiser in s_optimisers)
            {
                var points = setup.Unroll(optimiser, 4);
                var (losses, gradients, first) = Take(setup, optimiser, 4);
                Assert.Equal((4, 4), (losses.Length, gradients.Length));
                for (int i = 0; i < 4; i++)
                {
                    Assert.Equal(setup.Raw.Shape, gradients[i].Shape);
                    Assert.Equal(points[i].OuterLoss.Item(), losses[i].Item());
                    Close.All(Gradient.Of(points[i].OuterLoss, setup.Raw).ToDoubles(), gradients[i].ToDoubles(), tolerance);
                }

                Assert.Equal(Values(points[0].State), Values(first.State));
                Assert.Equal(points[0].Losses.Inner.Item(), first.Losses.Inner.Item());
                Assert.Equal(points[0].OuterLoss.Item(), first.OuterLoss.Item());
                Assert.Equal(points[0].Gradient.ToDoubles(), first.Gradient.ToDoubles());
                Assert.Equal(points[0].Rollout.Rewards.ToDoubles(), first.Rollout.Rewards.ToDoubles());
            }
        }

        static IEnumerable<double> Values<T>(T tree) => Tree.Leaves(tree).SelectMany(x => x.ToDoubles());
    }

    [Fact]
    public void FreshRolloutsJudgeAsTheyDoInReverseMode()
    {
        using var scope = new TensorScope();
        var setup = new InnerLoopSetup();
        var optimiser = s_optimisers[0];
        var points = InnerLoop.Unroll(setup.Problem(optimiser), setup.Start(optimiser), setup.Key, 3, new(FreshValidation: true));
        var (losses, gradients, _) = Take(setup, optimiser, 3, fresh: true);
        Assert.Equal(points.Select(point => point.OuterLoss.Item()), losses.Select(loss => loss.Item()));
        Assert.NotEqual(setup.Unroll(optimiser, 3)[^1].OuterLoss.Item(), losses[^1].Item());
        foreach (var (point, gradient) in points.Zip(gradients))
            Close.All(Gradient.Of(point.OuterLoss, setup.Raw).ToDoubles(), gradient.ToDoubles(), 1e-10);
    }

    [Fact]
    public void LearnersInABatchHaveTheirOwn()
    {
        using var scope = new TensorScope();
        foreach (var optimiser in s_optimisers)
        {
            InnerLoopSetup.AssertOwnInABatch(optimiser, (task, learner) =>
            {
                var (losses, gradients, _) = ForwardMode.MetaGradients(
                    raw => task.With(raw.Sigmoid()), learner.Raw, learner.Inner, learner.Key, 3);
                return [.. losses, .. gradients];
            });
        }
    }

    // A program knows what is of no further use; so it does in reverse mode, where most of a loop is of use until its end.
    [Fact]
    public void MemoryOfAProgramDoesNotGrowWithTheNumberOfSteps()
    {
        long few = Held(Forward, 12), many = Held(Forward, 36);
        Assert.InRange(few, 4000 * sizeof(float), long.MaxValue);
        Assert.True(many < 1.05 * few, $"{few} bytes for 12 steps, {many} for 36");
        Assert.True(Held(Reverse, 36) > 2 * Held(Reverse, 12));

        static Tensor Forward(Tensor meta, InnerState<Tensor, int> start, Key key, int steps)
            => ForwardMode.MetaGradients(eta => new Wide(eta), meta, start, key, steps).Gradients[^1];

        static Tensor Reverse(Tensor meta, InnerState<Tensor, int> start, Key key, int steps)
            => Gradient.Of(InnerLoop.Unroll(new Wide(meta), start, key, steps)[^1].OuterLoss, meta);

        static long Held(Func<Tensor, InnerState<Tensor, int>, Key, int, Tensor> gradient, int steps)
        {
            using var scope = new TensorScope();
            var (meta, theta) = (Tensor.Ones([4]), Tensor.Ones([4000]));
            var start = new InnerState<Tensor, int>(theta, new Wide(meta).Optimiser.Initial(theta), 0);
            using var program = new TensorProgram<(Tensor Meta, InnerState<Tensor, int> Start, Key Key), Tensor>(
                x => gradient(x.Meta, x.Start, x.Key, steps));
            for (int run = 0; run < 3; run++)
                program.Run((meta, start, Key.Of(0)));
            return program.WorkingBytes;
        }
    }

    [Fact]
    public void ALoopWithoutStepsIsRefused()
    {
        using var scope = new TensorScope();
        Assert.Throws<ArgumentOutOfRangeException>(() => Take(new InnerLoopSetup(), new Sgd(0.01), 0));
    }

    private static (Tensor[] Losses, Tensor[] Gradients, InnerPoint<Tensor, ValueTuple, Trajectories> First) Take(
        InnerLoopSetup setup, Optimiser optimiser, int steps, bool fresh = false)
        => ForwardMode.MetaGradients(
            raw => setup.Problem(optimiser, raw), setup.Raw, setup.Start(optimiser), setup.Key, steps, fresh);

    // Many parameters, and nothing else that takes memory.
    private sealed class Wide(Tensor meta) : IMetaProblem<Tensor, int, int>
    {
        public Optimiser Optimiser { get; } = new Adam(0.1, EpsilonRoot: 1e-8);

        public (int Rollout, int Next) Sample(Tensor parameters, int state, Key key) => (state, state + 1);

        public RolloutLosses Losses(Tensor parameters, int rollout)
            => new((parameters.Reshape(4, -1).Sin() * meta.Unsqueeze(-1)).Sum(), parameters.Square().Sum());
    }
}
