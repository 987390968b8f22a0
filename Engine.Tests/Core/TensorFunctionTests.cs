using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Nn;
using Engine.Core.Operations;
using Engine.Kernels;
using Xunit;

namespace Engine.Tests.Core;

/// <summary>Functions made of operations; values are NumPy's and PyTorch's.</summary>
public sealed class TensorFunctionTests : IDisposable
{
    private const double Infinity = double.PositiveInfinity;

    private readonly TensorScope _scope = new();
    private readonly Tensor _x = Tensor.From([1.0, 4, 2, -3, 0.5, 7], [2, 3]);

    [Fact]
    public void SoftmaxAndItsLogarithmGoAlongAnyAxis()
    {
        Close([0.0420, 0.8438, 0.1142, 0.0000453, 0.00150, 0.99845], _x.Softmax(), 1e-4);
        Close([0.98201, 0.97069, 0.00669, 0.01799, 0.02931, 0.99331], _x.Softmax(0), 1e-4);
        Close(_x.Softmax(0).Log().ToDoubles(), _x.LogSoftmax(0), 1e-12);
        Close([0.5, 0, 0.5], Tensor.From([1e300, -Infinity, 1e300], [3]).Softmax(), 0);
        GradientCheck.Check(x => [x[0].Softmax(0), x[0].LogSoftmax()], [_x]);
    }

