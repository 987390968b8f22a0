using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Engine.Kernels.Functions;

/// <summary>A 128-bit register of <typeparamref name="T"/>.</summary>
/// <typeparam name="T">float, double or int.</typeparam>
/// <param name="value">The register.</param>
internal readonly unsafe struct Lanes128<T>(Vector128<T> value) : ILanes<Lanes128<T>, T>
    where T : unmanaged, INumber<T>
{
    private readonly Vector128<T> _value = value;

    /// <summary>The register itself.</summary>
    public Vector128<T> Vector => _value;

    /// <inheritdoc/>
    public static int Count => Vector128<T>.Count;

    /// <inheritdoc/>
    public static ElementType ElementType
    {
        // Spelt out, so that it is a constant wherever it is used.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => typeof(T) == typeof(float) ? ElementType.Float32 : typeof(T) == typeof(double) ? ElementType.Float64 : ElementType.Int32;
    }

    /// <inheritdoc/>
    public static Lanes128<T> Indices => new(Vector128<T>.Indices);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128<T> Constant(double value)
        => typeof(T) == typeof(float) ? new(Vector128.Create((float)value).As<float, T>())
            : typeof(T) == typeof(double) ? new(Vector128.Create(value).As<double, T>())
            : new(Vector128.Create((int)value).As<int, T>());

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128<T> Splat(T value) => new(Vector128.Create(value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128<T> Load(T* source) => new(Vector128.Load(source));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lanes128<T> value, T* destination) => value._value.Store(destination);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFirst(Lanes128<T> value, T* destination, int count)
    {
        for (int i = 0; i < count; i++)
            destination[i] = value._value.GetElement(i);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128<T> LoadInt32(int* source)
    {
        if (typeof(T) == typeof(float))
            return new(Vector128.ConvertToSingle(Vector128.Load(source)).As<float, T>());
        T* side = stackalloc T[Count];
        for (int i = 0; i < Count; i++)
            side[i] = T.CreateTruncating(source[i]);
        return Load(side);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreInt32(Lanes128<T> value, int* destination)
    {
        if (typeof(T) == typeof(float))
        {
            Vector128.ConvertToInt32Native(value._value.As<T, float>()).Store(destination);
            return;
        }

        for (int i = 0; i < Count; i++)
            destination[i] = int.CreateTruncating(value._value.GetElement(i));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Lane(Lanes128<T> value, int index) => value._value.GetElement(index);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128<T> operator +(Lanes128<T> left, Lanes128<T> right) => new(left._value + right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128<T> operator -(Lanes128<T> left, Lanes128<T> right) => new(left._value - right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128<T> operator *(Lanes128<T> left, Lanes128<T> right) => new(left._value * right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128<T> operator /(Lanes128<T> left, Lanes128<T> right) => new(left._value / right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128<T> operator -(Lanes128<T> value) => new(-value._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128<T> operator &(Lanes128<T> left, Lanes128<T> right) => new(left._value & right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128<T> operator |(Lanes128<T> left, Lanes128<T> right) => new(left._value | right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128<T> operator <(Lanes128<T> left, Lanes128<T> right) => new(Vector128.LessThan(left._value, right._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128<T> operator >(Lanes128<T> left, Lanes128<T> right) => new(Vector128.GreaterThan(left._value, right._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128<T> operator <=(Lanes128<T> left, Lanes128<T> right) => new(Vector128.LessThanOrEqual(left._value, right._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128<T> operator >=(Lanes128<T> left, Lanes128<T> right)
        => new(Vector128.GreaterThanOrEqual(left._value, right._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128<T> Equal(Lanes128<T> left, Lanes128<T> right) => new(Vector128.Equals(left._value, right._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128<T> Select(Lanes128<T> mask, Lanes128<T> whenSet, Lanes128<T> whenClear)
        => new(Vector128.ConditionalSelect(mask._value, whenSet._value, whenClear._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Any(Lanes128<T> mask) => mask._value.ExtractMostSignificantBits() != 0;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128<T> MultiplyAdd(Lanes128<T> a, Lanes128<T> b, Lanes128<T> c)
        => typeof(T) == typeof(float)
                ? new(Vector128.MultiplyAddEstimate(
                    a._value.As<T, float>(), b._value.As<T, float>(), c._value.As<T, float>()).As<float, T>())
            : typeof(T) == typeof(double)
                ? new(Vector128.MultiplyAddEstimate(
                    a._value.As<T, double>(), b._value.As<T, double>(), c._value.As<T, double>()).As<double, T>())
            : new((a._value * b._value) + c._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128<T> Horner(Lanes128<T> p, Lanes128<T> x, double c3, double c2, double c1, double c0)
    {
        if (typeof(T) == typeof(double))
        {
            Vector128<double> sum = p._value.As<T, double>(), factor = x._value.As<T, double>();
            sum = Vector128.MultiplyAddEstimate(sum, factor, Vector128.Create(c3));
            sum = Vector128.MultiplyAddEstimate(sum, factor, Vector128.Create(c2));
            sum = Vector128.MultiplyAddEstimate(sum, factor, Vector128.Create(c1));
            return new(Vector128.MultiplyAddEstimate(sum, factor, Vector128.Create(c0)).As<double, T>());
        }
        else
        {
            Vector128<float> sum = p._value.As<T, float>(), factor = x._value.As<T, float>();
            sum = Vector128.MultiplyAddEstimate(sum, factor, Vector128.Create((float)c3));
            sum = Vector128.MultiplyAddEstimate(sum, factor, Vector128.Create((float)c2));
            sum = Vector128.MultiplyAddEstimate(sum, factor, Vector128.Create((float)c1));
            return new(Vector128.MultiplyAddEstimate(sum, factor, Vector128.Create((float)c0)).As<float, T>());
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128<T> Clamp(Lanes128<T> value, double least, double most)
    {
        // The native instructions return the second operand, or NaN, where one is NaN.
        Vector128<T> low = Constant(least)._value, high = Constant(most)._value;
        return new(Vector128.MaxNative(low, Vector128.MinNative(high, value._value)));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128<T> Sqrt(Lanes128<T> value) => new(Vector128.Sqrt(value._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128<T> Abs(Lanes128<T> value) => new(Vector128.Abs(value._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128<T> Max(Lanes128<T> left, Lanes128<T> right) => new(Vector128.Max(left._value, right._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128<T> Min(Lanes128<T> left, Lanes128<T> right) => new(Vector128.Min(left._value, right._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128<T> Round(Lanes128<T> value)
        => typeof(T) == typeof(float) ? new(Vector128.Round(value._value.As<T, float>()).As<float, T>())
            : typeof(T) == typeof(double) ? new(Vector128.Round(value._value.As<T, double>()).As<double, T>())
            : value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128<T> PowerOfTwo(Lanes128<T> exponent)
    {
        // Adding 2^23 (2^52) moves the biased exponent into the lowest bits of the mantissa: no conversion to integer is needed.
        if (typeof(T) == typeof(double))
        {
            Vector128<double> moved = exponent._value.As<T, double>() + Vector128.Create(4503599627370496.0 + 1023);
            return new((moved.AsInt64() << 52).As<long, T>());
        }
        else
        {
            Vector128<float> moved = exponent._value.As<T, float>() + Vector128.Create(8388608f + 127);
            return new((moved.AsInt32() << 23).As<int, T>());
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128<T> Scale(Lanes128<T> value, Lanes128<T> exponent)
    {
        if (Avx512F.VL.IsSupported)
        {
            return typeof(T) == typeof(double)
                ? new(Avx512F.VL.Scale(value._value.As<T, double>(), exponent._value.As<T, double>()).As<double, T>())
                : new(Avx512F.VL.Scale(value._value.As<T, float>(), exponent._value.As<T, float>()).As<float, T>());
        }

        // In two halves, each a normal number; of the two products only the second one can be inexact.
        Lanes128<T> half = Round(exponent * Constant(0.5));
        return value * PowerOfTwo(half) * PowerOfTwo(exponent - half);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128<T> Split(Lanes128<T> value, out Lanes128<T> exponent)
    {
        // Moving the bits of sqrt(1/2) to those of 1 puts the wanted range of mantissas between two powers of two.
        if (typeof(T) == typeof(double))
        {
            Vector128<long> half = Vector128.Create(0x3FE6A09E667F3BCDL), one = Vector128.Create(0x3FF0000000000000L);
            Vector128<long> bits = value._value.As<T, long>() + (one - half);

            // The exponent as the lowest bits of a double of value 2^52 and more: conversions from long are slow before AVX-512.
            Vector128<long> moved = (bits >>> 52) | Vector128.Create(0x4330000000000000L);
            exponent = new((moved.AsDouble() - Vector128.Create(4503599627370496.0 + 1023)).As<double, T>());
            return new(((bits & Vector128.Create(0x000FFFFFFFFFFFFFL)) + half).As<long, T>());
        }
        else
        {
            Vector128<int> half = Vector128.Create(0x3F3504F3), one = Vector128.Create(0x3F800000);
            Vector128<int> bits = value._value.As<T, int>() + (one - half);
            exponent = new(Vector128.ConvertToSingle((bits >> 23) - Vector128.Create(127)).As<float, T>());
            return new(((bits & Vector128.Create(0x007FFFFF)) + half).As<int, T>());
        }
    }
}
