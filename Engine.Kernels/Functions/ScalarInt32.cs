using System.Runtime.CompilerServices;

namespace Engine.Kernels.Functions;

/// <summary>One integer as a bundle of lanes: what a GPU kernel computes with. Roots and logarithms are rounded to zero.</summary>
/// <param name="value">The number.</param>
internal readonly unsafe struct ScalarInt32(int value) : ILanes<ScalarInt32, int>
{
    private readonly int _value = value;

    /// <inheritdoc/>
    public static int Count => 1;

    /// <inheritdoc/>
    public static ElementType ElementType => ElementType.Int32;

    /// <inheritdoc/>
    public static ScalarInt32 Indices => new(0);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarInt32 Constant(double value) => new((int)value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarInt32 Splat(int value) => new(value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarInt32 Load(int* source) => new(*source);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(ScalarInt32 value, int* destination) => *destination = value._value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFirst(ScalarInt32 value, int* destination, int count)
    {
        // Fewer than one lane: nothing to store.
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarInt32 LoadInt32(int* source) => new(*source);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreInt32(ScalarInt32 value, int* destination) => *destination = value._value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Lane(ScalarInt32 value, int index) => value._value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarInt32 operator +(ScalarInt32 left, ScalarInt32 right) => new(left._value + right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarInt32 operator -(ScalarInt32 left, ScalarInt32 right) => new(left._value - right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarInt32 operator *(ScalarInt32 left, ScalarInt32 right) => new(left._value * right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarInt32 operator /(ScalarInt32 left, ScalarInt32 right) => new(left._value / right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarInt32 operator -(ScalarInt32 value) => new(-value._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarInt32 operator &(ScalarInt32 left, ScalarInt32 right) => new(left._value & right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarInt32 operator |(ScalarInt32 left, ScalarInt32 right) => new(left._value | right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarInt32 operator <(ScalarInt32 left, ScalarInt32 right) => Mask(left._value < right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarInt32 operator >(ScalarInt32 left, ScalarInt32 right) => Mask(left._value > right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarInt32 operator <=(ScalarInt32 left, ScalarInt32 right) => Mask(left._value <= right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarInt32 operator >=(ScalarInt32 left, ScalarInt32 right) => Mask(left._value >= right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarInt32 Equal(ScalarInt32 left, ScalarInt32 right) => Mask(left._value == right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarInt32 Select(ScalarInt32 mask, ScalarInt32 whenSet, ScalarInt32 whenClear)
        => mask._value != 0 ? whenSet : whenClear;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Any(ScalarInt32 mask) => mask._value != 0;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarInt32 MultiplyAdd(ScalarInt32 a, ScalarInt32 b, ScalarInt32 c) => new((a._value * b._value) + c._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarInt32 Horner(ScalarInt32 p, ScalarInt32 x, double c3, double c2, double c1, double c0)
    {
        int sum = (p._value * x._value) + (int)c3;
        sum = (sum * x._value) + (int)c2;
        sum = (sum * x._value) + (int)c1;
        return new((sum * x._value) + (int)c0);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarInt32 Clamp(ScalarInt32 value, double least, double most)
        => value._value < (int)least ? new((int)least) : value._value > (int)most ? new((int)most) : value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarInt32 Sqrt(ScalarInt32 value) => new((int)Math.Sqrt(value._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarInt32 Abs(ScalarInt32 value) => new(value._value < 0 ? -value._value : value._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarInt32 Max(ScalarInt32 left, ScalarInt32 right) => left._value > right._value ? left : right;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarInt32 Min(ScalarInt32 left, ScalarInt32 right) => left._value < right._value ? left : right;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarInt32 Round(ScalarInt32 value) => value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarInt32 PowerOfTwo(ScalarInt32 exponent) => new(1 << exponent._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarInt32 Scale(ScalarInt32 value, ScalarInt32 exponent) => new(value._value << exponent._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarInt32 Split(ScalarInt32 value, out ScalarInt32 exponent)
    {
        // An integer in [sqrt(1/2), sqrt(2)) is 1.
        exponent = new(0);
        return value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ScalarInt32 Mask(bool set) => new(set ? -1 : 0);
}
