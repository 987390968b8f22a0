using System.Runtime.CompilerServices;

namespace Engine.Kernels.Functions;

/// <summary>One float as a bundle of lanes, in plain arithmetic and bit casts: what the body of a GPU kernel computes with.</summary>
/// <param name="value">The number.</param>
internal readonly unsafe struct ScalarFloat32(float value) : ILanes<ScalarFloat32, float>
{
    private readonly float _value = value;

    /// <summary>The number itself.</summary>
    public float Value => _value;

    /// <inheritdoc/>
    public static int Count => 1;

    /// <inheritdoc/>
    public static ElementType ElementType => ElementType.Float32;

    /// <inheritdoc/>
    public static ScalarFloat32 Indices => new(0);

    private int Bits => BitConverter.SingleToInt32Bits(_value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat32 Constant(double value) => new((float)value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat32 Splat(float value) => new(value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat32 Load(float* source) => new(*source);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(ScalarFloat32 value, float* destination) => *destination = value._value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFirst(ScalarFloat32 value, float* destination, int count)
    {
        // Fewer than one lane: nothing to store.
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat32 LoadInt32(int* source) => new(*source);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreInt32(ScalarFloat32 value, int* destination) => *destination = (int)value._value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Lane(ScalarFloat32 value, int index) => value._value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat32 operator +(ScalarFloat32 left, ScalarFloat32 right) => new(left._value + right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat32 operator -(ScalarFloat32 left, ScalarFloat32 right) => new(left._value - right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat32 operator *(ScalarFloat32 left, ScalarFloat32 right) => new(left._value * right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat32 operator /(ScalarFloat32 left, ScalarFloat32 right) => new(left._value / right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat32 operator -(ScalarFloat32 value) => new(-value._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat32 operator &(ScalarFloat32 left, ScalarFloat32 right) => OfBits(left.Bits & right.Bits);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat32 operator |(ScalarFloat32 left, ScalarFloat32 right) => OfBits(left.Bits | right.Bits);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat32 operator <(ScalarFloat32 left, ScalarFloat32 right) => Mask(left._value < right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat32 operator >(ScalarFloat32 left, ScalarFloat32 right) => Mask(left._value > right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat32 operator <=(ScalarFloat32 left, ScalarFloat32 right) => Mask(left._value <= right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat32 operator >=(ScalarFloat32 left, ScalarFloat32 right) => Mask(left._value >= right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat32 Equal(ScalarFloat32 left, ScalarFloat32 right) => Mask(left._value == right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat32 Select(ScalarFloat32 mask, ScalarFloat32 whenSet, ScalarFloat32 whenClear)
        => mask.Bits != 0 ? whenSet : whenClear;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Any(ScalarFloat32 mask) => mask.Bits != 0;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat32 MultiplyAdd(ScalarFloat32 a, ScalarFloat32 b, ScalarFloat32 c) => new((a._value * b._value) + c._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat32 Horner(ScalarFloat32 p, ScalarFloat32 x, double c3, double c2, double c1, double c0)
    {
        float sum = (p._value * x._value) + (float)c3;
        sum = (sum * x._value) + (float)c2;
        sum = (sum * x._value) + (float)c1;
        return new((sum * x._value) + (float)c0);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat32 Clamp(ScalarFloat32 value, double least, double most)
        => value._value < (float)least ? new((float)least) : value._value > (float)most ? new((float)most) : value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat32 Sqrt(ScalarFloat32 value) => new(MathF.Sqrt(value._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat32 Abs(ScalarFloat32 value) => OfBits(value.Bits & int.MaxValue);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat32 Max(ScalarFloat32 left, ScalarFloat32 right)
        => (left._value > right._value) | float.IsNaN(left._value) ? left : right;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat32 Min(ScalarFloat32 left, ScalarFloat32 right)
        => (left._value < right._value) | float.IsNaN(left._value) ? left : right;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat32 Round(ScalarFloat32 value)
    {
        // Adding 2^23 leaves no bits for a fraction; larger numbers have none.
        float size = Abs(value)._value;
        return size < 8388608f
            ? OfBits(BitConverter.SingleToInt32Bits(size + 8388608f - 8388608f) | (value.Bits & int.MinValue))
            : value;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat32 PowerOfTwo(ScalarFloat32 exponent)
        => OfBits(BitConverter.SingleToInt32Bits(exponent._value + (8388608f + 127)) << 23);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat32 Scale(ScalarFloat32 value, ScalarFloat32 exponent)
    {
        // In two halves, each a normal number; of the two products only the second one can be inexact.
        ScalarFloat32 half = Round(new(exponent._value * 0.5f));
        return value * PowerOfTwo(half) * PowerOfTwo(exponent - half);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarFloat32 Split(ScalarFloat32 value, out ScalarFloat32 exponent)
    {
        // Moving the bits of sqrt(1/2) to those of 1 puts the wanted range of mantissas between two powers of two.
        const int Half = 0x3F3504F3, One = 0x3F800000;
        int bits = value.Bits + (One - Half);
        exponent = new((bits >> 23) - 127);
        return OfBits((bits & 0x007FFFFF) + Half);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ScalarFloat32 OfBits(int bits) => new(BitConverter.Int32BitsToSingle(bits));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ScalarFloat32 Mask(bool set) => OfBits(set ? -1 : 0);
}
