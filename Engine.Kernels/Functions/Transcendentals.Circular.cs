using System.Runtime.CompilerServices;

namespace Engine.Kernels.Functions;

/// <content>Sine and cosine.</content>
public static partial class Transcendentals
{
    /// <summary>The sine; NaN for infinities.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Sin<V>(V x)
        where V : struct, ILanes<V>
    {
        V turns = V.Round(x * V.Constant(1 / Math.PI)), size = V.Abs(x);
        V sine = SineOfReduced(MinusMultipleOfPi(x, turns));
        V result = V.Select(IsOdd(turns), -sine, sine), large = IsLarge(size);
        if (V.Any(large))
        {
            sine = SineOfLarge(size, 0);
            result = V.Select(large, V.Select(x < V.Constant(0), -sine, sine), result);
        }

        // x itself where it is tiny, with its sign if it is a zero.
        return V.Select(size < V.Constant(1e-9), x, result);
    }

    /// <summary>The cosine; NaN for infinities.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Cos<V>(V x)
        where V : struct, ILanes<V>
    {
        // cos(x) = sin(x + pi/2), and odd multiples of pi/2 split as exactly as whole ones of pi.
        V half = V.Constant(0.5);
        V turns = V.Round(V.MultiplyAdd(x, V.Constant(1 / Math.PI), -half));
        V sine = SineOfReduced(MinusMultipleOfPi(x, turns + half));
        V result = V.Select(IsOdd(turns), sine, -sine), size = V.Abs(x), large = IsLarge(size);
        if (V.Any(large))
            result = V.Select(large, SineOfLarge(size, 1), result);

        // Exactly 1 where that is the nearest number: a sine next to pi / 2 may be one below.
        return V.Select(size < V.Constant(V.ElementType == ElementType.Float64 ? 1e-8 : 2.4e-4), V.Constant(1), result);
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

    // Whether x is too large for the products of pi's pieces to be exact.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V IsLarge<V>(V size)
        where V : struct, ILanes<V>
        => size > V.Constant(V.ElementType == ElementType.Float64 ? 1e6 : 1e4);

    // sin(x + quarters pi / 2) for large x: x times all digits of 2 / pi that matter, less whole quarters of a turn, after Payne and Hanek.
    private static V SineOfLarge<V>(V x, int quarters)
        where V : struct, ILanes<V>
    {
        // In two whole numbers so short that products with digits are exact: 27 by 24 bits in float64, 12 by 12 in float32.
        bool wide = V.ElementType == ElementType.Float64;
        V mantissa = V.Split(x, out V exponent) * V.Constant(wide ? 1 << 26 : 1 << 11);
        V high = V.Round(mantissa), low = mantissa - high;
        V unit = V.PowerOfTwo(exponent - V.Constant(wide ? 26 + 24 : 11 + 12));
        V turns = V.Constant(quarters), rest = V.Constant(0), error = rest;
        for (int i = 0; i < (wide ? 49 : 17); i++)
        {
            int word = TwoOverPi(wide ? i : i >> 1);
            V digit = V.Constant(wide ? word : (i & 1) == 0 ? word >> 12 : word & 0xFFF);
            AddQuarters(high * digit * unit, ref turns, ref rest, ref error);
            AddQuarters(low * digit * unit, ref turns, ref rest, ref error);
            unit = unit * V.Constant(wide ? 1.0 / (1 << 24) : 1.0 / (1 << 12));
        }

        V halfPi = V.Constant(Math.PI / 2), lost = V.Constant(wide ? 6.123233995736766e-17 : -4.371138828673793e-8);
        V angle = V.MultiplyAdd(rest, halfPi, V.MultiplyAdd(rest, lost, error * halfPi));
        V sine = SineOfReduced(V.Select(IsOdd(turns), halfPi - V.Abs(angle), angle));

        // The third and the fourth quarter, which are -2 or 2 and -1 here.
        V quarter = turns - (V.Round(turns * V.Constant(0.25)) * V.Constant(4));
        sine = V.Select((quarter < V.Constant(0)) | (quarter > V.Constant(1)), -sine, sine);
        return V.Select(x < V.Constant(double.PositiveInfinity), sine, V.Constant(double.NaN));
    }

    // Adds to rest + error, of which rest is nearly all, and moves whole quarters, of which four don't count, from there to turns.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddQuarters<V>(V term, ref V turns, ref V rest, ref V error)
        where V : struct, ILanes<V>
    {
        term = term - (V.Round(term * V.Constant(0.25)) * V.Constant(4));
        V sum = ExactSum(rest, term, out V lost);
        V whole = V.Round(sum);
        turns = turns + whole;
        rest = ExactSum(sum - whole, error + lost, out error);
    }

    // a + b, and what of it is lost to rounding.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V ExactSum<V>(V a, V b, out V lost)
        where V : struct, ILanes<V>
    {
        V sum = a + b, other = sum - a;
        lost = (a - (sum - other)) + (b - other);
        return sum;
    }

    // The digits of 2 / pi behind the point, 24 bits each.
    private static int TwoOverPi(int digit) => digit switch
    {
        0 => 0xA2F983,
        1 => 0x6E4E44,
        2 => 0x1529FC,
        3 => 0x2757D1,
        4 => 0xF534DD,
        5 => 0xC0DB62,
        6 => 0x95993C,
        7 => 0x439041,
        8 => 0xFE5163,
        9 => 0xABDEBB,
        10 => 0xC561B7,
        11 => 0x246E3A,
        12 => 0x424DD2,
        13 => 0xE00649,
        14 => 0x2EEA09,
        15 => 0xD1921C,
        16 => 0xFE1DEB,
        17 => 0x1CB129,
        18 => 0xA73EE8,
        19 => 0x8235F5,
        20 => 0x2EBB44,
        21 => 0x84E99C,
        22 => 0x7026B4,
        23 => 0x5F7E41,
        24 => 0x3991D6,
        25 => 0x398353,
        26 => 0x39F49C,
        27 => 0x845F8B,
        28 => 0xBDF928,
        29 => 0x3B1FF8,
        30 => 0x97FFDE,
        31 => 0x05980F,
        32 => 0xEF2F11,
        33 => 0x8B5A0A,
        34 => 0x6D1F6D,
        35 => 0x367ECF,
        36 => 0x27CB09,
        37 => 0xB74F46,
        38 => 0x3F669E,
        39 => 0x5FEA2D,
        40 => 0x7527BA,
        41 => 0xC7EBE5,
        42 => 0xF17B3D,
        43 => 0x0739F7,
        44 => 0x8A5292,
        45 => 0xEA6BFB,
        46 => 0x5FB11F,
        47 => 0x8D5D08,
        _ => 0x560330,
    };
}
