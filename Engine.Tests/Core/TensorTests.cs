using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Files;
using Engine.Kernels;
using Engine.Kernels.Cpu;
using Engine.Tests.Kernels;
using FsCheck;
using FsCheck.Xunit;
using Xunit;

namespace Engine.Tests.Core;

public sealed class TensorTests : IDisposable
{
    private readonly TensorScope _scope = new();

    [Fact]
    public void ScalarFormsKeepTheSignOfZeros()
    {
        foreach (var type in (ElementType[])[ElementType.Float32, ElementType.Float64])
        {
            double[] values = [0.0, -0.0];
            var x = Tensor.From(values, [2]).Cast(type);
            foreach (double c in (double[])[2, -2, 1, 0.0, -0.0])
            {
                Same(x * c, v => v * c);
                Same(c * x, v => c * v);
                Same(x + c, v => v + c);
                Same(x - c, v => v - c);
                Same(c - x, v => c - v);
                Same(Gradient.Vjp(x * 2, x, x), v => v * 2);
            }

            Same(x / -3, v => v / -3);
            Same(-x, v => -v);

            void Same(Tensor y, Func<double, double> exact)
                => Assert.Equal(values.Select(v => double.IsNegative(exact(v))), y.ToDoubles().Select(double.IsNegative));
        }

        Assert.Equal([-6, 0], (Tensor.From(3, 0) * -2).ToArray<int>());
    }

