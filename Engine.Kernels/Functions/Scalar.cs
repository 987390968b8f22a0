using System.Numerics;
using System.Runtime.CompilerServices;

namespace Engine.Kernels.Functions;

/// <summary>One number as a bundle of lanes, in plain arithmetic and bit casts: what the body of a GPU kernel computes with.</summary>
/// <param name="value">The number.</param>
/// <typeparam name="F">The format of <typeparamref name="T"/>.</typeparam>
/// <typeparam name="T">float or double.</typeparam>
internal readonly unsafe struct Scalar<F, T>(T value) : ILanes<Scalar<F, T>, T>
    where F : struct, IFloatFormat<T>
    where T : unmanaged, INumber<T>
{
    private readonly T _value = value;

    /// <summary>The number itself.</summary>
    public T Value => _value;

    /// <inheritdoc/>
    public static int Count => 1;

    /// <inheritdoc/>
    public static ElementType ElementType => F.ElementType;

    /// <inheritdoc/>
    public static Scalar<F, T> Indices => new(T.Zero);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar<F, T> Constant(double value) => new(F.Of(value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar<F, T> Splat(T value) => new(value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar<F, T> Load(T* source) => new(*source);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Scalar<F, T> value, T* destination) => *destination = value._value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFirst(Scalar<F, T> value, T* destination, int count)
    {
        // Fewer than one lane: nothing to store.
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar<F, T> LoadInt32(int* source) => new(F.Of(*source));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreInt32(Scalar<F, T> value, int* destination) => *destination = F.Whole(value._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Lane(Scalar<F, T> value, int index) => value._value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar<F, T> operator +(Scalar<F, T> left, Scalar<F, T> right) => new(left._value + right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar<F, T> operator -(Scalar<F, T> left, Scalar<F, T> right) => new(left._value - right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar<F, T> operator *(Scalar<F, T> left, Scalar<F, T> right) => new(left._value * right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar<F, T> operator /(Scalar<F, T> left, Scalar<F, T> right) => new(left._value / right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar<F, T> operator -(Scalar<F, T> value) => new(-value._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar<F, T> operator &(Scalar<F, T> left, Scalar<F, T> right) => new(F.And(left._value, right._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar<F, T> operator |(Scalar<F, T> left, Scalar<F, T> right) => new(F.Or(left._value, right._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar<F, T> operator <(Scalar<F, T> left, Scalar<F, T> right) => new(F.Mask(left._value < right._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar<F, T> operator >(Scalar<F, T> left, Scalar<F, T> right) => new(F.Mask(left._value > right._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar<F, T> operator <=(Scalar<F, T> left, Scalar<F, T> right) => new(F.Mask(left._value <= right._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar<F, T> operator >=(Scalar<F, T> left, Scalar<F, T> right) => new(F.Mask(left._value >= right._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar<F, T> Equal(Scalar<F, T> left, Scalar<F, T> right) => new(F.Mask(left._value == right._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar<F, T> Select(Scalar<F, T> mask, Scalar<F, T> whenSet, Scalar<F, T> whenClear)
        => F.IsSet(mask._value) ? whenSet : whenClear;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Any(Scalar<F, T> mask) => F.IsSet(mask._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar<F, T> MultiplyAdd(Scalar<F, T> a, Scalar<F, T> b, Scalar<F, T> c) => new((a._value * b._value) + c._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar<F, T> Horner(Scalar<F, T> p, Scalar<F, T> x, double c3, double c2, double c1, double c0)
    {
        T sum = (p._value * x._value) + F.Of(c3);
        sum = (sum * x._value) + F.Of(c2);
        sum = (sum * x._value) + F.Of(c1);
        return new((sum * x._value) + F.Of(c0));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar<F, T> Clamp(Scalar<F, T> value, double least, double most)
        => value._value < F.Of(least) ? new(F.Of(least)) : value._value > F.Of(most) ? new(F.Of(most)) : value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar<F, T> Sqrt(Scalar<F, T> value) => new(F.Sqrt(value._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar<F, T> Abs(Scalar<F, T> value) => new(F.Abs(value._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar<F, T> Max(Scalar<F, T> left, Scalar<F, T> right)
        => (left._value > right._value) | T.IsNaN(left._value) ? left : right;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar<F, T> Min(Scalar<F, T> left, Scalar<F, T> right)
        => (left._value < right._value) | T.IsNaN(left._value) ? left : right;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar<F, T> Round(Scalar<F, T> value) => new(F.Round(value._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar<F, T> PowerOfTwo(Scalar<F, T> exponent) => new(F.PowerOfTwo(exponent._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar<F, T> Scale(Scalar<F, T> value, Scalar<F, T> exponent)
    {
        // In two halves, each a normal number; of the two products only the second one can be inexact.
        Scalar<F, T> half = Round(new(exponent._value * F.Of(0.5)));
        return value * PowerOfTwo(half) * PowerOfTwo(exponent - half);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Scalar<F, T> Split(Scalar<F, T> value, out Scalar<F, T> exponent)
    {
        T mantissa = F.Split(value._value, out T power);
        exponent = new(power);
        return new(mantissa);
    }
}
