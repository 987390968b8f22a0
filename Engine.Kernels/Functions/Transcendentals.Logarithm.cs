using System.Runtime.CompilerServices;

namespace Engine.Kernels.Functions;

/// <content>Logarithms, and the power function built on them.</content>
public static partial class Transcendentals
{
    /// <summary>The natural logarithm; minus infinity for 0, NaN for negative numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Log<V>(V x)
        where V : struct, ILanes<V>
        => LogLimits(LogOfSum(SplitAny(x, out V exponent) - V.Constant(1), exponent), x, x);

    /// <summary>log(1 + x), accurate also near zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Log1p<V>(V x)
        where V : struct, ILanes<V>
    {
        // x itself where it is tiny, with its sign if it is a zero.
        V log = LogLimits(Log1pOfNormal(x), x, V.Constant(1) + x);
        return V.Select(V.Abs(x) < V.Constant(V.ElementType == ElementType.Float64 ? 1e-17 : 1e-8), x, log);
    }

    /// <summary>log(1 + e^x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Softplus<V>(V x)
        where V : struct, ILanes<V>
        => V.Select(x > V.Constant(0), x, V.Constant(0)) + Log1pOfNormal(Exp(-V.Abs(x)));

    /// <summary>
    /// x^y. x^0 is 1, 0^y is 0 for positive and infinite for negative y; a negative x has a power for integer y only, else NaN.
    /// </summary>
    /// <remarks>
    /// The relative error is within 16 units in the last place in float32, within 1e-13 in float64, for |y log(x)| up to 80. Without
    /// a fused multiply-add float32 loses |y log(x)| units in the last place.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Pow<V>(V x, V y)
        where V : struct, ILanes<V>
    {
        bool wide = V.ElementType == ElementType.Float64;
        V zero = V.Constant(0), one = V.Constant(1), infinity = V.Constant(double.PositiveInfinity);
        V size = V.Abs(x);

        // A larger y gives 0, 1 or infinity just as well, and its product with the logarithm is finite.
        V factor = wide ? V.Clamp(y, -1e25, 1e25) : V.Clamp(y, -1e15, 1e15);
        V log = LogInTwo(size, out V rest);
        V product = factor * log;
        V low = V.MultiplyAdd(factor, rest, V.MultiplyAdd(factor, log, -product));
        low = V.Select(V.Abs(product) < V.Constant(wide ? 745 : 103), low, zero);
        V r = ReduceForExp(ClampForExp(product), out V n) + low;
        V power = V.Scale(Expm1OfReduced(r) + one, n);

        V falling = y < zero;
        power = V.Select(V.Equal(size, zero), V.Select(falling, infinity, zero), power);
        power = V.Select(V.Equal(size, infinity), V.Select(falling, zero, infinity), power);

        // The sign of x counts for odd y; -0 and minus infinity have powers for all y.
        V half = y * V.Constant(0.5);
        V odd = V.Equal(V.Abs(half - V.Round(half)), V.Constant(0.5));
        power = power | (odd & x & V.Constant(-0.0));
        V undefined = V.Select(V.Equal(V.Round(y), y), zero, (x < zero) & (size < infinity));
        power = V.Select(undefined, V.Constant(double.NaN), power);
        power = V.Select(V.Equal(x, x), V.Select(V.Equal(y, y), power, y), x);
        return V.Select(V.Equal(y, zero) | V.Equal(x, one), one, power);
    }

    /// <summary>The natural logarithm of a positive, finite number that is not subnormal.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V LogOfNormal<V>(V x)
        where V : struct, ILanes<V>
    {
        V mantissa = V.Split(x, out V exponent);
        return LogOfSum(mantissa - V.Constant(1), exponent);
    }

    /// <summary>log(1 + x) for finite x above -1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V Log1pOfNormal<V>(V x)
        where V : struct, ILanes<V>
    {
        V sum = V.Constant(1) + x;
        V lost = x - (sum - V.Constant(1));
        V mantissa = V.Split(sum, out V exponent);

        // What the sum lost to rounding goes to the reduced argument; for a large sum it doesn't matter.
        V scale = V.PowerOfTwo(V.Clamp(-exponent, -60, 60));
        return LogOfSum(V.MultiplyAdd(lost, scale, mantissa - V.Constant(1)), exponent);
    }

