using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Kernels;
using Engine.RL.Meta;
using Xunit;

namespace Engine.Tests.RL;

public sealed class MetaParametersTests : IDisposable
{
    private readonly TensorScope _scope = new();

    [Theory]
    [InlineData(Parameterisation.Sigmoid)]
    [InlineData(Parameterisation.Clip)]
    public void ValuesAtTheStartAreThoseAskedFor(Parameterisation parameterisation)
    {
        double[] bounded = [1e-12, 0.01, 0.3, 0.5, 0.99, 1 - 1e-9], unbounded = [1e-12, 1e-3, 0.5, 1, 30, 1e9];
        var meta = new MetaParameters(
            [
                .. bounded.Select(value => new MetaParameter($"bounded {value}", value)),
                .. unbounded.Select(value => new MetaParameter($"unbounded {value}", value, HasUpperBound: false)),
            ],
            parameterisation);
        var eta = meta.Initial(ElementType.Float64, Device.Cpu);
        Assert.Equal([12], eta.Shape);
        double[] expected = [.. bounded, .. unbounded], values = meta.Constrain(eta).ToDoubles();
        Assert.All(expected.Zip(values), pair => Assert.Equal(1, pair.Second / pair.First, 1e-12));
        Assert.Equal(eta.ToDoubles(), meta.Project(eta).ToDoubles());
        Assert.Equal(parameterisation == Parameterisation.Sigmoid ? [0, 0] : [0.5, 1], (double[])[eta[3].Item(), eta[9].Item()]);
        Assert.Equal(ElementType.Float32, meta.Initial(ElementType.Float32, Device.Cpu).Type);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(-0.1, true)]
    [InlineData(1.5, true)]
    [InlineData(double.NaN, true)]
    [InlineData(0, false)]
    [InlineData(-2, false)]
    [InlineData(double.PositiveInfinity, false)]
    [InlineData(double.NaN, false)]
    public void ValuesThatNoNumberCanLearnAreRefused(double value, bool hasUpperBound)
    {
        string wanted = hasUpperBound ? "between 0 and 1, both excluded" : "finite and above 0";
        foreach (var parameterisation in Enum.GetValues<Parameterisation>())
        {
            var e = Assert.Throws<ArgumentOutOfRangeException>(
                () => new MetaParameters([new("fine", 0.5), new("odd", value, HasUpperBound: hasUpperBound)], parameterisation));
            Assert.Contains("odd can't start at", e.Message, StringComparison.Ordinal);
            Assert.Contains(wanted, e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void SigmoidIsTheLogisticFunctionWithItsDerivative()
    {
        var eta = Tensor.From(-800.0, -2, 0, 3, 800);
        double[] expected = [0, 1 / (1 + Math.Exp(2)), 0.5, 1 / (1 + Math.Exp(-3)), 1];
        var values = Bounded(5, Parameterisation.Sigmoid).Constrain(eta);
        Close.All(expected, values.ToDoubles(), 1e-15);
        Close.All([.. expected.Select(s => s * (1 - s))], Gradient.Of(values.Sum(), eta).ToDoubles(), 1e-14);
    }

    // Whatever stands beside it: a mask that let the other function's derivative through would give NaN at 800.
    [Fact]
    public void WithoutAnUpperBoundTheNumberIsALogarithm()
    {
        var meta = new MetaParameters([new("gamma", 0.9), new("rate", 0.01, HasUpperBound: false)], Parameterisation.Sigmoid);
        Assert.Equal(Math.Log(0.01), meta.Initial(ElementType.Float64, Device.Cpu)[1].Item(), 1e-14);
        var eta = Tensor.From(800.0, 1.2);
        var values = meta.Constrain(eta);
        Close.All([1, Math.Exp(1.2)], values.ToDoubles(), 1e-15);
        Close.All([0, Math.Exp(1.2)], Gradient.Of(values.Sum(), eta).ToDoubles(), 1e-14);
        Assert.Equal(eta.ToDoubles(), meta.Project(eta).ToDoubles());
    }

    [Fact]
    public void ClippedValuesStayInTheIntervalAndMoveOnlyInside()
    {
        var eta = Tensor.From(-1.0, 0.25, 0.75, 7);
        var values = Bounded(4, Parameterisation.Clip).Constrain(eta);
        Assert.Equal([0, 0.25, 0.75, 1], values.ToDoubles());
        Assert.Equal([0, 1, 1, 0], Gradient.Of(values.Sum(), eta).ToDoubles());
    }

    [Fact]
    public void ClippedValuesWithoutAnUpperBoundAreKeptFromBelowAlone()
    {
        MetaParameter[] all = [new("a", 0.5), new("b", 0.5, HasUpperBound: false), new("c", 0.5, HasUpperBound: false)];
        var meta = new MetaParameters(all, Parameterisation.Clip);
        var eta = Tensor.From(7.0, 7, -1);
        Assert.Equal([1.0, 7, 0], meta.Constrain(eta).ToDoubles());
        Assert.Equal([1.0, 7, 0], meta.Project(eta).ToDoubles());
        Assert.Equal([0.0, 1, 0], Gradient.Of(meta.Constrain(eta).Sum(), eta).ToDoubles());
    }

    [Fact]
    public void NumbersBroughtBackFromBeyondABoundHaveADerivativeAgain()
    {
        MetaParameter[] all = [new("a", 0.5), new("b", 0.5), new("c", 0.5), new("d", 0.5, HasUpperBound: false)];
        var meta = new MetaParameters(all, Parameterisation.Clip);
        var eta = meta.Project(Tensor.From(-1.0, 0.25, 7, -3));
        Assert.Equal([0, 0.25, 1, 0], eta.ToDoubles());
        var leaf = Tensor.From(eta.ToDoubles());
        double[] slopes = Gradient.Of(meta.Constrain(leaf).Sum(), leaf).ToDoubles();
        Assert.All(slopes, slope => Assert.True(slope > 0));
    }

    [Fact]
    public void GradientsOfWhatIsNotLearnedAreZeros()
    {
        MetaParameter[] all = [new("a", 0.5), new("b", 0.5, IsLearned: false), new("c", 0.5, HasUpperBound: false)];
        var gradient = Tensor.From(1.0, 2, 3);
        Assert.Equal([1.0, 0, 3], new MetaParameters(all, Parameterisation.Sigmoid).OfLearned(gradient).ToDoubles());
        Assert.Same(gradient, Bounded(3, Parameterisation.Sigmoid).OfLearned(gradient));
    }

    public void Dispose() => _scope.Dispose();

    private static MetaParameters Bounded(int count, Parameterisation parameterisation)
        => new([.. Enumerable.Range(0, count).Select(i => new MetaParameter($"{i}", 0.5))], parameterisation);
}
