using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.RL.Environments;
using Engine.RL.Meta;
using Xunit;

namespace Engine.Tests.RL;

public class MetaGradientTermsTests
{
    private static readonly Optimiser[] s_optimisers = InnerLoopSetup.Optimisers;

    private readonly InnerLoopSetup _setup = new();

    [Fact]
    public void TheirSumIsTheMetaGradient()
    {
        using var scope = new TensorScope();
        foreach (var optimiser in s_optimisers)
        {
            int[] steps = [1, 4, 20];
            Tensor[] terms = Terms(optimiser, steps);
            var points = _setup.Unroll(optimiser, 20);
            for (int i = 0; i < steps.Length; i++)
            {
                Assert.Equal([steps[i], 10], terms[i].Shape.Sizes);
                var gradient = Gradient.Of(points[steps[i] - 1].OuterLoss, _setup.Raw);
                Close.All(gradient.ToDoubles(), terms[i].Sum(0).ToDoubles(), 1e-10);
            }
        }
    }

    // Equation 11 as it stands there: T, (I + H) and N as matrices, of SGD.
    [Fact]
    public void EachIsThatOfTheEquation()
    {
        using var scope = new TensorScope();
        const double Alpha = 0.05;
        const int Steps = 4;
        var optimiser = new Sgd(Alpha);
        var points = _setup.Unroll(optimiser, Steps);
        var problem = _setup.Problem(optimiser);
        Tensor[] theta = [_setup.Parameters, .. points.Select(point => point.State.Parameters)];
        var last = theta[Steps].StopGradient();
        var validation = problem.Sample(last, default, _setup.Key.Fold(Steps)).Rollout;
        var carried = Gradient.Of(problem.Losses(last, validation).Outer, last).Unsqueeze(0);
        double[][] terms = [.. Terms(optimiser, [Steps])[0].Unstack().Select(term => term.ToDoubles())];
        for (int i = 1; i <= Steps; i++)
        {
            // Of update n - i, in rows of parameters: H = -alpha d2L/dtheta2, N = -alpha d2L/dtheta deta.
            var (at, raw) = (theta[Steps - i].StopGradient(), _setup.Raw.StopGradient());
            var own = _setup.Problem(optimiser, raw);
            var gradient = Gradient.Of(own.Losses(at, points[Steps - i].Rollout).Inner, at);
            var units = Tensor.Range(at.Count, ElementType.Int32).OneHot(at.Count, at.Type);
            var (h, n) = Batch.Map(unit => Gradient.Vjp(gradient, (at, raw), unit), units);
            Close.All(carried.MatMul(n * -Alpha).ToDoubles(), terms[i - 1], 1e-10);
            carried += carried.MatMul(h * -Alpha);
        }
    }

    [Fact]
    public void TracesAndDecaysWeighThem()
    {
        using var scope = new TensorScope();
        foreach (var optimiser in s_optimisers)
        {
            double[][] exact = [.. Terms(optimiser, [5])[0].Unstack().Select(term => term.ToDoubles())];
            double[][] traces = [.. Terms(optimiser, [5], new(Trace: 1))[0].Unstack().Select(term => term.ToDoubles())];
            AssertIsTheirSum(exact, _setup.Unroll(optimiser, 5, new(Decay: 0.7))[^1], 0.7);
            AssertIsTheirSum(traces, _setup.Unroll(optimiser, 5, trace: 0.7)[^1], 0.7);
        }

        void AssertIsTheirSum(double[][] terms, InnerPoint<Tensor, ValueTuple, Trajectories> point, double factor)
        {
            double[] sum = [.. Enumerable.Range(0, 10).Select(c => terms.Select((term, i) => Math.Pow(factor, i) * term[c]).Sum())];
            Close.All(Gradient.Of(point.OuterLoss, _setup.Raw).ToDoubles(), sum, 1e-10);
        }
    }

    [Fact]
    public void LearnersInABatchHaveTheirOwn()
    {
        using var scope = new TensorScope();
        foreach (var optimiser in s_optimisers)
        {
            InnerLoopSetup.AssertOwnInABatch(
                optimiser,
                (task, learner) => MetaGradientTerms.Of(
                    new MetaPoint<Tensor, ValueTuple, Trajectories>(raw => task.With(raw.Sigmoid()), learner.Raw, learner.Inner),
                    learner.Key,
                    [2, 3]));
        }
    }

    private Tensor[] Terms(Optimiser optimiser, int[] steps, UnrollOptions? options = null)
        => MetaGradientTerms.Of(_setup.Point(optimiser), _setup.Key, steps, options);
}
