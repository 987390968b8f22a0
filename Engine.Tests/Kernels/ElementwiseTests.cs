using Engine.Kernels.Functions;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Engine.Tests.Kernels;

public class ElementwiseTests
{
    private static readonly float[] s_x = [0, 1, -1, 2.5f, -2.5f, 7, -0f, 1e20f, -1e-20f, 3];
    private static readonly float[] s_y = [1, 1, 2, -2.5f, -2.5f, 0.5f, 3, 1e19f, 4, -7];

    [Fact]
    public void UnaryFunctionsDoWhatTheySay()
    {
        Same(new NegateFunction(), x => -x);
        Same(new SqrtFunction(), MathF.Sqrt);
        Same(new SquareFunction(), x => x * x);
        Same(new ReciprocalFunction(), x => 1 / x);
        Same(new AbsFunction(), MathF.Abs);
        Same(new SignFunction(), x => MathF.Sign(x));
        Same(new ReluFunction(), x => MathF.Max(x, 0));
        Same(new HeavisideFunction(), x => x > 0 ? 1 : 0);
        Same(new AffineFunction(2, -0.5), x => (x * 2) - 0.5f);
        Assert.All(Ulp.Singles(new ReluFunction(), [float.NaN]), r => Assert.True(float.IsNaN(r.Values[0])));
        Assert.All(Ulp.Singles(new SignFunction(), [float.NaN]), r => Assert.True(float.IsNaN(r.Values[0])));

        static void Same<TFunction>(TFunction function, Func<float, float> expected)
            where TFunction : struct, IUnary
        {
            foreach (var (name, values) in Ulp.Singles(function, s_x))
            {
                for (int i = 0; i < s_x.Length; i++)
                    Assert.True(values[i].Equals(expected(s_x[i])) || values[i] == expected(s_x[i]), $"{name} at {s_x[i]}: {values[i]}");
            }
        }
    }

    [Fact]
    public void BinaryFunctionsDoWhatTheySay()
    {
        Same(new AddFunction(), (x, y) => x + y);
        Same(new SubtractFunction(), (x, y) => x - y);
        Same(new MultiplyFunction(), (x, y) => x * y);
        Same(new DivideFunction(), (x, y) => x / y);
        Same(new MaximumFunction(), MathF.Max);
        Same(new MinimumFunction(), MathF.Min);
        Same(new GreaterFunction(), (x, y) => x > y ? 1 : 0);
        Same(new GreaterEqualFunction(), (x, y) => x >= y ? 1 : 0);
        Same(new EqualFunction(), (x, y) => x == y ? 1 : 0);
        Same(new LinearCombinationFunction(0.5, 2), (x, y) => (0.5f * x) + (2 * y));
        Same(new SquareCombinationFunction(0.5, 2), (x, y) => (0.5f * x) + (2 * y * y));
        Same(new AdamScaleFunction(0.25, 1e30), (x, y) => 1 / (MathF.Sqrt((x * y) + 1e30f) + 0.25f));

        static void Same<TFunction>(TFunction function, Func<float, float, float> expected)
            where TFunction : struct, IBinary
        {
            float[] scalar = Ulp.Apply<Scalar<Float32, float>, float, TFunction>(function, s_x, s_y);
            float[] vector = Ulp.Apply<Lanes512<float>, float, TFunction>(function, s_x, s_y);
            for (int i = 0; i < s_x.Length; i++)
            {
                float e = expected(s_x[i], s_y[i]);
                Assert.True(Close(scalar[i], e) && Close(vector[i], e), $"{s_x[i]}, {s_y[i]}: {scalar[i]}, {vector[i]}, not {e}");
            }
        }

        static bool Close(float actual, float expected)
            => actual.Equals(expected) || MathF.Abs((actual / expected) - 1) < 1e-6 || actual == expected;
    }

    [Fact]
    public void TernaryFunctionsDoWhatTheySay()
    {
        var x = new Scalar<Float32, float>(2);
        var y = new Scalar<Float32, float>(3);
        var z = new Scalar<Float32, float>(5);
        var zero = new Scalar<Float32, float>(0);
        Assert.Equal(3, new WhereFunction().Invoke(x, y, z).Value);
        Assert.Equal(5, new WhereFunction().Invoke(zero, y, z).Value);
        Assert.Equal(11, new MultiplyAddFunction().Invoke(x, y, z).Value);
    }

    [Property]
    public Property IntegersWorkToo()
        => Prop.ForAll<int, int, int>((x, y, z) =>
        {
            Same(default(AddFunction), x, y, x + y);
            Same(default(SubtractFunction), x, y, x - y);
            Same(default(MultiplyFunction), x, y, x * y);
            Same(default(DivideFunction), x, y, y == 0 ? 0 : x / y);
            Same(default(DivideFunction), int.MinValue, -1, int.MinValue);
            Same(default(MaximumFunction), x, y, Math.Max(x, y));
            Same(default(MinimumFunction), x, y, Math.Min(x, y));
            Same(default(GreaterFunction), x, y, x > y ? 1 : 0);
            Same(default(GreaterEqualFunction), x, y, x >= y ? 1 : 0);
            Same(default(EqualFunction), x, y, x == y ? 1 : 0);
            Same(default(PowerFunction), x, y & 31, Enumerable.Repeat(x, y & 31).Aggregate(1, (power, factor) => power * factor));
            Same(new LinearCombinationFunction(2, -3), x, y, (2 * x) - (3 * y));
            var (a, b, c) = (Lanes128<int>.Splat(x), Lanes128<int>.Splat(y), Lanes128<int>.Splat(z));
            Assert.Equal(x != 0 ? y : z, Lanes128<int>.Lane(new WhereFunction().Invoke(a, b, c), 0));
            Assert.Equal((x * y) + z, Lanes128<int>.Lane(new MultiplyAddFunction().Invoke(a, b, c), 0));
            Assert.Equal(-x, Lanes128<int>.Lane(new NegateFunction().Invoke(a), 0));
            Assert.Equal(Math.Sign(x), Lanes128<int>.Lane(new SignFunction().Invoke(a), 0));
            Assert.Equal(Math.Max(x, 0), Lanes128<int>.Lane(new ReluFunction().Invoke(a), 0));
            Assert.Equal(x > 0 ? 1 : 0, Lanes128<int>.Lane(new HeavisideFunction().Invoke(a), 0));
            Assert.Equal((5 * x) - 2, Lanes128<int>.Lane(new AffineFunction(5, -2).Invoke(a), 0));

            static void Same<TFunction>(TFunction function, int x, int y, int expected)
                where TFunction : struct, IBinary
            {
                Assert.Equal(expected, Ulp.Apply<Lanes128<int>, int, TFunction>(function, [x], [y])[0]);
                Assert.Equal(expected, Ulp.Apply<Lanes512<int>, int, TFunction>(function, [x], [y])[0]);
            }
        });
}