    // The logarithm of a number of any size, given what the formula for positive finite numbers makes of it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V LogLimits<V>(V log, V x, V argument)
        where V : struct, ILanes<V>
    {
        V zero = V.Constant(0);
        V atMostZero = V.Select(V.Equal(argument, zero), V.Constant(double.NegativeInfinity), V.Constant(double.NaN));
        log = V.Select(x < V.Constant(double.PositiveInfinity), log, x);
        return V.Select(argument > zero, log, atMostZero);
    }

    // Split for subnormal numbers as well.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V SplitAny<V>(V x, out V exponent)
        where V : struct, ILanes<V>
    {
        bool wide = V.ElementType == ElementType.Float64;
        V small = x < V.Constant(wide ? 2.2250738585072014e-308 : 1.17549435e-38);
        V mantissa = V.Split(V.Select(small, x * V.Constant(wide ? 18014398509481984.0 : 33554432), x), out exponent);
        exponent = exponent - (small & V.Constant(wide ? 54 : 25));
        return mantissa;
    }

    // log(1 + f) + n log(2) for 1 + f from sqrt(1/2) to sqrt(2).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V LogOfSum<V>(V f, V n)
        where V : struct, ILanes<V>
    {
        if (V.ElementType != ElementType.Float64)
        {
            V p = V.MultiplyAdd(LogPolynomial(f), f, V.Constant(-0.5));
            return V.MultiplyAdd(n, V.Constant(0.693147180559945309), V.MultiplyAdd(f * f, p, f));
        }

        // With s = f / (2 + f), log(1 + f) is the odd series 2s + 2s^3/3 + ..., rearranged around f so that little is rounded.
        V s = f / (f + V.Constant(2));
        V z = s * s;
        V r = V.MultiplyAdd(V.Constant(1.479819860511658591e-01), z, V.Constant(1.531383769920937332e-01));
        r = V.MultiplyAdd(r, z, V.Constant(1.818357216161805012e-01));
        r = V.Horner(r, z, 2.222219843214978396e-01, 2.857142874366239149e-01, 3.999999999940941908e-01, 6.666666666666735130e-01);
        V halfSquare = f * f * V.Constant(0.5);
        V correction = V.MultiplyAdd(s, V.MultiplyAdd(r, z, halfSquare), n * V.Constant(1.90821492927058770002e-10));
        return V.MultiplyAdd(n, V.Constant(6.93147180369123816490e-01), f - (halfSquare - correction));
    }

    // The logarithm of a positive finite number as a sum of two, to some 28 bits in float32 with a fused multiply-add.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V LogInTwo<V>(V x, out V rest)
        where V : struct, ILanes<V>
    {
        V f = SplitAny(x, out V n) - V.Constant(1);
        if (V.ElementType == ElementType.Float64)
        {
            rest = V.Constant(0);
            return LogOfSum(f, n);
        }

        // One degree more than a plain logarithm, whose rounding would cover the difference.
        V p = V.Horner(V.Constant(0.06971611471), f, -0.1147973385, 0.1168541992, -0.1242568733, 0.1424905765);
        p = V.Horner(p, f, -0.1666780232, 0.2000071575, -0.2499999696, 0.3333333118);
        V minusHalf = V.Constant(-0.5);
        V square = f * f;
        V lost = V.MultiplyAdd(f, f, -square);
        V first = V.MultiplyAdd(square, minusHalf, f);
        V second = V.MultiplyAdd(square, minusHalf, f - first);
        second = V.MultiplyAdd(lost, minusHalf, V.MultiplyAdd(f * square, p, second));
        V whole = n * V.Constant(0.693359375);
        V sum = whole + first;
        second = V.MultiplyAdd(n, V.Constant(-0.000212194440054690583), second + (first - (sum - whole)));
        V log = sum + second;
        rest = second - (log - sum);
        return log;
    }

    // (log(1 + f) - f + f^2 / 2) / f^3 in float32.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V LogPolynomial<V>(V f)
        where V : struct, ILanes<V>
    {
        V p = V.MultiplyAdd(V.Constant(-0.07902743772), f, V.Constant(0.1262231985));
        p = V.MultiplyAdd(p, f, V.Constant(-0.1299818376));
        p = V.MultiplyAdd(p, f, V.Constant(0.1421449592));
        return V.Horner(p, f, -0.1664128146, 0.2000104509, -0.2500030642, 0.3333333073);
    }
}
