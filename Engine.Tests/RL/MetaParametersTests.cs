using Engine.Core;
using Engine.Core.Autodiff;
using Engine.RL.Meta;
using Xunit;

namespace Engine.Tests.RL;

public class MetaParametersTests
{
    [Theory]
    [InlineData(Parameterisation.Sigmoid)]
    [InlineData(Parameterisation.Clip)]
    public void ValuesOfRawNumbersAreTheValuesBefore(Parameterisation parameterisation)
    {
        using var scope = new TensorScope();
        foreach (double value in (double[])[1e-12, 0.01, 0.3, 0.5, 0.99, 1 - 1e-9])
        {
            var raw = Tensor.From(MetaParameters.Raw(value, parameterisation));
            Assert.Equal(value, MetaParameters.Values(raw, parameterisation).Item(), 1e-14);
            Assert.Equal(raw.Item(), MetaParameters.Allowed(raw, parameterisation).Item());
        }

        Assert.Equal(parameterisation == Parameterisation.Sigmoid ? 0 : 0.5, MetaParameters.Raw(0.5, parameterisation));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-0.1)]
    [InlineData(1.5)]
    [InlineData(double.NaN)]
    public void ValuesThatNoNumberCanLearnAreRefused(double value)
    {
        foreach (var parameterisation in Enum.GetValues<Parameterisation>())
        {
            var e = Assert.Throws<ArgumentOutOfRangeException>(() => MetaParameters.Raw(value, parameterisation));
            Assert.Contains("between 0 and 1, both excluded", e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void SigmoidIsTheLogisticFunctionWithItsDerivative()
    {
        using var scope = new TensorScope();
        var raw = Tensor.From(-800.0, -2, 0, 3, 800);
        double[] expected = [0, 1 / (1 + Math.Exp(2)), 0.5, 1 / (1 + Math.Exp(-3)), 1];
        var values = MetaParameters.Values(raw, Parameterisation.Sigmoid);
        Close.All(expected, values.ToDoubles(), 1e-15);
        Close.All([.. expected.Select(s => s * (1 - s))], Gradient.Of(values.Sum(), raw).ToDoubles(), 1e-14);
    }

    [Fact]
    public void ClippedValuesStayInTheIntervalAndMoveOnlyInside()
    {
        using var scope = new TensorScope();
        var raw = Tensor.From(-1.0, 0.25, 0.75, 7);
        var values = MetaParameters.Values(raw, Parameterisation.Clip);
        Assert.Equal([0, 0.25, 0.75, 1], values.ToDoubles());
        Assert.Equal([0, 1, 1, 0], Gradient.Of(values.Sum(), raw).ToDoubles());
    }

    [Fact]
    public void NumbersBroughtBackFromBeyondABoundHaveADerivativeAgain()
    {
        using var scope = new TensorScope();
        var raw = MetaParameters.Allowed(Tensor.From(-1.0, 0.25, 7), Parameterisation.Clip);
        Assert.Equal([0, 0.25, 1], raw.ToDoubles());
        var leaf = Tensor.From(raw.ToDoubles());
        double[] slopes = Gradient.Of(MetaParameters.Values(leaf, Parameterisation.Clip).Sum(), leaf).ToDoubles();
        Assert.All(slopes, slope => Assert.True(slope > 0));
    }
}
