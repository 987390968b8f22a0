using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Engine.Kernels.Functions;

/// <summary>A 256-bit register of <typeparamref name="T"/>.</summary>
/// <typeparam name="T">float, double or int.</typeparam>
/// <param name="value">The register.</param>
internal readonly unsafe struct Lanes256<T>(Vector256<T> value) : ILanes<Lanes256<T>, T>
    where T : unmanaged, INumber<T>
{
    private readonly Vector256<T> _value = value;

    /// <summary>The register itself.</summary>
    public Vector256<T> Vector => _value;

    /// <inheritdoc/>
    public static int Count => Vector256<T>.Count;

    /// <inheritdoc/>
    public static ElementType ElementType
    {
        // Spelt out, so that it is a constant wherever it is used.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => typeof(T) == typeof(float) ? ElementType.Float32 : typeof(T) == typeof(double) ? ElementType.Float64 : ElementType.Int32;
    }

    /// <inheritdoc/>
    public static Lanes256<T> Indices => new(Vector256<T>.Indices);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256<T> Constant(double value)
        => typeof(T) == typeof(float) ? new(Vector256.Create((float)value).As<float, T>())
            : typeof(T) == typeof(double) ? new(Vector256.Create(value).As<double, T>())
            : new(Vector256.Create((int)value).As<int, T>());

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256<T> Splat(T value) => new(Vector256.Create(value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256<T> Load(T* source) => new(Vector256.Load(source));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lanes256<T> value, T* destination) => value._value.Store(destination);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFirst(Lanes256<T> value, T* destination, int count)
    {
        var lower = new Lanes128<T>(value._value.GetLower());
        if (count < Lanes128<T>.Count)
        {
            Lanes128<T>.StoreFirst(lower, destination, count);
            return;
        }

        Lanes128<T>.Store(lower, destination);
        if (count > Lanes128<T>.Count)
            Lanes128<T>.StoreFirst(new(value._value.GetUpper()), destination + Lanes128<T>.Count, count - Lanes128<T>.Count);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256<T> LoadInt32(int* source)
    {
        if (typeof(T) == typeof(float))
            return new(Vector256.ConvertToSingle(Vector256.Load(source)).As<float, T>());
        T* side = stackalloc T[Count];
        for (int i = 0; i < Count; i++)
            side[i] = T.CreateTruncating(source[i]);
        return Load(side);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreInt32(Lanes256<T> value, int* destination)
    {
        if (typeof(T) == typeof(float))
        {
            Vector256.ConvertToInt32Native(value._value.As<T, float>()).Store(destination);
            return;
        }

        for (int i = 0; i < Count; i++)
            destination[i] = int.CreateTruncating(value._value.GetElement(i));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Lane(Lanes256<T> value, int index) => value._value.GetElement(index);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256<T> operator +(Lanes256<T> left, Lanes256<T> right) => new(left._value + right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256<T> operator -(Lanes256<T> left, Lanes256<T> right) => new(left._value - right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256<T> operator *(Lanes256<T> left, Lanes256<T> right) => new(left._value * right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256<T> operator /(Lanes256<T> left, Lanes256<T> right) => new(left._value / right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256<T> operator -(Lanes256<T> value) => new(-value._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256<T> operator &(Lanes256<T> left, Lanes256<T> right) => new(left._value & right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256<T> operator |(Lanes256<T> left, Lanes256<T> right) => new(left._value | right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256<T> operator <(Lanes256<T> left, Lanes256<T> right) => new(Vector256.LessThan(left._value, right._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256<T> operator >(Lanes256<T> left, Lanes256<T> right) => new(Vector256.GreaterThan(left._value, right._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256<T> operator <=(Lanes256<T> left, Lanes256<T> right) => new(Vector256.LessThanOrEqual(left._value, right._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256<T> operator >=(Lanes256<T> left, Lanes256<T> right)
        => new(Vector256.GreaterThanOrEqual(left._value, right._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256<T> Equal(Lanes256<T> left, Lanes256<T> right) => new(Vector256.Equals(left._value, right._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256<T> Select(Lanes256<T> mask, Lanes256<T> whenSet, Lanes256<T> whenClear)
        => new(Vector256.ConditionalSelect(mask._value, whenSet._value, whenClear._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Any(Lanes256<T> mask) => mask._value.ExtractMostSignificantBits() != 0;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256<T> MultiplyAdd(Lanes256<T> a, Lanes256<T> b, Lanes256<T> c)
        => typeof(T) == typeof(float)
                ? new(Vector256.MultiplyAddEstimate(
                    a._value.As<T, float>(), b._value.As<T, float>(), c._value.As<T, float>()).As<float, T>())
            : typeof(T) == typeof(double)
                ? new(Vector256.MultiplyAddEstimate(
                    a._value.As<T, double>(), b._value.As<T, double>(), c._value.As<T, double>()).As<double, T>())
            : new((a._value * b._value) + c._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256<T> Horner(Lanes256<T> p, Lanes256<T> x, double c3, double c2, double c1, double c0)
    {
        if (typeof(T) == typeof(double))
        {
            Vector256<double> sum = p._value.As<T, double>(), factor = x._value.As<T, double>();
            sum = Vector256.MultiplyAddEstimate(sum, factor, Vector256.Create(c3));
            sum = Vector256.MultiplyAddEstimate(sum, factor, Vector256.Create(c2));
            sum = Vector256.MultiplyAddEstimate(sum, factor, Vector256.Create(c1));
            return new(Vector256.MultiplyAddEstimate(sum, factor, Vector256.Create(c0)).As<double, T>());
        }
        else
        {
            Vector256<float> sum = p._value.As<T, float>(), factor = x._value.As<T, float>();
            sum = Vector256.MultiplyAddEstimate(sum, factor, Vector256.Create((float)c3));
            sum = Vector256.MultiplyAddEstimate(sum, factor, Vector256.Create((float)c2));
            sum = Vector256.MultiplyAddEstimate(sum, factor, Vector256.Create((float)c1));
            return new(Vector256.MultiplyAddEstimate(sum, factor, Vector256.Create((float)c0)).As<float, T>());
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256<T> Clamp(Lanes256<T> value, double least, double most)
    {
        // The native instructions return the second operand, or NaN, where one is NaN.
        Vector256<T> low = Constant(least)._value, high = Constant(most)._value;
        return new(Vector256.MaxNative(low, Vector256.MinNative(high, value._value)));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256<T> Sqrt(Lanes256<T> value) => new(Vector256.Sqrt(value._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256<T> Abs(Lanes256<T> value) => new(Vector256.Abs(value._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256<T> Max(Lanes256<T> left, Lanes256<T> right) => new(Vector256.Max(left._value, right._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256<T> Min(Lanes256<T> left, Lanes256<T> right) => new(Vector256.Min(left._value, right._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256<T> Round(Lanes256<T> value)
        => typeof(T) == typeof(float) ? new(Vector256.Round(value._value.As<T, float>()).As<float, T>())
            : typeof(T) == typeof(double) ? new(Vector256.Round(value._value.As<T, double>()).As<double, T>())
            : value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256<T> PowerOfTwo(Lanes256<T> exponent)
    {
        // Adding 2^23 (2^52) moves the biased exponent into the lowest bits of the mantissa: no conversion to integer is needed.
        if (typeof(T) == typeof(double))
        {
            Vector256<double> moved = exponent._value.As<T, double>() + Vector256.Create(4503599627370496.0 + 1023);
            return new((moved.AsInt64() << 52).As<long, T>());
        }
        else
        {
            Vector256<float> moved = exponent._value.As<T, float>() + Vector256.Create(8388608f + 127);
            return new((moved.AsInt32() << 23).As<int, T>());
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256<T> Scale(Lanes256<T> value, Lanes256<T> exponent)
    {
        if (Avx512F.VL.IsSupported)
        {
            return typeof(T) == typeof(double)
                ? new(Avx512F.VL.Scale(value._value.As<T, double>(), exponent._value.As<T, double>()).As<double, T>())
                : new(Avx512F.VL.Scale(value._value.As<T, float>(), exponent._value.As<T, float>()).As<float, T>());
        }

        // In two halves, each a normal number; of the two products only the second one can be inexact.
        Lanes256<T> half = Round(exponent * Constant(0.5));
        return value * PowerOfTwo(half) * PowerOfTwo(exponent - half);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256<T> Split(Lanes256<T> value, out Lanes256<T> exponent)
    {
        // Moving the bits of sqrt(1/2) to those of 1 puts the wanted range of mantissas between two powers of two.
        if (typeof(T) == typeof(double))
        {
            Vector256<long> half = Vector256.Create(0x3FE6A09E667F3BCDL), one = Vector256.Create(0x3FF0000000000000L);
            Vector256<long> bits = value._value.As<T, long>() + (one - half);

            // The exponent as the lowest bits of a double of value 2^52 and more: conversions from long are slow before AVX-512.
            Vector256<long> moved = (bits >>> 52) | Vector256.Create(0x4330000000000000L);
            exponent = new((moved.AsDouble() - Vector256.Create(4503599627370496.0 + 1023)).As<double, T>());
            return new(((bits & Vector256.Create(0x000FFFFFFFFFFFFFL)) + half).As<long, T>());
        }
        else
        {
            Vector256<int> half = Vector256.Create(0x3F3504F3), one = Vector256.Create(0x3F800000);
            Vector256<int> bits = value._value.As<T, int>() + (one - half);
            exponent = new(Vector256.ConvertToSingle((bits >> 23) - Vector256.Create(127)).As<float, T>());
            return new(((bits & Vector256.Create(0x007FFFFF)) + half).As<int, T>());
        }
    }
}
