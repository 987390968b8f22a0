using System.Runtime.CompilerServices;

namespace Engine.Kernels.Functions;

/// <summary>One double as a bundle of lanes, in plain arithmetic and bit casts: what the body of a GPU kernel computes with.</summary>
/// <param name="value">The number.</param>
internal readonly unsafe struct ScalarFloat64(double value) : ILanes<ScalarFloat64, double>
{
    private readonly double _value = value;

    /// <summary>The number itself.</summary>
    public double Value => _value;

    /// <inheritdoc/>
    public static int Count => 1;

    /// <inheritdoc/>
    public static ElementType ElementType => ElementType.Float64;

    /// <inheritdoc/>
    public static ScalarFloat64 Indices => new(0);

    private long Bits => BitConverter.DoubleToInt64Bits(_value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat64 Constant(double value) => new(value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat64 Splat(double value) => new(value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat64 Load(double* source) => new(*source);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(ScalarFloat64 value, double* destination) => *destination = value._value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFirst(ScalarFloat64 value, double* destination, int count)
    {
        // Fewer than one lane: nothing to store.
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat64 LoadInt32(int* source) => new(*source);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreInt32(ScalarFloat64 value, int* destination) => *destination = (int)value._value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Lane(ScalarFloat64 value, int index) => value._value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat64 operator +(ScalarFloat64 left, ScalarFloat64 right) => new(left._value + right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat64 operator -(ScalarFloat64 left, ScalarFloat64 right) => new(left._value - right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat64 operator *(ScalarFloat64 left, ScalarFloat64 right) => new(left._value * right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat64 operator /(ScalarFloat64 left, ScalarFloat64 right) => new(left._value / right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat64 operator -(ScalarFloat64 value) => new(-value._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat64 operator &(ScalarFloat64 left, ScalarFloat64 right) => OfBits(left.Bits & right.Bits);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat64 operator |(ScalarFloat64 left, ScalarFloat64 right) => OfBits(left.Bits | right.Bits);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat64 operator <(ScalarFloat64 left, ScalarFloat64 right) => Mask(left._value < right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat64 operator >(ScalarFloat64 left, ScalarFloat64 right) => Mask(left._value > right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat64 operator <=(ScalarFloat64 left, ScalarFloat64 right) => Mask(left._value <= right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat64 operator >=(ScalarFloat64 left, ScalarFloat64 right) => Mask(left._value >= right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat64 Equal(ScalarFloat64 left, ScalarFloat64 right) => Mask(left._value == right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat64 Select(ScalarFloat64 mask, ScalarFloat64 whenSet, ScalarFloat64 whenClear)
        => mask.Bits != 0 ? whenSet : whenClear;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Any(ScalarFloat64 mask) => mask.Bits != 0;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat64 MultiplyAdd(ScalarFloat64 a, ScalarFloat64 b, ScalarFloat64 c) => new((a._value * b._value) + c._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat64 Horner(ScalarFloat64 p, ScalarFloat64 x, double c3, double c2, double c1, double c0)
    {
        double sum = (p._value * x._value) + c3;
        sum = (sum * x._value) + c2;
        sum = (sum * x._value) + c1;
        return new((sum * x._value) + c0);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat64 Clamp(ScalarFloat64 value, double least, double most)
        => value._value < least ? new(least) : value._value > most ? new(most) : value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat64 Sqrt(ScalarFloat64 value) => new(Math.Sqrt(value._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat64 Abs(ScalarFloat64 value) => OfBits(value.Bits & long.MaxValue);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat64 Max(ScalarFloat64 left, ScalarFloat64 right)
        => (left._value > right._value) | double.IsNaN(left._value) ? left : right;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat64 Min(ScalarFloat64 left, ScalarFloat64 right)
        => (left._value < right._value) | double.IsNaN(left._value) ? left : right;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat64 Round(ScalarFloat64 value)
    {
        // Adding 2^52 leaves no bits for a fraction; larger numbers have none.
        double size = Abs(value)._value;
        return size < 4503599627370496.0
            ? OfBits(BitConverter.DoubleToInt64Bits(size + 4503599627370496.0 - 4503599627370496.0) | (value.Bits & long.MinValue))
            : value;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat64 PowerOfTwo(ScalarFloat64 exponent)
        => OfBits(BitConverter.DoubleToInt64Bits(exponent._value + (4503599627370496.0 + 1023)) << 52);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat64 Scale(ScalarFloat64 value, ScalarFloat64 exponent)
    {
        // In two halves, each a normal number; of the two products only the second one can be inexact.
        ScalarFloat64 half = Round(new(exponent._value * 0.5));
        return value * PowerOfTwo(half) * PowerOfTwo(exponent - half);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat64 Split(ScalarFloat64 value, out ScalarFloat64 exponent)
    {
        // Moving the bits of sqrt(1/2) to those of 1 puts the wanted range of mantissas between two powers of two.
        const long Half = 0x3FE6A09E667F3BCD, One = 0x3FF0000000000000;
        long bits = value.Bits + (One - Half);
        exponent = new((bits >> 52) - 1023);
        return OfBits((bits & 0x000FFFFFFFFFFFFF) + Half);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ScalarFloat64 OfBits(long bits) => new(BitConverter.Int64BitsToDouble(bits));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ScalarFloat64 Mask(bool set) => OfBits(set ? -1 : 0);
}
