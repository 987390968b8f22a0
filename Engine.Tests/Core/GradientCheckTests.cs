using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Kernels;
using Xunit;

namespace Engine.Tests.Core;

public sealed class GradientCheckTests : IDisposable
{
    private readonly TensorScope _scope = new();

    [Fact]
    public void RightRulesPass()
    {
        double[] errors = GradientCheck.Check(x => [new Cube(3).Apply(x), x[0].Sum()], [Tensor.From(0.5, -1.2, 2)], order: 3);
        Assert.Equal(3, errors.Length);
        Assert.All(errors, error => Assert.InRange(error, 0, 1e-6));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3.001)]
    [InlineData(0)]
    [InlineData(double.NaN)]
    public void AWrongRuleIsFound(double factor)
    {
        var failure = Assert.Throws<InvalidOperationException>(
            () => GradientCheck.Check(x => [new Cube(factor).Apply(x)], [Tensor.From(0.5, -1.2, 2)], order: 1));
        Assert.Contains("order 1", failure.Message);
    }

    [Fact]
    public void ARuleWrongOnlyInTheSecondOrderIsFoundThere()
    {
        Tensor[] xs = [Tensor.From(0.5, -1.2, 2)];
        Func<Tensor[], Tensor[]> function = x => [new CubeOfWrongSlope().Apply(x)];
        GradientCheck.Check(function, xs, order: 1);
        var failure = Assert.Throws<InvalidOperationException>(() => GradientCheck.Check(function, xs, order: 2));
        Assert.Contains("order 2", failure.Message);
    }

    [Fact]
    public void ARuleThatForgetsAnInputIsFound()
        => Assert.Throws<InvalidOperationException>(
            () => GradientCheck.Check(x => [new ForgetfulProduct().Apply(x)], [Tensor.From(0.5, 2), Tensor.From(1.5, -2)], order: 1));

    [Fact]
    public void InputsThatCannotBeCheckedAreRefused()
    {
        Assert.Contains(
            "Float32 [2]", Assert.Throws<ArgumentException>(() => GradientCheck.Check(x => x, [Tensor.From(1f, 2)])).Message);
        Assert.Throws<ArgumentException>(() => GradientCheck.Check(x => [Tensor.From(1.0)], [Tensor.From(1, 2)]));
        Assert.Throws<ArgumentException>(() => GradientCheck.Check(x => [Tensor.From(1.0)], []));
        Assert.Throws<ArgumentOutOfRangeException>(() => GradientCheck.Check(x => x, [Tensor.From(1.0)], order: 0));
    }

    public void Dispose() => _scope.Dispose();

    private abstract record Elementwise : Operation
    {
        protected override (ElementType Type, Shape Shape) Infer(Tensor[] x) => (SameFloatType(x), x[0].Shape);

        protected override void Compute(Tensor y, Tensor[] x)
        {
            var (from, other, to) = (x[0].Buffer.Read<double>(), x[^1].Buffer.Read<double>(), y.Buffer.Write<double>());
            y.Device.For(y.Count, new Body(to, from, other, this is Cube or CubeOfWrongSlope, this is Slope));
        }
    }

    private readonly struct Body(View<double> y, View<double> x, View<double> other, bool cube, bool slope) : IBody
    {
        public void Invoke(int index)
        {
            double value = x[index];
            y[index] = cube ? value * value * value : slope ? 3 * value * value : value * other[index];
        }
    }

    private sealed record Cube(double Factor) : Elementwise
    {
        public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [g * x[0].Square() * Factor];
    }

    private sealed record CubeOfWrongSlope : Elementwise
    {
        public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [g * new Slope().Apply(x)];
    }

    private sealed record Slope : Elementwise
    {
        public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [g * x[0] * 5];
    }

    private sealed record ForgetfulProduct : Elementwise
    {
        public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [g * x[1], null];
    }
}
