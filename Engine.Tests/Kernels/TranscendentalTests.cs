using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Engine.Kernels.Functions;
using Xunit;

namespace Engine.Tests.Kernels;

public class TranscendentalTests(ITestOutputHelper output)
{
    // Every bit pattern from a stride, so all magnitudes and signs, and a denser sweep of the usual numbers.
    private static readonly float[] s_singles =
    [
        .. Enumerable.Range(0, 200000).Select(i => BitConverter.UInt32BitsToSingle((uint)i * 21473u)),
        .. Enumerable.Range(0, 100000).Select(i => (i - 50000) * 0.0017731f),
        .. Enumerable.Range(0, 20000).Select(i => 1 + ((i - 10000) * 1e-6f)),
        0, -0f, float.Epsilon, -float.Epsilon, 1.17549435e-38f, float.MaxValue, -float.MaxValue, 1, -1,
        float.PositiveInfinity, float.NegativeInfinity, float.NaN,
    ];

    private static readonly double[] s_doubles =
    [
        .. Enumerable.Range(0, 60000).Select(i => BitConverter.UInt64BitsToDouble((ulong)i * 307445734561825UL)),
        .. Enumerable.Range(0, 60000).Select(i => (i - 30000) * 0.023731123),
        .. Enumerable.Range(0, 20000).Select(i => (i - 10000) * 0.000731123),
        .. Enumerable.Range(0, 20000).Select(i => 1 + ((i - 10000) * 1e-6)),
        0, -0.0, double.Epsilon, -double.Epsilon, 2.2250738585072014e-308, double.MaxValue, -double.MaxValue, 1, -1,
        double.PositiveInfinity, double.NegativeInfinity, double.NaN,
    ];

    [Fact]
    public void ExpIsAccurate() => Check(new ExpFunction(), Math.Exp);

    [Fact]
    public void LogIsAccurate() => Check(new LogFunction(), Math.Log);

    [Fact]
    public void Log1pIsAccurate() => Check(new Log1pFunction(), Log1p);

    [Fact]
    public void Expm1IsAccurate() => Check(new Expm1Function(), Expm1);

    [Fact]
    public void TanhIsAccurate() => Check(new TanhFunction(), Math.Tanh);

    [Fact]
    public void SigmoidIsAccurate() => Check(new SigmoidFunction(), Sigmoid);

    [Fact]
    public void SoftplusIsAccurate() => Check(new SoftplusFunction(), x => Math.Max(x, 0) + Log1p(Math.Exp(-Math.Abs(x))));

    [Fact]
    public void SinIsAccurate() => Check(new SinFunction(), Math.Sin);

    [Fact]
    public void CosIsAccurate() => Check(new CosFunction(), Math.Cos);

    // The first two are the closest that there are to multiples of pi / 2, odd and even: to 2^-29 in float32 and 2^-61 in float64. There
    // all digits of 2 / pi count, and most of them cancel.
    [Fact]
    public void SineAndCosineAreAccurateNextToTheirZeros()
    {
        float[] singles = [MathF.ScaleB(16367173, 72), MathF.ScaleB(16367173, 73), -6.1e30f, 10001, float.MaxValue];
        double[] doubles = [Math.ScaleB(6381956970095103, 797), Math.ScaleB(6381956970095103, 798), 1e22, -1e300, double.MaxValue];

        // The C library's are off by 8 units in the last place there.
        Close(new SinFunction(), x => x == doubles[1] ? -9.374331848509255e-19 : Math.Sin(x));
        Close(new CosFunction(), x => x == doubles[0] ? -4.687165924254628e-19 : Math.Cos(x));

        void Close<TFunction>(TFunction function, Func<double, double> exact)
            where TFunction : struct, IUnary
        {
            foreach (var (name, values) in Ulp.Singles(function, singles))
                Assert.All(singles.Zip(values), pair => Assert.True(Ulp.Error(pair.Second, exact(pair.First)) <= 2, $"{name} at {pair}"));
            foreach (var (name, values) in Ulp.Doubles(function, doubles))
                Assert.All(doubles.Zip(values), pair => Assert.True(Ulp.Error(pair.Second, exact(pair.First)) <= 2, $"{name} at {pair}"));
        }
    }

    [Fact]
    public void TheCosineOfZeroIsOne()
    {
        foreach (var (name, values) in Ulp.Singles(new CosFunction(), [0f, -0f, 2e-4f, -1e-30f]))
            Assert.All(values, value => Assert.True(value == 1, name));
        foreach (var (name, values) in Ulp.Doubles(new CosFunction(), [0, -0.0, 1e-9, -1e-300]))
            Assert.All(values, value => Assert.True(value == 1, name));
    }

