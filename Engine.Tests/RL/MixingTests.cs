using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Optim;
using Engine.RL.Meta;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Engine.Tests.RL;

public class MixingTests
{
    [Property]
    public Property WeightsSumToOneAndFallByKappa()
        => Prop.ForAll(
            Gen.Choose(1, 60).Zip(Gen.Choose(0, 1000)).ToArbitrary(),
            drawn =>
            {
                var (steps, kappa) = (drawn.Item1, drawn.Item2 / 1000.0);
                double[] weights = Mixing.Weights(steps, kappa);
                return weights.Length == steps
                    && Math.Abs(weights.Sum() - 1) < 1e-14
                    && weights.Zip(weights.Skip(1)).All(pair => Math.Abs(pair.Second - (kappa * pair.First)) < 1e-15);
            });

    [Fact]
    public void WeightsAreThoseOfEquationTen()
    {
        const double Kappa = 0.8;
        double[] expected = [.. Enumerable.Range(0, 5).Select(i => Math.Pow(Kappa, i) * (1 - Kappa) / (1 - Math.Pow(Kappa, 5)))];
        Close.All(expected, Mixing.Weights(5, Kappa), 1e-15);
        Assert.Equal(Kappa, Mixing.DefaultKappa(5));
        Assert.Equal(0, Mixing.DefaultKappa(1));
    }

    [Fact]
    public void KappaZeroIsOneStepAndKappaOneWeighsAllAlike()
    {
        Assert.Equal([1, 0, 0, 0], Mixing.Weights(4, 0));
        Assert.Equal([0.25, 0.25, 0.25, 0.25], Mixing.Weights(4, 1));
        Close.All(Mixing.Weights(7, 1), Mixing.Weights(7, 1 - 1e-12), 1e-11);
        Assert.Equal([1], Mixing.Weights(1, 1));
    }

    [Fact]
    public void ImpossibleWeightsAreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Mixing.Weights(0, 0.5));
        foreach (double kappa in (double[])[-0.1, 1.1, double.NaN])
        {
            string message = Assert.Throws<ArgumentOutOfRangeException>(() => Mixing.Weights(3, kappa)).Message;
            Assert.Contains("must be in [0, 1]", message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.7)]
    [InlineData(1.0)]
    public void GradientOfTheMixIsTheWeightedSumOfThePointsGradients(double kappa)
    {
        using var scope = new TensorScope();
        var setup = new InnerLoopSetup();
        Tensor[] losses = [.. setup.Unroll(new Adam(0.01, EpsilonRoot: 1e-8), 4).Select(point => point.OuterLoss)];
        Tensor[] gradients = [.. losses.Select(loss => Gradient.Of(loss, setup.Raw))];
        double[] weights = Mixing.Weights(4, kappa);
        double[] expected = [.. Enumerable.Range(0, setup.Raw.Count).Select(i => weights.Zip(gradients, (w, g) => w * g[i].Item()).Sum())];
        Close.All(expected, Gradient.Of(Mixing.Mix(losses, kappa), setup.Raw).ToDoubles(), 1e-13);

        // Gradients that are there already mix in the same way, as those of forward mode do.
        Close.All(expected, Mixing.Mix(gradients, kappa).ToDoubles(), 1e-13);
        var method = MetaGradientMethod.Parse("4-mix");
        Close.All(expected, Gradient.Of(method.Of(losses, kappa), setup.Raw).ToDoubles(), 1e-13);
        Close.All(expected, method.Of(gradients, kappa).ToDoubles(), 1e-13);
    }

    // Weights that are tensors make the same of a loop as constants, and each member of a batch has its own.
    [Theory]
    [InlineData(0.0)]
    [InlineData(0.7)]
    [InlineData(1.0)]
    public void WeightsMayBeTensorsOfABatch(double kappa)
    {
        using var scope = new TensorScope();
        var setup = new InnerLoopSetup();
        MetaGradientMethod[] methods = [.. ((string[])["4", "4-mix"]).Select(MetaGradientMethod.Parse)];
        double[][] each = [.. methods.Select(method => method.Weights(kappa))];
        Tensor[] weights = [.. Enumerable.Range(0, 4).Select(point => Tensor.From([each[0][point], each[1][point]], [2]))];
        var (mixed, gradients) = Batch.Map(
            own =>
            {
                var loss = Mixing.Mix(Losses(), own);
                return (loss, Gradient.Of(loss, setup.Raw));
            },
            weights);
        foreach (var (member, method) in methods.Index())
        {
            var loss = method.Of(Losses(), kappa);
            Assert.Equal(loss.Item(), mixed[member].Item());
            Close.All(Gradient.Of(loss, setup.Raw).ToDoubles(), gradients[member].ToDoubles(), 1e-13);
        }

        Tensor[] Losses() => [.. setup.Unroll(new Adam(0.01, EpsilonRoot: 1e-8), 4).Select(point => point.OuterLoss)];
    }

    [Fact]
    public void APointThatWeighsNothingNeedNotBeFinite()
    {
        using var scope = new TensorScope();
        var x = Tensor.From(3.0);
        Tensor[] points = [(x * 1e200).Square(), x.Square()], weights = [Tensor.From(0.0), Tensor.From(1.0)];
        Assert.Equal(double.PositiveInfinity, points[0].Item());
        var mixed = Mixing.Mix(points, weights);
        Assert.Equal((9, 6), (mixed.Item(), Gradient.Of(mixed, x).Item()));
    }

    [Fact]
    public void MethodsTakeTheirPointOfALongerLoop()
    {
        using var scope = new TensorScope();
        Tensor[] losses = [.. new InnerLoopSetup().Unroll(new Sgd(0.01), 5).Select(point => point.OuterLoss)];
        Assert.Equal(5, losses.Select(loss => loss.Item()).Distinct().Count());
        Assert.Equal(losses[2].Item(), MetaGradientMethod.Parse("3").Of(losses).Item());
        Assert.Equal(losses[3].Item(), MetaGradientMethod.Parse("trace-4").Of(losses).Item());
        Assert.Equal(
            Mixing.Mix(losses[..3], Mixing.DefaultKappa(3)).Item(), MetaGradientMethod.Parse("3-mix").Of(losses).Item());
    }
}
