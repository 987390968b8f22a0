using System.Runtime.CompilerServices;

namespace Engine.Kernels.Functions;

/// <summary>x + y.</summary>
internal readonly struct AddFunction : IBinary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y)
        where V : struct, ILanes<V>
        => x + y;
}

/// <summary>x - y.</summary>
internal readonly struct SubtractFunction : IBinary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y)
        where V : struct, ILanes<V>
        => x - y;
}

/// <summary>x * y.</summary>
internal readonly struct MultiplyFunction : IBinary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y)
        where V : struct, ILanes<V>
        => x * y;
}

/// <summary>x / y; integers round towards zero, and divided by 0 they are 0.</summary>
internal readonly struct DivideFunction : IBinary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y)
        where V : struct, ILanes<V>
    {
        if (V.ElementType != ElementType.Int32)
            return x / y;

        // Integer division would throw for 0, also in lanes behind the end of an operand, and for the least integer by -1.
        V one = V.Constant(1), isZero = V.Equal(y, V.Constant(0)), isMinusOne = V.Equal(y, V.Constant(-1));
        V quotient = x / V.Select(isZero | isMinusOne, one, y);
        return V.Select(isZero, V.Constant(0), V.Select(isMinusOne, -x, quotient));
    }
}

/// <summary>The largest integer that is not above x / y; integers divided by 0 are 0.</summary>
internal readonly struct FloorDivideFunction : IBinary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y)
        where V : struct, ILanes<V>
        => Quotient(x, y, out _);

    /// <summary>The quotient, and what it leaves: of the sign of y, and smaller.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V Quotient<V>(V x, V y, out V rest)
        where V : struct, ILanes<V>
    {
        // A quotient that was rounded up to an integer leaves less than nothing; one that was rounded down leaves enough for one more.
        V zero = V.Constant(0), one = V.Constant(1), quotient = default(FloorFunction).Invoke(default(DivideFunction).Invoke(x, y));
        rest = V.MultiplyAdd(-quotient, y, x);
        V above = ((rest < zero) & (y > zero)) | ((rest > zero) & (y < zero));
        if (V.ElementType == ElementType.Int32)
        {
            // Rounded towards zero, and so never down too far.
            rest = V.Select(above, rest + y, rest);
            return V.Select(above, quotient - one, quotient);
        }

        V next = V.MultiplyAdd(-(quotient + one), y, x);
        V below = ((next >= zero) & (y > zero)) | ((next <= zero) & (y < zero));
        quotient = V.Select(above, quotient - one, V.Select(below, quotient + one, quotient));
        rest = V.Select(above, rest + y, V.Select(below, next, rest));
        V infinity = V.Constant(double.PositiveInfinity);
        V isInfinite = V.Equal(V.Abs(y), infinity) & (V.Abs(x) < infinity);
        V opposed = ((x < zero) & (y > zero)) | ((x > zero) & (y < zero));
        quotient = V.Select(isInfinite, V.Select(opposed, -one, zero), quotient);
        rest = V.Select(isInfinite, V.Select(opposed, y, x), rest);
        return quotient;
    }
}

/// <summary>What the division of x by y leaves, of the sign of y; of integers divided by 0 it is 0.</summary>
internal readonly struct RemainderFunction : IBinary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y)
        where V : struct, ILanes<V>
    {
        FloorDivideFunction.Quotient(x, y, out V rest);
        return V.ElementType == ElementType.Int32 ? V.Select(V.Equal(y, V.Constant(0)), V.Constant(0), rest) : rest;
    }
}

/// <summary>The larger of x and y; NaN if either is.</summary>
internal readonly struct MaximumFunction : IBinary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y)
        where V : struct, ILanes<V>
        => V.Max(x, y);
}

/// <summary>The smaller of x and y; NaN if either is.</summary>
internal readonly struct MinimumFunction : IBinary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y)
        where V : struct, ILanes<V>
        => V.Min(x, y);
}

/// <summary>
/// x^y, see <see cref="Transcendentals.Pow"/>. Integers wrap around as products do; to a negative power they are rounded towards zero, as
/// quotients are: 1 and -1 keep their size, others are 0.
/// </summary>
internal readonly struct PowerFunction : IBinary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y)
        where V : struct, ILanes<V>
        => V.ElementType == ElementType.Int32 ? OfIntegers(x, y) : Transcendentals.Pow(x, y);

    // By squaring: the product of x^(2^i) over the bits i of y.
    private static V OfIntegers<V>(V x, V y)
        where V : struct, ILanes<V>
    {
        V zero = V.Constant(0), one = V.Constant(1), power = one, factor = x, bit = one;
        for (int i = 0; i < 31; i++)
        {
            power = V.Select(V.Equal(y & bit, zero), power, power * factor);
            factor = factor * factor;
            bit = bit + bit;
        }

        // The sign of y was left out, but its parity is all that matters to 1 and -1.
        V isUnit = V.Equal(x, one) | V.Equal(x, -one);
        return V.Select(y < zero, isUnit & power, power);
    }
}

/// <summary>1 where x &gt; y, else 0.</summary>
internal readonly struct GreaterFunction : IBinary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y)
        where V : struct, ILanes<V>
        => (x > y) & V.Constant(1);
}

/// <summary>1 where x &gt;= y, else 0.</summary>
internal readonly struct GreaterEqualFunction : IBinary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y)
        where V : struct, ILanes<V>
        => (x >= y) & V.Constant(1);
}

/// <summary>1 where x = y, else 0.</summary>
internal readonly struct EqualFunction : IBinary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y)
        where V : struct, ILanes<V>
        => V.Equal(x, y) & V.Constant(1);
}

/// <summary>a x + b y.</summary>
/// <param name="a">The factor of x, rounded to the element type.</param>
/// <param name="b">The factor of the other term, rounded to the element type.</param>
internal readonly struct LinearCombinationFunction(double a, double b) : IBinary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y)
        where V : struct, ILanes<V>
        => V.MultiplyAdd(x, V.Constant(a), y * V.Constant(b));
}

/// <summary>a x + b y^2: a running mean of squares.</summary>
/// <param name="a">The factor of x, rounded to the element type.</param>
/// <param name="b">The factor of the other term, rounded to the element type.</param>
internal readonly struct SquareCombinationFunction(double a, double b) : IBinary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y)
        where V : struct, ILanes<V>
        => V.MultiplyAdd(x, V.Constant(a), y * y * V.Constant(b));
}

/// <summary>1 / (sqrt(x y + epsilonRoot) + epsilon): the scale of an Adam step, from second moment x and bias correction y.</summary>
/// <param name="epsilon">Added to the root.</param>
/// <param name="epsilonRoot">Added under the root.</param>
internal readonly struct AdamScaleFunction(double epsilon, double epsilonRoot) : IBinary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y)
        where V : struct, ILanes<V>
        => V.Constant(1) / (V.Sqrt(V.MultiplyAdd(x, y, V.Constant(epsilonRoot))) + V.Constant(epsilon));
}