    [Fact]
    public void ValuesMustFitTheShapeAndTheType()
    {
        Says("Shape [2, 2] has 4 elements, but 3 values", () => Tensor.From([1f, 2, 3], [2, 2]));
        Says("Int64 is no element type", () => Tensor.From(1L, 2));
        var x = Tensor.From(1f, 2, 3);
        Says("Float32 can't be copied to Double", () => x.ToArray<double>());
        Says("has 3 elements, but the destination has 2", () => x.CopyTo(new float[2].AsSpan()));
        Assert.Throws<ArgumentOutOfRangeException>(() => Tensor.Zeros([2, -1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Tensor.Zeros([65536, 65536]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Tensor.Zeros([65536, 65536, 65536, 65536]));
        foreach (Shape empty in (Shape[])[[65536, 65536, 0], [0, 65536, 65536], [65536, 0, 65536]])
        {
            var none = Tensor.Zeros(empty, ElementType.Float64);
            Assert.Equal(0, none.Count);
            Assert.Equal(0, (none + none.Exp()).Sum().Item());
            Assert.Empty(none.Permute(2, 0, 1).ToDoubles());
            Assert.Empty(none[Along.Every(2)].ToDoubles());
            Assert.Empty(Gradient.Of(none.Square().Sum(), none).ToDoubles());
        }

        Assert.Empty(Tensor.Zeros([0, 65536, 65536]).Take(0, Tensor.Zeros([0], ElementType.Int32)).ToDoubles());
        Assert.Equal([0.0, 0], Tensor.Zeros([0, 1]).Take(0, Tensor.From(3, 4)).ToDoubles());
        Assert.Throws<ArgumentOutOfRangeException>(() => Tensor.Range(-1));
    }

    [Fact]
    public void ValuesAreConvertedToTheElementType()
    {
        Assert.Equal([0.1f, -2.5f], Tensor.From([0.1, -2.5], [2], ElementType.Float32).ToArray<float>());
        Assert.Equal([0, -2], Tensor.From([0.0, -2], [2], ElementType.Int32).ToArray<int>());
        Assert.Equal([0, 1, 2], Tensor.Range(3, ElementType.Int32).ToArray<int>());
        Assert.Equal([1, -1, 0, 2], Tensor.From(1.9f, -1.9f, 0.5f, 2).Cast(ElementType.Int32).ToArray<int>());
        int[] limits = [0, int.MaxValue, int.MinValue, int.MaxValue];
        Assert.Equal(limits, Tensor.From(double.NaN, 1e20, -1e20, double.PositiveInfinity).Cast(ElementType.Int32).ToArray<int>());
        Assert.Equal(limits, Tensor.From(float.NaN, 1e20f, -1e20f, float.PositiveInfinity).Cast(ElementType.Int32).ToArray<int>());
        Assert.Equal([3.0], Tensor.From(3).Cast(ElementType.Float64).ToArray<double>());
        var x = Tensor.From(1.0);
        Assert.Same(x, x.Cast(ElementType.Float64));
    }

    [Fact]
    public void ItemIsTheOneValue()
    {
        Assert.Equal(5, Tensor.From([5f], [1, 1]).Item());
        Assert.Equal(5, Tensor.Full(5, [], ElementType.Int32).Item());
        Assert.Contains("[2]", Assert.Throws<InvalidOperationException>(() => Tensor.From(1f, 2).Item()).Message);
        Assert.Throws<InvalidOperationException>(() => Tensor.Zeros([0]).Item());
    }

    [Fact]
    public void ComparisonsWithANumberAreThoseWithATensor()
    {
        foreach (var type in Enum.GetValues<ElementType>())
        {
            var x = Tensor.From([1.0, 2, 3], [3], type);
            Tensor[] found = [x > 2, x >= 2, x < 2, x <= 2, Tensor.Equal(x, 2)];
            Assert.All(found, y => Assert.Equal(type, y.Type));
            Assert.Equal([0, 0, 1, 0, 1, 1, 1, 0, 0, 1, 1, 0, 0, 1, 0], found.SelectMany(y => y.ToDoubles()));
        }

        Assert.Equal([0, 1, 1], (Tensor.From(1.0, 2, 3) > 1.5).ToDoubles());
    }

    [Fact]
    public void OneHotMarksThePositionNamed()
    {
        var positions = Tensor.From([2, 0, -1, 3], [2, 2]);
        var marked = positions.OneHot(3);
        Assert.Equal(ElementType.Float32, marked.Type);
        Assert.Equal([2, 2, 3], marked.Shape);
        Assert.Equal([0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0], marked.ToDoubles());
        Assert.Equal(ElementType.Int32, positions.OneHot(3, ElementType.Int32).Type);
        Assert.Equal([0], Tensor.Full(1, [], ElementType.Int32).OneHot(1).ToDoubles());
        Says("Float32", () => Tensor.From(1f).OneHot(3));
    }

    [Fact]
    public void ToMakesALeafOnAnotherDevice()
    {
        using var device = new CpuDevice(1);
        foreach (var type in Enum.GetValues<ElementType>())
        {
            var x = Tensor.From([1.0, 2, 3, 4], [2, 2], type) + 1;
            Assert.Same(x, x.To(x.Device));
            using var moved = x.To(device);
            Assert.Same(device, moved.Device);
            Assert.Null(moved.Operation);
            Assert.Equal(x.ToString(), moved.ToString());
            Says("different devices", () => _ = x + moved);
        }
    }

    [Fact]
    public void TextIsThatOfTheFormatter()
    {
        Assert.Equal("[[1 2]\n [3 4]]", Tensor.From([1, 2, 3, 4], [2, 2]).ToString());
        Assert.Equal("2.5", Tensor.Full(2.5, []).ToString());
        var x = Tensor.From(1.0, 0.1);
        Assert.Equal(TensorFormatter.Format<double>([2], [1.0, 0.1]), x.ToString());
        string? recorded = null;
        using var program = new TensorProgram<Tensor[], Tensor[]>(y =>
        {
            recorded = y[0].ToString();
            return y;
        });
        program.Run([x]);
        Assert.Equal("Float64 [2], being recorded", recorded);
    }

    [Property(MaxTest = 40)]
    public void StoredTensorsRoundTripThroughSafeTensors(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        var tensors = new OrderedDictionary<string, StoredTensor>();
        var originals = new List<Tensor>();
        foreach (var type in Enum.GetValues<ElementType>())
        {
            var shape = Nest.Shape(random, 300);
            byte[] bits = new byte[shape.ElementCount * type.Size()];
            random.NextBytes(bits);
            var x = Tensor.From(new StoredTensor(type, [.. shape], bits));
            Assert.Equal(bits, x.ToStored().Data);
            originals.Add(x);
            tensors.Add($"{type}", x.ToStored());
        }

        using var stream = new MemoryStream();
        SafeTensors.Write(stream, tensors);
        stream.Position = 0;
        var read = SafeTensors.Read(stream).Tensors;
        foreach (var x in originals)
        {
            var y = Tensor.From(read[$"{x.Type}"]);
            Assert.Equal((x.Type, x.Shape), (y.Type, y.Shape));
            Assert.Equal(x.ToStored(), y.ToStored());
        }
    }

    [Fact]
    public void PowersOfSpecialNumbers()
    {
        Same(0, 0, 1, 0, 0);
        Same(0, 1, 0, 1, 0);
        Same(0, 2, 0, 0, 2);
        Same(0, 3, 0, 0, 0);
        Same(-2, 3, -8, 12, -12);
        Same(-2, 2, 4, -4, 2);
        Same(-2, 0, 1, 0, 0);
        Same(-2, -1, -0.5, -0.25, -0.25);
        Same(4, 0.5, 2, 0.25, -1.0 / 32);
        Same(1, 1000, 1, 1000, 999_000);

        static void Same(double a, double b, double value, double slope, double curvature)
        {
            var (x, exponent) = (Tensor.From(a), Tensor.From(b));
            var y = x.Pow(exponent);
            Assert.Equal(value, y.Item(), 1e-14 * (1 + Math.Abs(value)));
            var first = Gradient.Of(y, (Tensor[])[x, exponent]);
            Assert.Equal(slope, first[0].Item(), 1e-12 * (1 + Math.Abs(slope)));
            Assert.Equal(a == 0 ? 0 : value * Math.Log(a), first[1].Item(), 1e-12);
            Assert.Equal(curvature, Gradient.Of(first[0], x).Item(), 1e-12 * (1 + Math.Abs(curvature)));
        }
    }

    [Fact]
    public void ClampLimitsValuesAndStopsTheirDerivatives()
    {
        var x = Tensor.From(-3.0, -1, 0.5, 1, 7);
        var y = x.Clamp(-1, 1);
        Assert.Equal([-1.0, -1, 0.5, 1, 1], y.ToDoubles());
        Assert.Equal([0.0, 0.5, 1, 0.5, 0], Gradient.Of(y.Sum(), x).ToDoubles());
        Assert.Equal([-1, 2, 3], Tensor.From(-5, 2, 9).Clamp(-1, 3).ToArray<int>());
        Assert.True(double.IsNaN(Tensor.From(double.NaN).Clamp(0, 1).Item()));
    }

    [Fact]
    public void ComparisonsGiveZerosAndOnes()
    {
        var a = Tensor.From(1.0, 2, 3, double.NaN);
        var b = Tensor.From(2.0, 2, 2, 2);
        Assert.Equal([0.0, 0, 1, 0], (a > b).ToDoubles());
        Assert.Equal([1.0, 0, 0, 0], (a < b).ToDoubles());
        Assert.Equal([0.0, 1, 1, 0], (a >= b).ToDoubles());
        Assert.Equal([1.0, 1, 0, 0], (a <= b).ToDoubles());
        Assert.Equal([0.0, 1, 0, 0], Tensor.Equal(a, b).ToDoubles());
        Assert.Equal([1, 0, 1], (Tensor.From(1, 5, 7) >= Tensor.From(1, 6, 6)).ToArray<int>());
        Assert.Equal(new double[4], Gradient.Of((a > b).Sum(), a).ToDoubles());
    }

    // As documented: 0 times a derivative that is infinite or NaN is NaN, so the choice comes before as well.
    [Fact]
    public void ASafeArgumentKeepsNaNOutOfTheSideNotChosen()
    {
        var x = Tensor.From(0.0, 1, 5);
        var small = x < 1;
        var bad = Tensor.Where(small, x, (x - 1).Sqrt());
        Assert.Equal([double.NaN, double.PositiveInfinity, 0.25], Gradient.Of(bad.Sum(), x).ToDoubles());
        var one = Tensor.Ones([], x.Type);
        var good = Tensor.Where(small, x, Tensor.Where(small, one, x - 1).Sqrt());
        Assert.Equal(bad.ToDoubles(), good.ToDoubles());
        var first = Gradient.Of(good.Sum(), x);
        Assert.Equal([1, double.PositiveInfinity, 0.25], first.ToDoubles());
        Assert.Equal([0, -1.0 / 32], Gradient.Of(first[Along.Every(2)].Sum(), x).ToDoubles()[..3].Where((_, i) => i != 1));
    }

    [Fact]
    public void WhereSelectsWithoutTouchingTheOtherSide()
    {
        var x = Tensor.From(0.0, 4);
        var y = Tensor.Where(x.Heaviside(), x.Log(), x * 3);
        Assert.Equal([0, Math.Log(4)], y.ToDoubles());
        Assert.Equal(0.25, Gradient.Of(y.Sum(), x).ToDoubles()[1]);
        var (one, two) = (Tensor.From(1.0, 2), Tensor.From([3.0, 4], [2, 1]));
        Assert.Equal([3.0, 2, 4, 2], Tensor.Where(Tensor.From(0.0, 7), one, two).ToDoubles());
    }

    [Fact]
    public void ReductionsAlongAxes()
    {
        var x = Tensor.From([1.0, 2, 3, 4, 5, 6], [1, 2, 3]);
        Same(x.Sum(), "[]", 21);
        Same(x.Sum(-1), "[1, 2]", 6, 15);
        Same(x.Sum(1, -1, 2), "[1]", 21);
        Same(x.Sum(keepDims: true, 1), "[1, 1, 3]", 5, 7, 9);
        Same(x.Mean(1), "[1, 3]", 2.5, 3.5, 4.5);
        Same(x.Mean(), "[]", 3.5);
        Same(x.Max(1), "[1, 3]", 4, 5, 6);
        Same(x.Max(), "[]", 6);
        Same(x.ArgMax(-1), "[1, 2]", 2, 2);
        Same(Tensor.From(2.0, 5, 5, 1).ArgMax(0), "[]", 1);
        Same(Tensor.Full(3, []).Sum(), "[]", 3);
        Same(Tensor.Full(3, []).Max(), "[]", 3);
        Assert.Equal([0.5, 0.5, 0], Gradient.Of(Tensor.From(2.0, 2, 1) is var tied ? tied.Max() : tied, tied).ToDoubles());
        Assert.Throws<ArgumentOutOfRangeException>(() => x.Sum(3));
        Says("axis 0 of [0, 2] is empty", () => Tensor.Zeros([0, 2]).Max(0));
        Says("axis 0 of [0] is empty", () => Tensor.Zeros([0]).ArgMax(0));
        Assert.Equal("[0]", Tensor.Zeros([0, 2]).Max(1).Shape.ToString());
    }

    [Fact]
    public void ReshapeFillsInTheOpenSize()
    {
        var x = Tensor.Range(12);
        Assert.Equal("[3, 4]", x.Reshape(3, -1).Shape.ToString());
        Assert.Equal("[2, 6, 1]", x.Reshape(-1, 6, 1).Shape.ToString());
        Assert.Equal("[0, 3]", Tensor.Zeros([0]).Reshape(-1, 3).Shape.ToString());
        Assert.Same(x, x.Reshape(12));
        Says("[12] with 12 elements does not fit [5, -1]", () => x.Reshape(5, -1));
        Says("Reshape: [12] has 12 elements and [5, 2] has 10", () => x.Reshape(5, 2));
        Says("does not fit [0, -1]", () => Tensor.Zeros([0]).Reshape(0, -1));
        Assert.ThrowsAny<ArgumentException>(() => x.Reshape(-1, -1));
    }

    [Fact]
    public void AxesAreAddedAndExchanged()
    {
        var x = Tensor.From([1.0, 2, 3, 4, 5, 6], [2, 3]);
        Same(x.Transpose(), "[3, 2]", 1, 4, 2, 5, 3, 6);
        Same(x.Permute(-1, 0), "[3, 2]", 1, 4, 2, 5, 3, 6);
        Same(x.Unsqueeze(-1), "[2, 3, 1]", 1, 2, 3, 4, 5, 6);
        Same(x.Unsqueeze(0), "[1, 2, 3]", 1, 2, 3, 4, 5, 6);
        Same(Tensor.From(1.0, 2).Pad([1], [2]), "[5]", 0, 1, 2, 0, 0);
        Assert.Throws<ArgumentOutOfRangeException>(() => x.Unsqueeze(4));
        Assert.Contains("[3] has no two axes", Assert.Throws<InvalidOperationException>(() => Tensor.Range(3).Transpose()).Message);
        Says("[0, 0] is no order of the axes of [2, 3]", () => x.Permute(0, 0));
        Says("do not name a number for each axis of [2, 3]", () => x.Pad([1], [1]));
        Says("[2, 3] does not broadcast to [3, 3]", () => x.BroadcastTo([3, 3]));
        Says("does not broadcast to [3]", () => x.BroadcastTo([3]));
    }

    [Fact]
    public void TensorsAreJoinedAlongOldAndNewAxes()
    {
        var (a, b) = (Tensor.From([1.0, 2], [1, 2]), Tensor.From([3.0, 4, 5, 6], [2, 2]));
        Same(Tensor.Concatenate(0, a, b, a), "[4, 2]", 1, 2, 3, 4, 5, 6, 1, 2);
        Same(Tensor.Concatenate(-1, b, b), "[2, 4]", 3, 4, 3, 4, 5, 6, 5, 6);
        Same(Tensor.Concatenate(0, a, a[0..0]), "[1, 2]", 1, 2);
        Same(Tensor.Stack(0, a[0], b[1]), "[2, 2]", 1, 2, 5, 6);
        Same(Tensor.Stack(1, a[0], b[1]), "[2, 2]", 1, 5, 2, 6);
        Same(Tensor.Stack(-1, a, b[0..1]), "[1, 2, 2]", 1, 3, 2, 4);
        Says("[1, 2], [2, 2] differ in more than axis 1", () => Tensor.Concatenate(1, a, b));
        Says("at least one tensor", () => Tensor.Concatenate(0));
        Says("element types", () => Tensor.Concatenate(0, a, Tensor.From([1f, 2], [1, 2])));
        Assert.Throws<ArgumentOutOfRangeException>(() => Tensor.Concatenate(2, a, b));
    }

    [Fact]
    public void MatrixProductsWithOneSetOfWeightsTakeAnyBiasThatBatchesTake()
    {
        var x = Tensor.From([.. Enumerable.Range(0, 12).Select(i => (double)i)], [2, 2, 3]);
        var weight = Tensor.From([1.0, 2, 3, 4, 5, 6], [3, 2]);
        double[] expected = (x.MatMul(weight) + Tensor.From(10.0, 20)).ToDoubles();
        foreach (Shape shape in new Shape[] { [2], [1, 2], [1, 1, 2] })
            Assert.Equal(expected, x.MatMul(weight, bias: Tensor.From([10.0, 20], shape)).ToDoubles());
        Same(Tensor.Zeros([2, 3, 0]).MatMul(Tensor.Zeros([0, 1])), "[2, 3, 1]", new double[6]);
        Same(Tensor.Zeros([2, 0, 3]).MatMul(Tensor.Zeros([3, 4])), "[2, 0, 4]");
        Says("inner sizes 3 and 2 differ", () => x.MatMul(weight.Transpose()));
        Says("both operands need at least two axes", () => weight.MatMul(Tensor.Zeros([2], ElementType.Float64)));
    }

    [Fact]
    public void QuotientsWithNumbersAreCorrectlyRounded()
    {
        float[] values = [.. Enumerable.Range(1, 200).Select(i => (float)i)];
        var x = Tensor.From(values);
        foreach (float c in (float[])[3, 7, 49, -0.1f, 1e-40f])
        {
            Assert.Equal(values.Select(value => value / c), (x / c).ToArray<float>());
            Assert.Equal(values.Select(value => c / value), (c / x).ToArray<float>());
        }

        const double Subnormal = 1e-310;
        Assert.Equal([1.0, 2.0], (Tensor.From(Subnormal, 2 * Subnormal) / Subnormal).ToDoubles());
        Assert.Equal([2.0, 1.0], (2 * Subnormal / Tensor.From(Subnormal, 2 * Subnormal)).ToDoubles());
    }

    [Fact]
    public void OperandsOfDifferentTypesAreAnErrorThatNamesThem()
    {
        Says("Add: element types Float64 [1] and Float32 [1] differ", () => _ = Tensor.From(1.0) + Tensor.From(1f));
        Says("Exp: needs Float32 or Float64, got Int32 [1]", () => Tensor.From(1).Exp());
        Says("Affine: needs Float32 or Float64, got Int32 [2]", () => _ = Tensor.From(1, 2) * 0.5);
        Says("DivideBy: needs Float32 or Float64, got Int32 [2]", () => _ = Tensor.From(1, 2) / 2);
        Says("Divide: needs Float32 or Float64, got Int32 [2]", () => _ = 2 / Tensor.From(1, 2));
        Assert.Equal([3, 5], ((Tensor.From(1, 2) * 2) + 1).ToArray<int>());
    }

    [Property(MaxTest = 30)]
    public void RandomNumbersDoNotDependOnHowTheBatchIsSplit(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        int rows = random.Next(2, 40), cut = random.Next(1, rows), columns = random.Next(1, 20);
        int[] keys = [.. Enumerable.Range(0, 4 * rows).Select(_ => random.Next())];
        foreach (var type in new[] { ElementType.Float32, ElementType.Float64 })
        {
            double[] whole = Draw(0, rows), left = Draw(0, cut), right = Draw(cut, rows);
            Assert.Equal(whole, left.Concat(right));

            double[] Draw(int start, int end)
            {
                var part = new Key(Tensor.From(keys[(4 * start)..(4 * end)], [end - start, 4]));
                return Tensor.Normal(part, [columns], type: type).ToDoubles();
            }
        }
    }

    public void Dispose() => _scope.Dispose();

    private static void Says(string part, Action action) => Assert.Contains(part, Assert.ThrowsAny<ArgumentException>(action).Message);

    private static void Same(Tensor x, string shape, params double[] values)
    {
        Assert.Equal(shape, x.Shape.ToString());
        Assert.Equal(values, x.ToDoubles());
    }
}
