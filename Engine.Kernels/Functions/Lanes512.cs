using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Engine.Kernels.Functions;

/// <summary>A 512-bit register of <typeparamref name="T"/>.</summary>
/// <typeparam name="T">float, double or int.</typeparam>
/// <param name="value">The register.</param>
internal readonly unsafe struct Lanes512<T>(Vector512<T> value) : ILanes<Lanes512<T>, T>
    where T : unmanaged, INumber<T>
{
    private readonly Vector512<T> _value = value;

    /// <summary>The register itself.</summary>
    public Vector512<T> Vector => _value;

    /// <inheritdoc/>
    public static int Count => Vector512<T>.Count;

    /// <inheritdoc/>
    public static ElementType ElementType
    {
        // Spelt out, so that it is a constant wherever it is used.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => typeof(T) == typeof(float) ? ElementType.Float32 : typeof(T) == typeof(double) ? ElementType.Float64 : ElementType.Int32;
    }

    /// <inheritdoc/>
    public static Lanes512<T> Indices => new(Vector512<T>.Indices);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512<T> Constant(double value)
        => typeof(T) == typeof(float) ? new(Vector512.Create((float)value).As<float, T>())
            : typeof(T) == typeof(double) ? new(Vector512.Create(value).As<double, T>())
            : new(Vector512.Create((int)value).As<int, T>());

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512<T> Splat(T value) => new(Vector512.Create(value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512<T> Load(T* source) => new(Vector512.Load(source));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lanes512<T> value, T* destination) => value._value.Store(destination);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFirst(Lanes512<T> value, T* destination, int count)
    {
        var lower = new Lanes256<T>(value._value.GetLower());
        if (count < Lanes256<T>.Count)
        {
            Lanes256<T>.StoreFirst(lower, destination, count);
            return;
        }

        Lanes256<T>.Store(lower, destination);
        if (count > Lanes256<T>.Count)
            Lanes256<T>.StoreFirst(new(value._value.GetUpper()), destination + Lanes256<T>.Count, count - Lanes256<T>.Count);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512<T> LoadInt32(int* source)
    {
        if (typeof(T) == typeof(float))
            return new(Vector512.ConvertToSingle(Vector512.Load(source)).As<float, T>());
        T* side = stackalloc T[Count];
        for (int i = 0; i < Count; i++)
            side[i] = T.CreateTruncating(source[i]);
        return Load(side);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreInt32(Lanes512<T> value, int* destination)
    {
        if (typeof(T) == typeof(float))
        {
            Vector512.ConvertToInt32Native(value._value.As<T, float>()).Store(destination);
            return;
        }

        for (int i = 0; i < Count; i++)
            destination[i] = int.CreateTruncating(value._value.GetElement(i));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Lane(Lanes512<T> value, int index) => value._value.GetElement(index);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512<T> operator +(Lanes512<T> left, Lanes512<T> right) => new(left._value + right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512<T> operator -(Lanes512<T> left, Lanes512<T> right) => new(left._value - right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512<T> operator *(Lanes512<T> left, Lanes512<T> right) => new(left._value * right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512<T> operator /(Lanes512<T> left, Lanes512<T> right) => new(left._value / right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512<T> operator -(Lanes512<T> value) => new(-value._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512<T> operator &(Lanes512<T> left, Lanes512<T> right) => new(left._value & right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512<T> operator |(Lanes512<T> left, Lanes512<T> right) => new(left._value | right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512<T> operator <(Lanes512<T> left, Lanes512<T> right) => new(Vector512.LessThan(left._value, right._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512<T> operator >(Lanes512<T> left, Lanes512<T> right) => new(Vector512.GreaterThan(left._value, right._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512<T> operator <=(Lanes512<T> left, Lanes512<T> right) => new(Vector512.LessThanOrEqual(left._value, right._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512<T> operator >=(Lanes512<T> left, Lanes512<T> right)
        => new(Vector512.GreaterThanOrEqual(left._value, right._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512<T> Equal(Lanes512<T> left, Lanes512<T> right) => new(Vector512.Equals(left._value, right._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512<T> Select(Lanes512<T> mask, Lanes512<T> whenSet, Lanes512<T> whenClear)
        => new(Vector512.ConditionalSelect(mask._value, whenSet._value, whenClear._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Any(Lanes512<T> mask) => mask._value.ExtractMostSignificantBits() != 0;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512<T> MultiplyAdd(Lanes512<T> a, Lanes512<T> b, Lanes512<T> c)
        => typeof(T) == typeof(float)
                ? new(Vector512.MultiplyAddEstimate(
                    a._value.As<T, float>(), b._value.As<T, float>(), c._value.As<T, float>()).As<float, T>())
            : typeof(T) == typeof(double)
                ? new(Vector512.MultiplyAddEstimate(
                    a._value.As<T, double>(), b._value.As<T, double>(), c._value.As<T, double>()).As<double, T>())
            : new((a._value * b._value) + c._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512<T> Horner(Lanes512<T> p, Lanes512<T> x, double c3, double c2, double c1, double c0)
    {
        if (typeof(T) == typeof(double))
        {
            Vector512<double> sum = p._value.As<T, double>(), factor = x._value.As<T, double>();
            sum = Vector512.MultiplyAddEstimate(sum, factor, Vector512.Create(c3));
            sum = Vector512.MultiplyAddEstimate(sum, factor, Vector512.Create(c2));
            sum = Vector512.MultiplyAddEstimate(sum, factor, Vector512.Create(c1));
            return new(Vector512.MultiplyAddEstimate(sum, factor, Vector512.Create(c0)).As<double, T>());
        }
        else
        {
            Vector512<float> sum = p._value.As<T, float>(), factor = x._value.As<T, float>();
            sum = Vector512.MultiplyAddEstimate(sum, factor, Vector512.Create((float)c3));
            sum = Vector512.MultiplyAddEstimate(sum, factor, Vector512.Create((float)c2));
            sum = Vector512.MultiplyAddEstimate(sum, factor, Vector512.Create((float)c1));
            return new(Vector512.MultiplyAddEstimate(sum, factor, Vector512.Create((float)c0)).As<float, T>());
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512<T> Clamp(Lanes512<T> value, double least, double most)
    {
        // The native instructions return the second operand, or NaN, where one is NaN.
        Vector512<T> low = Constant(least)._value, high = Constant(most)._value;
        return new(Vector512.MaxNative(low, Vector512.MinNative(high, value._value)));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512<T> Sqrt(Lanes512<T> value) => new(Vector512.Sqrt(value._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512<T> Abs(Lanes512<T> value) => new(Vector512.Abs(value._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512<T> Max(Lanes512<T> left, Lanes512<T> right) => new(Vector512.Max(left._value, right._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512<T> Min(Lanes512<T> left, Lanes512<T> right) => new(Vector512.Min(left._value, right._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512<T> Round(Lanes512<T> value)
        => typeof(T) == typeof(float) ? new(Vector512.Round(value._value.As<T, float>()).As<float, T>())
            : typeof(T) == typeof(double) ? new(Vector512.Round(value._value.As<T, double>()).As<double, T>())
            : value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512<T> PowerOfTwo(Lanes512<T> exponent)
    {
        // Adding 2^23 (2^52) moves the biased exponent into the lowest bits of the mantissa: no conversion to integer is needed.
        if (typeof(T) == typeof(double))
        {
            Vector512<double> moved = exponent._value.As<T, double>() + Vector512.Create(4503599627370496.0 + 1023);
            return new((moved.AsInt64() << 52).As<long, T>());
        }
        else
        {
            Vector512<float> moved = exponent._value.As<T, float>() + Vector512.Create(8388608f + 127);
            return new((moved.AsInt32() << 23).As<int, T>());
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512<T> Scale(Lanes512<T> value, Lanes512<T> exponent)
    {
        if (Avx512F.IsSupported)
        {
            return typeof(T) == typeof(double)
                ? new(Avx512F.Scale(value._value.As<T, double>(), exponent._value.As<T, double>()).As<double, T>())
                : new(Avx512F.Scale(value._value.As<T, float>(), exponent._value.As<T, float>()).As<float, T>());
        }

        // In two halves, each a normal number; of the two products only the second one can be inexact.
        Lanes512<T> half = Round(exponent * Constant(0.5));
        return value * PowerOfTwo(half) * PowerOfTwo(exponent - half);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512<T> Split(Lanes512<T> value, out Lanes512<T> exponent)
    {
        // Moving the bits of sqrt(1/2) to those of 1 puts the wanted range of mantissas between two powers of two.
        if (typeof(T) == typeof(double))
        {
            Vector512<long> half = Vector512.Create(0x3FE6A09E667F3BCDL), one = Vector512.Create(0x3FF0000000000000L);
            Vector512<long> bits = value._value.As<T, long>() + (one - half);

            // The exponent as the lowest bits of a double of value 2^52 and more: conversions from long are slow before AVX-512.
            Vector512<long> moved = (bits >>> 52) | Vector512.Create(0x4330000000000000L);
            exponent = new((moved.AsDouble() - Vector512.Create(4503599627370496.0 + 1023)).As<double, T>());
            return new(((bits & Vector512.Create(0x000FFFFFFFFFFFFFL)) + half).As<long, T>());
        }
        else
        {
            Vector512<int> half = Vector512.Create(0x3F3504F3), one = Vector512.Create(0x3F800000);
            Vector512<int> bits = value._value.As<T, int>() + (one - half);
            exponent = new(Vector512.ConvertToSingle((bits >> 23) - Vector512.Create(127)).As<float, T>());
            return new(((bits & Vector512.Create(0x007FFFFF)) + half).As<int, T>());
        }
    }
}
