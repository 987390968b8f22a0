using System.Runtime.CompilerServices;

namespace Engine.Kernels.Functions;

/// <summary>
/// Exponentials, logarithms and circular functions for any bundle of lanes, to 4 units in the last place unless said otherwise,
/// for all arguments including subnormal numbers, infinities and NaN.
/// </summary>
/// <remarks>
/// Each reduces its argument to a small interval and evaluates a polynomial there, fitted once for float32 and once for float64.
/// Constants of the reduction are split into short pieces, so that it is exact without a fused multiply-add as well.
/// </remarks>
public static partial class Transcendentals
{
    private const double Log2E = 1.4426950408889634;

    /// <summary>e^x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Exp<V>(V x)
        where V : struct, ILanes<V>
    {
        V r = ReduceForExp(ClampForExp(x), out V n);
        return V.Scale(Expm1OfReduced(r) + V.Constant(1), n);
    }

    /// <summary>e^x - 1, accurate also near zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Expm1<V>(V x)
        where V : struct, ILanes<V>
    {
        bool wide = V.ElementType == ElementType.Float64;
        V r = ReduceForExp(V.Clamp(x, wide ? -40 : -20, wide ? 710 : 89), out V n);

        // 2^n (expm1(r) + 1) - 1 with half of 2^n, which itself may be too large.
        V half = V.PowerOfTwo(n - V.Constant(1));
        V sum = V.MultiplyAdd(Expm1OfReduced(r), half, half - V.Constant(0.5));

        // Below, the result is x to the last bit, and halving would lose bits of subnormal numbers.
        return V.Select(V.Abs(x) < V.Constant(wide ? 1e-17 : 1e-8), x, sum + sum);
    }

    /// <summary>The hyperbolic tangent.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Tanh<V>(V x)
        where V : struct, ILanes<V>
    {
        // From expm1(-2|x|), which lies between -1 and 0. Beyond the limit the result is 1 to the last bit.
        V size = V.Clamp(V.Abs(x), 0, V.ElementType == ElementType.Float64 ? 20 : 10);
        V r = ReduceForExp(size * V.Constant(-2), out V n);
        V power = V.PowerOfTwo(n);
        V e = V.MultiplyAdd(Expm1OfReduced(r), power, power - V.Constant(1));
        return V.Abs(e / (e + V.Constant(2))) | (x & V.Constant(-0.0));
    }

    /// <summary>1 / (1 + e^-x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Sigmoid<V>(V x)
        where V : struct, ILanes<V>
    {
        // With e^-|x| nothing overflows, and the tail on the left keeps its accuracy.
        V one = V.Constant(1);
        V e = Exp(-V.Abs(x));
        return V.Select(x < V.Constant(0), e, one) / (one + e);
    }

    // Beyond these limits the result is 0 or infinite anyway.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V ClampForExp<V>(V x)
        where V : struct, ILanes<V>
        => V.ElementType == ElementType.Float64 ? V.Clamp(x, -746, 710) : V.Clamp(x, -104, 89);

    // x = n log(2) + r with |r| at most log(2) / 2.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V ReduceForExp<V>(V x, out V n)
        where V : struct, ILanes<V>
    {
        n = V.Round(x * V.Constant(Log2E));
        return V.ElementType == ElementType.Float64
            ? V.MultiplyAdd(n, V.Constant(-1.90821492927058770002e-10), V.MultiplyAdd(n, V.Constant(-6.93147180369123816490e-01), x))
            : V.MultiplyAdd(n, V.Constant(0.000212194440054690583), V.MultiplyAdd(n, V.Constant(-0.693359375), x));
    }

    // e^r - 1 for |r| at most log(2) / 2.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Expm1OfReduced<V>(V r)
        where V : struct, ILanes<V>
    {
        V p;
        if (V.ElementType == ElementType.Float64)
        {
            p = V.MultiplyAdd(V.Constant(2.51003854955103191e-8), r, V.Constant(2.76200884454097482e-7));
            p = V.Horner(p, r, 2.75572684599970648e-6, 0.0000248015212959543751, 0.000198412698630536169, 0.00138888889172137169);
            p = V.Horner(p, r, 0.00833333333333006183, 0.0416666666666241279, 0.166666666666666675, 0.500000000000000102);
        }
        else
        {
            p = V.Horner(V.Constant(0.001392618359), r, 0.008363179053, 0.04166655462, 0.1666657699, 0.5);
        }

        return V.MultiplyAdd(p, r * r, r);
    }
}
