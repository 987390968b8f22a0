using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Nn;
using Engine.Kernels;
using Engine.Tests.RL;
using Xunit;

namespace Engine.Tests.Core;

public class GradientCheckpointTests
{
    // Weights and an index are captured; a result is an input as it was, one is of integers, one is not used.
    private static readonly Func<Tensor, Tensor, Tensor, Tensor[]> s_layer = (x, weights, index) =>
    {
        var y = (x.MatMul(weights).Tanh() * weights.Sum()).Take(0, index);
        return [y, x, y.ArgMax(1), y.Exp()];
    };

    [Fact]
    public void DerivativesAreThoseOfTheFunction()
    {
        using var scope = new TensorScope();
        var (x, weights, index) = Inputs();
        GradientCheck.Check(at => Use(at, index, checkpoint: true), [x, weights], order: 3);
        foreach (var (a, b) in Derivatives(x, weights, index, false).Zip(Derivatives(x, weights, index, true)))
            Close.All(a.ToDoubles(), b.ToDoubles(), 1e-12);
    }

    [Fact]
    public void TheyAreTheSameInMapsAndPrograms()
    {
        using var scope = new TensorScope();
        var (x, weights, index) = Inputs();
        var xs = Tensor.Stack(0, x, x * 0.5, x + 0.3);
        using var program = new TensorProgram<(Tensor Xs, Tensor Weights, Tensor Index), Tensor[]>(
            given => Batched(given.Xs, given.Weights, given.Index, checkpoint: true));
        var expected = Batched(xs, weights, index, checkpoint: false);
        foreach (var found in (Tensor[][])[Batched(xs, weights, index, checkpoint: true), .. Enumerable.Range(0, 3).Select(_ => program.Run((xs, weights, index)))])
        {
            foreach (var (a, b) in expected.Zip(found))
            {
                Assert.Equal(a.Shape, b.Shape);
                Close.All(a.ToDoubles(), b.ToDoubles(), 1e-12);
            }
        }

        // Taken within the map, in what a member has of its own and in what all share, and from outside.
        static Tensor[] Batched(Tensor xs, Tensor weights, Tensor index, bool checkpoint)
        {
            var own = Tensor.Stack(0, weights, weights.Sin(), weights.Cos());
            Tensor[] within = Batch.Map(
                x => (Tensor[])[.. Derivatives(x.X, weights, index, checkpoint), .. Derivatives(x.X, x.Own, index, checkpoint)], (X: xs, Own: own));
            Tensor[] nested = Batch.Map(
                w => Batch.Map(x => (Tensor[])[.. Derivatives(x, w, index, checkpoint)], xs), own);
            var outside = Batch.Map(x => Use([x.X, x.Own], index, checkpoint)[0].Sum() + Use([x.X, weights], index, checkpoint)[1].Sum(), (X: xs, Own: own)).Square().Sum();
            var first = Gradient.Of(outside, new[] { xs, own, weights });
            return [.. within, .. nested, .. first, .. Gradient.Of(first[0].Square().Sum() + first[2].Sin().Sum(), new[] { xs, own, weights })];
        }
    }

    private static (Tensor X, Tensor Weights, Tensor Index) Inputs()
        => (Tensor.From([0.3, -0.7, 0.2, 0.9, -0.1, 0.4], [3, 2]), Tensor.From([0.5, 0.1, -0.3, 0.8], [2, 2]), Tensor.From(2, 0));

    private static Tensor[] Use(Tensor[] at, Tensor index, bool checkpoint)
    {
        var (x, weights) = (at[0].Sin(), at[1].Square());
        Tensor[] Layer(Tensor y) => s_layer(y, weights, index);
        var y = checkpoint ? Gradient.Checkpoint(Layer, x) : Layer(x);
        return [y[0], y[1].MatMul(weights), y[2].Cast(x.Type)];
    }

    private static Tensor[] Derivatives(Tensor x, Tensor weights, Tensor index, bool checkpoint)
    {
        var y = Use([x, weights], index, checkpoint);
        var loss = (y[0].Square().Sum() + y[1].Sum()) * y[2].Sum();
        var first = Gradient.Of(loss, (x, weights));
        var second = Gradient.Of(first.x.Square().Sum() + first.weights.Sin().Sum(), (x, weights));
        return [loss, first.x, first.weights, second.x, second.weights, Gradient.Jvp(y[0], x, x.Cos())];
    }
}
