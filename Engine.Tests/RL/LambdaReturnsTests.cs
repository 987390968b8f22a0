using Engine.Core;
using Engine.Core.Autodiff;
using Engine.RL.Agents;
using Xunit;

namespace Engine.Tests.RL;

public sealed class LambdaReturnsTests : IDisposable
{
    private readonly TensorScope _scope = new();

    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    public void ReturnsAreThoseOfTheirRecurrence(int steps)
    {
        const double Gamma = 0.9, Lambda = 0.7;
        var random = new Random(2);
        double[] r = Draw(steps * 2), v = Draw((steps + 1) * 2), live = [.. Draw(steps * 2).Select(x => x > -0.5 ? 1.0 : 0.0)];
        double[] expected = new double[steps * 2];
        for (int column = 0; column < 2; column++)
        {
            double g = v[(steps * 2) + column];
            for (int t = steps - 1; t >= 0; t--)
            {
                int at = (t * 2) + column;
                g = r[at] + (Gamma * live[at] * (((1 - Lambda) * v[at + 2]) + (Lambda * g)));
                expected[at] = g;
            }
        }

        var actual = LambdaReturns.Of(
            Tensor.From(r, [steps, 2]), Tensor.From(live, [steps, 2]), Tensor.From(v, [steps + 1, 2]), Number(Gamma), Number(Lambda));
        Close.All(expected, actual.ToDoubles(), 1e-14);

        double[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => (2 * random.NextDouble()) - 1)];
    }

    [Fact]
    public void DerivativesAreThoseOfFiniteDifferences()
        => GradientCheck.Check(
            x => [LambdaReturns.Of(x[0], Tensor.From([1.0, 1, 0, 1, 1, 1], [3, 2]), x[1], x[2], x[3])],
            [
                Tensor.From([0.5, -1, 1, 2, 0.3, 0.1], [3, 2]),
                Tensor.From([1.0, 2, -1, 0.5, 0.2, 0.4, -0.7, 1.5], [4, 2]),
                Number(0.9),
                Number(0.6),
            ],
            order: 3);

    [Fact]
    public void LambdaZeroLooksOneStepAheadAndLambdaOneToTheEnd()
    {
        Tensor r = Tensor.From([1.0, 2, 4], [3, 1]), live = Tensor.Ones([3, 1], r.Type), v = Tensor.From([10.0, 20, 40, 80], [4, 1]);
        Assert.Equal([11, 22, 44], LambdaReturns.Of(r, live, v, Number(0.5), Number(0)).ToDoubles());
        Assert.Equal([1 + 1 + 1 + 10, 2 + 2 + 20, 4 + 40], LambdaReturns.Of(r, live, v, Number(0.5), Number(1)).ToDoubles());
    }

    [Fact]
    public void NothingReachesOverTheEndOfAnEpisode()
    {
        Tensor r = Tensor.From([1.0, 2, 4], [3, 1]), live = Tensor.From([1.0, 0, 1], [3, 1]), v = Tensor.From([10.0, 20, 40, 80], [4, 1]);
        Assert.Equal(2, LambdaReturns.Of(r, live, v, Number(0.5), Number(0.5)).ToDoubles()[1]);
        var gradient = Gradient.Of(LambdaReturns.Of(r, live, v, Number(0.5), Number(0.5))[..2].Sum(), v);
        Assert.Equal([0, 0.25, 0, 0], gradient.ToDoubles());
    }

    [Fact]
    public void ShapesThatDoNotFitAreNamed()
    {
        Tensor r = Tensor.Ones([3, 2]), v = Tensor.Ones([4, 2]), number = Tensor.Ones([]);
        Says("values [3, 2]", () => LambdaReturns.Of(r, r, r, number, number));
        Says("live [4, 2]", () => LambdaReturns.Of(r, v, v, number, number));
        Says("rewards []", () => LambdaReturns.Of(number, number, number, number, number));
        Says("gamma [5, 1, 1]", () => LambdaReturns.Of(r, r, v, Tensor.Ones([5, 1, 1]), number));
        Says("ReverseScan: factors [3, 2] and addends [4, 2]", () => Tensor.ReverseScan(r, v));
        Says("ReverseScan: needs an axis 0", () => Tensor.ReverseScan(number, number));

        static void Says(string part, Func<Tensor> call) => Assert.Contains(part, Assert.Throws<ArgumentException>(call).Message);
    }

    public void Dispose() => _scope.Dispose();

    private static Tensor Number(double value) => Tensor.From([value], []);
}