    [Fact]
    public void ZerosKeepTheirSign()
    {
        float[] zeros = [0f, -0f];
        foreach (var (name, values) in Ulp.Singles(new TanhFunction(), zeros)
            .Concat(Ulp.Singles(new Expm1Function(), zeros))
            .Concat(Ulp.Singles(new Log1pFunction(), zeros))
            .Concat(Ulp.Singles(new SinFunction(), zeros)))
        {
            Assert.True(values[0] == 0 && !float.IsNegative(values[0]), name);
            Assert.True(values[1] == 0 && float.IsNegative(values[1]), name);
        }
    }

    [Fact]
    public void WidthsAgreeToTheLastBit()
    {
        if (!Fma.IsSupported)
            return;
        Agree(new ExpFunction());
        Agree(new LogFunction());
        Agree(new SoftplusFunction());
        Agree(new TanhFunction());
        Agree(new CosFunction());
        Agree(new SinFunction());

        static void Agree<TFunction>(TFunction function)
            where TFunction : struct, IUnary
        {
            float[]? first = null;
            foreach (var (name, values) in Ulp.Singles(function, s_singles).Skip(1))
            {
                first ??= values;
                for (int i = 0; i < values.Length; i++)
                {
                    if (!values[i].Equals(first[i]))
                        Assert.Fail($"{name} lanes at {s_singles[i]:R}: {values[i]:R}, not {first[i]:R}");
                }
            }
        }
    }

    [Fact]
    public void SinAndCosOfTurnsAreAccurate()
    {
        var u = Enumerable.Range(0, 1 << 16).Select(i => ((i * 256) + 0.5f) / (1 << 24)).ToArray();
        foreach (var (name, values) in Ulp.Singles(new SineOfTurns(), u))
            Closest(name, values, i => Math.Sin(2 * Math.PI * (u[i] - 0.5)) * -1);
        foreach (var (name, values) in Ulp.Singles(new CosineOfTurns(), u))
            Closest(name, values, i => CosOfTurns(u[i]));
        var v = u.Select(x => (double)x).ToArray();
        foreach (var (_, values) in Ulp.Doubles(new SineOfTurns(), v))
            Assert.All(Enumerable.Range(0, v.Length), i => Assert.Equal(-Math.Sin(2 * Math.PI * (v[i] - 0.5)), values[i], 1e-15));
        foreach (var (_, values) in Ulp.Doubles(new CosineOfTurns(), v))
            Assert.All(Enumerable.Range(0, v.Length), i => Assert.Equal(CosOfTurns(v[i]), values[i], 1e-15));

        // With an argument near 0 where the cosine is, so that 2 pi being inexact does no harm.
        static double CosOfTurns(double u) => u < 0.5 ? -Math.Sin(2 * Math.PI * (u - 0.25)) : Math.Sin(2 * Math.PI * (u - 0.75));

        void Closest(string name, float[] values, Func<int, double> exact)
        {
            double worst = Enumerable.Range(0, values.Length).Max(i => Ulp.Error(values[i], exact(i)));
            double absolute = Enumerable.Range(0, values.Length).Max(i => Math.Abs(values[i] - exact(i)));
            output.WriteLine($"turns, {name}: {worst:F2} ulp, {absolute:G2}");
            Assert.True(absolute < 4e-7, $"{name}: {absolute}");
            if (name != "scalar" && Fma.IsSupported)
                Assert.True(worst <= 4, $"{name}: {worst} ulp");
        }
    }

    [Fact]
    public void PowIsAccurate()
    {
        var random = new Random(1);
        var x = new float[100000];
        var y = new float[x.Length];
        for (int i = 0; i < x.Length; i++)
        {
            x[i] = (float)Math.Exp((random.NextDouble() - 0.5) * (i % 2 == 0 ? 160 : 2));
            y[i] = (float)((random.NextDouble() - 0.5) * 160 / Math.Max(1e-3, Math.Abs(Math.Log(x[i]))));
        }

        Check("128", Ulp.Apply<Lanes128<float>, float, PowerFunction>(default, x, y), Fma.IsSupported ? 16 : 100);
        Check("scalar", Ulp.Apply<Scalar<Float32, float>, float, PowerFunction>(default, x, y), 100);
        if (Vector512.IsHardwareAccelerated)
            Check("512", Ulp.Apply<Lanes512<float>, float, PowerFunction>(default, x, y), 16);
        double[] wideX = Array.ConvertAll(x, v => (double)v), wideY = Array.ConvertAll(y, v => (double)v);
        double[] wide = Ulp.Apply<Lanes128<double>, double, PowerFunction>(default, wideX, wideY);
        Assert.All(Enumerable.Range(0, x.Length), i => Assert.True(Math.Abs((wide[i] / Math.Pow(x[i], y[i])) - 1) < 1e-13));

        void Check(string name, float[] values, double limit)
        {
            double worst = Enumerable.Range(0, x.Length).Max(i => Ulp.Error(values[i], Math.Pow(x[i], y[i])));
            output.WriteLine($"pow, {name}: {worst:F2} ulp");
            Assert.True(worst <= limit, $"{name}: {worst} ulp");
        }
    }

