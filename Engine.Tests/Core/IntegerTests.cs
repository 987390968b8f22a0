using Engine.Core;
using Engine.Core.Operations;
using Engine.Kernels;
using Xunit;

namespace Engine.Tests.Core;

/// <summary>What numbers do that meet a tensor of integers: none is rounded in silence.</summary>
public sealed class IntegerTests : IDisposable
{
    private readonly TensorScope _scope = new();

    public static TheoryData<double> NotHeld
        => [0.5, -0.25, 1e10, -3e9, 4294967296, double.NaN, double.PositiveInfinity, double.NegativeInfinity];

    [Theory]
    [MemberData(nameof(NotHeld))]
    public void NumbersThatInt32DoesNotHoldAreErrors(double value)
    {
        var x = Tensor.From(1, 2, 3);
        Says($"Full: Int32 does not hold {value}", () => Tensor.Full(value, [2], ElementType.Int32));
        Says($"From: Int32 does not hold {value}", () => Tensor.From([0, value], [2], ElementType.Int32));
        Says("Affine: needs Float32 or Float64, got Int32 [3]: convert it with Cast", () => x * value);
        Says("Affine: needs Float32 or Float64", () => x + value);
        Says("Affine: needs Float32 or Float64", () => x - value);
        Says("Affine: needs Float32 or Float64", () => value - x);
        Says("LinearCombination: needs Float32 or Float64, got Int32 [3]: convert", () => new LinearCombination(value, 1).Apply(x, x));
        Says("LinearCombination: needs", () => new LinearCombination(1, value).Apply(x, x));
        Says("SquareCombination: needs", () => new SquareCombination(value, 1).Apply(x, x));
        Says("SquareCombination: needs", () => new SquareCombination(1, value).Apply(x, x));
        Says("ScaledProduct: needs", () => new ScaledProduct(value).Apply(x, x));
    }

    [Fact]
    public void NumbersThatInt32HoldsAreTaken()
    {
        var x = Tensor.From(1, 2, 3);
        Assert.Equal([int.MinValue], Tensor.Full(int.MinValue, [1], ElementType.Int32).ToArray<int>());
        Assert.Equal([int.MaxValue], Tensor.From([(double)int.MaxValue], [1], ElementType.Int32).ToArray<int>());
        Assert.Equal([5, 7, 9], ((x * 2) + 3).ToArray<int>());
        Assert.Equal([0, -1, -2], (1 - x).ToArray<int>());
        Assert.Equal([-1, -2, -3], new LinearCombination(2, -3).Apply(x, x).ToArray<int>());
        Assert.Equal([5, 16, 33], new SquareCombination(2, 3).Apply(x, x).ToArray<int>());
        Assert.Equal([2, 8, 18], new ScaledProduct(2).Apply(x, x).ToArray<int>());
        Says("AdamScale: needs", () => new AdamScale(1, 1).Apply(x, x));
        Says("AdamScaleSlope: needs", () => new AdamScaleSlope(1, 1).Apply(x, x));
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(-0.5)]
    [InlineData(3.0)]
    [InlineData(1e10)]
    [InlineData(-1e10)]
    [InlineData(2147483647.5)]
    [InlineData(-2147483648.5)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void ComparisonsWithAnyNumberAreRight(double c)
    {
        int[] values = [int.MinValue, -1, 0, 1, 3, int.MaxValue];
        var x = Tensor.From(values);
        Same(value => value < c, x < c);
        Same(value => value <= c, x <= c);
        Same(value => value > c, x > c);
        Same(value => value >= c, x >= c);
        Same(value => value == c, Tensor.Equal(x, c));

        void Same(Func<double, bool> holds, Tensor found)
            => Assert.Equal(values.Select(value => holds(value) ? 1 : 0), found.ToArray<int>());
    }

    [Fact]
    public void ClampKeepsToIntegersBetweenTheBounds()
    {
        var x = Tensor.From(-5, 0, 1, 2, 3, 9);
        Assert.Equal([1, 1, 1, 2, 2, 2], x.Clamp(0.5, 2.5).ToArray<int>());
        Assert.Equal([-2, 0, 1, 2, 3, 3], x.Clamp(-2.5, 3.9).ToArray<int>());
        Assert.Equal([0, 0, 1, 2, 3, 9], x.Clamp(0, double.PositiveInfinity).ToArray<int>());
        Assert.Equal([-5, 0, 1, 2, 2, 2], x.Clamp(-1e20, 2).ToArray<int>());
        Assert.Equal([1, 1, 1, 1, 1, 1], x.Clamp(3, 1).ToArray<int>());
        Says("Clamp: no Int32 lies from 0.25 to 0.75", () => x.Clamp(0.25, 0.75));
        Says("Clamp: no Int32 lies from NaN to 1", () => x.Clamp(double.NaN, 1));
        Says("Clamp: no Int32 lies from 1E+20 to 1E+30", () => x.Clamp(1e20, 1e30));
    }

    public void Dispose() => _scope.Dispose();

    private static void Says(string part, Func<Tensor> action)
        => Assert.Contains(part, Assert.ThrowsAny<ArgumentException>(action).Message);
}