    // Short rows are a command of their own.
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(LogSoftmax.LongestRow)]
    [InlineData(LogSoftmax.LongestRow + 1)]
    public void LogSoftmaxOfRowsOfAnyLength(int length)
    {
        foreach (var type in (ElementType[])[ElementType.Float32, ElementType.Float64])
        {
            var x = Tensor.Normal(Key.Of(1), [2, 700, length], type: type) * 50;
            double tolerance = type == ElementType.Float32 ? 1e-4 : 1e-12;
            Close((x - x.LogSumExp(-1).Unsqueeze(-1)).ToDoubles(), x.LogSoftmax(), tolerance);
            Close(x.Transpose().LogSoftmax(1).Transpose().ToDoubles(), x.LogSoftmax(), tolerance);
            Close(Equal(length), (Tensor.Ones([length], type) * 1e30).LogSoftmax(), 1e-6);
            Close([.. Equal(length), -Infinity], Tensor.From([.. new double[length], -Infinity], [length + 1], type).LogSoftmax(), 1e-6);
        }

        GradientCheck.Check(x => [x[0].LogSoftmax()], [Tensor.Normal(Key.Of(2), [3, length], type: ElementType.Float64)]);

        static double[] Equal(int length) => [.. Enumerable.Repeat(-Math.Log(length), length)];
    }

    [Fact]
    public void LogSumExpOverflowsNowhere()
    {
        Close([4.1698460, 7.0015482], _x.LogSumExp(1), 1e-7);
        Close([1000 + Math.Log(2)], Tensor.From(1000.0, 1000).LogSumExp(), 1e-9);
        Close([-Infinity], Tensor.From(-Infinity, -Infinity).LogSumExp(), 0);
        Close([Infinity], Tensor.From(0.0, Infinity).LogSumExp(), 0);
        GradientCheck.Check(x => [x[0].LogSumExp(0), x[0].LogSumExp()], [_x]);
    }

    [Fact]
    public void ReductionsKeepTheirAxesOnRequest()
    {
        Close([7.0, 4.5], _x.Sum(keepDims: true, 1), 0);
        Assert.Equal("[2, 1]", _x.Sum(keepDims: true, 1).Shape.ToString());
        Assert.Equal("[1, 3]", _x.Mean(keepDims: true, 0).Shape.ToString());
        Assert.Equal("[1, 1]", _x.Max(keepDims: true).Shape.ToString());
        Close([1.0, -3], _x.Min(1), 0);
        Close([-3.0], _x.Min(), 0);
        Close([double.NaN], Tensor.From(1.0, double.NaN).Min(), 0);
        Close([8, -10.5], _x.Prod(1), 0);
        Assert.Equal([-6, int.MinValue], Tensor.From([-2, 3, int.MinValue, 1], [2, 2]).Prod(1).ToArray<int>());
        Assert.Equal([-2, int.MinValue], Tensor.From([-2, 3, int.MinValue, 1], [2, 2]).Min(1).ToArray<int>());
        Close([1.0], Tensor.Zeros([0], ElementType.Float64).Prod(), 0);
        Assert.Throws<ArgumentException>(() => Tensor.Zeros([0]).Min());
    }

    [Fact]
    public void ProductsHaveDerivativesAtZerosToo()
    {
        var x = Tensor.From(2.0, 0, 3);
        Close([0.0, 6, 0], Gradient.Of(x.Prod(), x), 0);
        var y = Tensor.From(0.0, 0, 3);
        Close([0.0, 0, 0], Gradient.Of(y.Prod(), y), 0);
        Close([3.0, 0, 2], Gradient.Of((Gradient.Of(x.Prod(), x) * Tensor.From(0.0, 1, 0)).Sum(), x), 0);
    }

    [Fact]
    public void VarianceDeviationAndNorm()
    {
        Close([1.5555556, 17.1666667], _x.Var(1), 1e-6);
        Close([2.3333333, 25.75], _x.Var(correction: 1, 1), 1e-6);
        Close([Math.Sqrt(1.5555555555), Math.Sqrt(17.166666666)], _x.Std(1), 1e-8);
        Close([Math.Sqrt(21), Math.Sqrt(58.25)], _x.Norm(1), 1e-12);
        var zero = Tensor.Zeros([2], ElementType.Float64);
        Close([0.0], zero.Norm(), 0);
        Close([0.0, 0], Gradient.Of(zero.Norm() + zero.Std(), zero), 0);
        Close([0.0, 0], Gradient.Of(Gradient.Of(zero.Norm(), zero).Sum(), zero), 0);
        GradientCheck.Check(x => [x[0].Var(0), x[0].Std(1), x[0].Norm(1)], [_x]);
    }

    [Theory]
    [InlineData(7, 3)]
    [InlineData(-7, 3)]
    [InlineData(7, -3)]
    [InlineData(-7, -3)]
    [InlineData(6, 3)]
    [InlineData(-6, 3)]
    [InlineData(0, 5)]
    [InlineData(5, 0)]
    [InlineData(2000000011, 7)]
    [InlineData(0, int.MinValue)]
    [InlineData(5, int.MinValue)]
    [InlineData(-5, int.MinValue)]
    [InlineData(int.MinValue, int.MinValue)]
    [InlineData(int.MinValue, 3)]
    public void IntegersAreDividedAsInPython(int a, int b)
    {
        int quotient = b == 0 ? 0 : (int)Math.Floor((double)a / b), rest = b == 0 ? 0 : a - (b * quotient);
        Tensor x = Tensor.From([a], [1]), y = Tensor.From([b], [1]);
        Assert.Equal(quotient, Tensor.FloorDivide(x, y).Item());
        Assert.Equal(rest, (x % y).Item());
        Assert.Equal(b == 0 ? 0 : a / b, (x / y).Item());
    }

    [Theory]
    [InlineData(7.5, 2, 3, 1.5)]
    [InlineData(-7.5, 2, -4, 0.5)]
    [InlineData(7.5, -2, -4, -0.5)]
    [InlineData(6, 0.1, 59, 0.1)]
    [InlineData(1, 0.1, 9, 0.1)]
    [InlineData(-1e-20, 3, -1, 3)]
    [InlineData(2, double.PositiveInfinity, 0, 2)]
    [InlineData(-2, double.PositiveInfinity, -1, double.PositiveInfinity)]
    [InlineData(-2, double.NegativeInfinity, 0, -2)]
    [InlineData(1, 0, double.PositiveInfinity, double.NaN)]
    [InlineData(1e300, 1, 1e300, 0)]
    public void NumbersAreDividedAsInPython(double a, double b, double quotient, double rest)
    {
        Tensor x = Tensor.From(a), y = Tensor.From(b);
        Assert.Equal(quotient, Tensor.FloorDivide(x, y).Item());
        Assert.Equal(rest, (x % y).Item(), 1e-12);
        Assert.Equal(quotient, x.FloorDivide(b).Item());
        Assert.Equal(rest, (x % b).Item(), 1e-12);
    }

    [Fact]
    public void FloorsAreThoseOfTheHost()
    {
        double[] numbers = [-2.5, -2, -0.5, -0.0, 0.5, 1.5, 2.5, 1e10, -1e10 - 0.5, 4503599627370497.5, Infinity, double.NaN];
        Close([.. numbers.Select(Math.Floor)], Tensor.From(numbers, [numbers.Length]).Floor(), 0);
        float[] singles = [-2.5f, -0.25f, 0.5f, 8388607.5f, 16777217f];
        Assert.Equal(singles.Select(MathF.Floor), Tensor.From(singles, [singles.Length]).Floor().ToArray<float>());
        Assert.Equal([3], Tensor.From([3], [1]).Floor().ToArray<int>());
    }

    [Fact]
    public void CumulativeSumsGoAlongAnyAxis()
    {
        Close([1.0, 5, 7, -3, -2.5, 4.5], _x.CumulativeSum(1), 0);
        Close([1.0, 4, 2, -2, 4.5, 9], _x.CumulativeSum(-2), 0);
        Assert.Equal([1, 3, 6], Tensor.From([1, 2, 3], [3]).CumulativeSum(0).ToArray<int>());
        Assert.Equal(0, Tensor.Zeros([0, 2]).CumulativeSum(0).Count);
        GradientCheck.Check(x => [x[0].CumulativeSum(0).Square()], [_x]);
    }

    [Fact]
    public void NumbersTakeOnATensorsType()
    {
        Close([1.0, 4, 2, 1, 1, 7], Tensor.Maximum(_x, 1), 0);
        Close([1.0, 1, 1, -3, 0.5, 1], Tensor.Minimum(_x, 1), 0);
        Close([1.0, 4, 2, 0, 0.5, 7], Tensor.Where(_x > 0, _x, 0), 0);
        Close([9.0, 9, 9, -3, 9, 9], Tensor.Where(_x > 0, 9, _x), 0);
        Close([1.0, 16, 4, 9, 0.25, 49], _x.Pow(2), 1e-12);
        Close([0, 1, 0, 0, 0, 0], _x == 4, 0);
        Close([1, 0, 1, 1, 1, 1], _x != 4, 0);
        Assert.Equal([0, 1], (Tensor.From([1, 2], [2]) == Tensor.From([3, 2], [2])).ToArray<int>());
        Assert.Equal(ElementType.Int32, Tensor.Maximum(Tensor.From([1], [1]), 2).Type);
        Tensor three = Tensor.Scalar(3, ElementType.Float64), zeros = Tensor.ZerosLike(_x);
        Assert.Equal((3.0, ElementType.Float64, 0), (three.Item(), three.Type, three.Rank));
        Assert.Equal((ElementType.Float64, 0.0, 6.0), (zeros.Type, zeros.Sum().Item(), Tensor.OnesLike(_x).Sum().Item()));
    }

    [Fact]
    public void EqualityIsThatOfElements()
    {
        Tensor a = Tensor.From(1.0, 2), b = Tensor.From(1.0, 3);
        Assert.Equal([1.0, 0], (a == b).ToDoubles());
        Assert.Equal([0.0, 1], (a != b).ToDoubles());
        Assert.False(a.Equals(Tensor.From(1.0, 2)));
        Assert.True(a.Equals(a));
        Assert.Equal(2, new HashSet<Tensor> { a, b, a }.Count);
    }

    [Fact]
    public void LossesRefuseShapesThatDiffer()
    {
        Tensor logits = Tensor.From([1.0, 2, 3, 0, 0, 0], [2, 3]), labels = Tensor.From([2, 0], [2]);
        Close([(0.40760596 + Math.Log(3)) / 2], Losses.CrossEntropy(logits, labels), 1e-7);
        Close([(0.40760596 + Math.Log(3)) / 2], Losses.CrossEntropy(logits, labels.OneHot(3, ElementType.Float64)), 1e-7);
        Close([0.0], Losses.CrossEntropy(Tensor.From([0, -Infinity], [1, 2]), Tensor.From([1.0, 0], [1, 2])), 0);
        Close([0.5], Losses.MeanSquaredError(Tensor.From(1.0, 2), Tensor.From(1.0, 3)), 0);
        Says("predictions [4, 1] and targets [4]", () => Losses.MeanSquaredError(Tensor.Ones([4, 1]), Tensor.Ones([4])));
        Says("predictions [4] and targets [1]", () => Losses.MeanSquaredError(Tensor.Ones([4]), Tensor.Ones([1])));
        Says("or Cast classes to Int32", () => Losses.CrossEntropy(logits, Tensor.From(1.0, 0)));
        Says("logits [2, 3] and probabilities [3]", () => Losses.CrossEntropy(logits, Tensor.From(1.0, 0, 0)));
        Says("got Int32 [3]", () => Losses.CrossEntropy(logits, Tensor.From([1, 0, 0], [3])));

        static void Says(string part, Func<Tensor> action) => Assert.Contains(part, Assert.Throws<ArgumentException>(action).Message);
    }

    public void Dispose() => _scope.Dispose();

    private static void Close(double[] expected, Tensor actual, double tolerance)
    {
        double[] values = actual.ToDoubles();
        Assert.Equal(expected.Length, values.Length);
        foreach (var (a, b) in expected.Zip(values))
            Assert.True(a.Equals(b) || Math.Abs(a - b) <= tolerance * (1 + Math.Abs(a)) || a == b, $"{a} and {b}");
    }
}