    [Fact]
    public void PowHasTheUsualSpecialValues()
    {
        double[] values =
        [
            0, -0.0, 1, -1, 2, -2, 0.5, -0.5, 3, -3, 2.5, -2.5, 1e-300, 1e300, 1e30, -1e30, 1e-310,
            double.PositiveInfinity, double.NegativeInfinity, double.NaN,
        ];
        var pairs = values.SelectMany(x => values.Select(y => (x, y))).ToArray();
        double[] xs = [.. pairs.Select(p => p.x)], ys = [.. pairs.Select(p => p.y)];
        double[] wide = Ulp.Apply<Lanes128<double>, double, PowerFunction>(default, xs, ys);
        double[] scalar = Ulp.Apply<Scalar<Float64, double>, double, PowerFunction>(default, xs, ys);
        for (int i = 0; i < xs.Length; i++)
        {
            double exact = Math.Pow(xs[i], ys[i]);
            foreach (double actual in new[] { wide[i], scalar[i] })
            {
                bool close = exact.Equals(actual) || Math.Abs((actual / exact) - 1) < 1e-12;
                Assert.True(close, $"{xs[i]}^{ys[i]} is {actual}, not {exact}");
                Assert.True(double.IsNaN(exact) || double.IsNegative(exact) == double.IsNegative(actual), $"sign of {xs[i]}^{ys[i]}");
            }
        }
    }

    private static double Sigmoid(double x)
    {
        double e = Math.Exp(-Math.Abs(x));
        return x < 0 ? e / (1 + e) : 1 / (1 + e);
    }

    private static double Expm1(double x) => Math.Abs(x) > 1 ? Math.Exp(x) - 1 : 2 * Math.Sinh(x / 2) * Math.Exp(x / 2);

    private static double Log1p(double x)
    {
        if (x is > 0.25 or < -0.25 || double.IsNaN(x))
            return Math.Log(1 + x);

        // The series of 2 atanh(x / (2 + x)).
        double s = x / (2 + x), z = s * s, sum = 0;
        for (int k = 21; k >= 3; k -= 2)
            sum = (sum * z) + (1.0 / k);
        return 2 * s * (1 + (z * sum));
    }

    private void Check<TFunction>(TFunction function, Func<double, double> exact)
        where TFunction : struct, IUnary
        => Check(function, (x, _) => exact(x));

    private void Check<TFunction>(TFunction function, Func<double, bool, double> exact)
        where TFunction : struct, IUnary
    {
        double[] expected = Array.ConvertAll(s_singles, x => exact(x, true));
        foreach (var (name, values) in Ulp.Singles(function, s_singles))
            Check(typeof(TFunction).Name, name + " float32", s_singles.Length, i => Ulp.Error(values[i], expected[i]), i => s_singles[i]);
        expected = Array.ConvertAll(s_doubles, x => exact(x, false));
        foreach (var (name, values) in Ulp.Doubles(function, s_doubles))
            Check(typeof(TFunction).Name, name + " float64", s_doubles.Length, i => Ulp.Error(values[i], expected[i]), i => s_doubles[i]);
    }

    private void Check(string function, string name, int count, Func<int, double> error, Func<int, double> x)
    {
        double worst = 0, where = 0;
        for (int i = 0; i < count; i++)
        {
            double e = error(i);
            if (e > worst)
                (worst, where) = (e, x(i));
        }

        output.WriteLine($"{function} {name}: {worst:F2} ulp at {where:R}");
        Assert.True(worst <= 4, $"{function} {name}: {worst} ulp at {where:R}");
    }

    private readonly struct SineOfTurns : IUnary
    {
        public V Invoke<V>(V x)
            where V : struct, ILanes<V>
        {
            Transcendentals.SinCosOfTurns(x, out V sine, out _);
            return sine;
        }
    }

    private readonly struct CosineOfTurns : IUnary
    {
        public V Invoke<V>(V x)
            where V : struct, ILanes<V>
        {
            Transcendentals.SinCosOfTurns(x, out _, out V cosine);
            return cosine;
        }
    }
}
