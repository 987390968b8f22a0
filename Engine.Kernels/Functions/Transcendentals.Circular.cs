using System.Runtime.CompilerServices;

namespace Engine.Kernels.Functions;

/// <content>Sine and cosine.</content>
public static partial class Transcendentals
{
    /// <summary>The sine, for |x| up to 1e4 in float32 and up to 1e6 in float64; NaN beyond, where it would be inaccurate.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Sin<V>(V x)
        where V : struct, ILanes<V>
    {
        V turns = V.Round(x * V.Constant(1 / Math.PI));
        V sine = SineOfReduced(MinusMultipleOfPi(x, turns));
        V result = V.Select(IsOdd(turns), -sine, sine);

        // x itself where it is tiny, with its sign if it is a zero.
        return InCircularRange(V.Select(V.Abs(x) < V.Constant(1e-9), x, result), x);
    }

    /// <summary>The cosine, for |x| up to 1e4 in float32 and up to 1e6 in float64; NaN beyond, where it would be inaccurate.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Cos<V>(V x)
        where V : struct, ILanes<V>
    {
        // cos(x) = sin(x + pi/2), and odd multiples of pi/2 split as exactly as whole ones of pi.
        V half = V.Constant(0.5);
        V turns = V.Round(V.MultiplyAdd(x, V.Constant(1 / Math.PI), -half));
        V sine = SineOfReduced(MinusMultipleOfPi(x, turns + half));
        return InCircularRange(V.Select(IsOdd(turns), sine, -sine), x);
    }

    /// <summary>Sine and cosine of 2 pi <paramref name="turns"/>, for 0 to 1 in steps of 2^-24 (2^-53 in float64) or wider.</summary>
    /// <remarks>
    /// Each is a polynomial times a factor that has its zeros, so neither quadrants nor signs need be told apart. Without a fused
    /// multiply-add the error near the zeros is absolute, within three units in the last place of 1.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SinCosOfTurns<V>(V turns, out V sine, out V cosine)
        where V : struct, ILanes<V>
    {
        V w = turns - V.Constant(0.5);
        V y = w * w;
        V p, q;
        if (V.ElementType == ElementType.Float64)
        {
            p = V.MultiplyAdd(V.Constant(0.00100570713025935747), y, V.Constant(-0.01170014897485965358));
            p = V.Horner(p, y, 0.1012747944136334897, -0.6927968586177335445, 3.646752364831225736, -14.18295438847886691);
            p = V.Horner(p, y, 38.51295534186807378, -67.07762091738222643, 64.83584404672554098, -25.13274122871834576);
            q = V.MultiplyAdd(V.Constant(-0.000291367832210682472), y, V.Constant(0.00374209653466809438));
            q = V.MultiplyAdd(q, y, V.Constant(-0.0361419848201073133));
            q = V.Horner(q, y, 0.279745509466390537, -1.69690637812589509, 7.79747969859185035, -25.9389143005957067);
            q = V.Horner(q, y, 58.6234592280195488, -81.7928510049406782, 59.8273408348594735, -16);
        }
        else
        {
            p = V.MultiplyAdd(V.Constant(3.161249825), y, V.Constant(-14.04944353));
            p = V.Horner(p, y, 38.49583064, -67.07662307, 64.83582272, -25.13274115);
            q = V.MultiplyAdd(V.Constant(6.618509836), y, V.Constant(-25.61565492));
            q = V.Horner(q, y, 58.58205425, -81.79044011, 59.82728933, -15.99999982);
        }

        sine = w * V.MultiplyAdd(-w, w, V.Constant(0.25)) * p;
        cosine = V.MultiplyAdd(-w, w, V.Constant(0.0625)) * q;
    }

    // Pi in pieces short enough for exact products with the multiples in range.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V MinusMultipleOfPi<V>(V x, V n)
        where V : struct, ILanes<V>
    {
        V r;
        if (V.ElementType == ElementType.Float64)
        {
            r = V.MultiplyAdd(n, V.Constant(-3.14159265346825122833252), x);
            r = V.MultiplyAdd(n, V.Constant(-1.21542010126079319531911e-10), r);
            r = V.MultiplyAdd(n, V.Constant(-4.044532497422332911591991e-21), r);
            return V.MultiplyAdd(n, V.Constant(-1.6956855320695458646e-31), r);
        }

        r = V.MultiplyAdd(n, V.Constant(-3.140625), x);
        r = V.MultiplyAdd(n, V.Constant(-0.0009670257568359375), r);
        r = V.MultiplyAdd(n, V.Constant(-6.2771141529083251953125e-7), r);
        r = V.MultiplyAdd(n, V.Constant(-1.2141754268668591976165771484375e-10), r);
        return V.MultiplyAdd(n, V.Constant(-1.2446744343793226785e-13), r);
    }

    // sin(r) for |r| at most pi / 2.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V SineOfReduced<V>(V r)
        where V : struct, ILanes<V>
    {
        V z = r * r;
        V p;
        if (V.ElementType == ElementType.Float64)
        {
            p = V.Horner(
                V.Constant(-8.00585805998055123e-18), z, 2.81046681659025311e-15, -7.64713904855047292e-13,
                1.60590434779945211e-10, -2.50521083823761892e-8);
            p = V.Horner(p, z, 2.75573192239711754e-6, -0.000198412698412698059, 0.0083333333333333333, -0.166666666666666667);
        }
        else
        {
            p = V.Horner(V.Constant(-2.407923699e-8), z, 2.753642236e-6, -0.0001984108602, 0.008333332767, -0.1666666666);
        }

        return V.MultiplyAdd(p, z * r, r);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V IsOdd<V>(V n)
        where V : struct, ILanes<V>
    {
        V half = n * V.Constant(0.5);
        return V.Equal(V.Abs(half - V.Round(half)), V.Constant(0.5));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V InCircularRange<V>(V result, V x)
        where V : struct, ILanes<V>
        => V.Select(V.Abs(x) <= V.Constant(V.ElementType == ElementType.Float64 ? 1e6 : 1e4), result, V.Constant(double.NaN));
}
