using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Engine.Kernels.Functions;

namespace Engine.Kernels.Cpu;

/// <summary>What matrix products and convolutions do with registers.</summary>
/// <remarks>
/// Not <see cref="ILanes{TSelf, T}"/>: the compiler fuses a multiply-add with the load of its scalar, and keeps its sum in place, for
/// bare vectors only, not for structs around them. That makes small products three times faster.
/// </remarks>
/// <typeparam name="R">The register.</typeparam>
/// <typeparam name="T">float or double.</typeparam>
internal unsafe interface IRegister<R, T>
    where R : struct
    where T : unmanaged
{
    /// <summary>The number of lanes.</summary>
    static abstract int Count { get; }

    /// <summary>A register with <paramref name="value"/> in every lane.</summary>
    static abstract R Splat(T value);

    /// <summary>Loads all lanes.</summary>
    static abstract R Load(T* source);

    /// <summary>Stores all lanes.</summary>
    static abstract void Store(R value, T* destination);

    /// <summary><c>left + right</c> in every lane.</summary>
    static abstract R Add(R left, R right);

    /// <summary><c>left * right + sum</c> in every lane, rounded once where the processor has a fused instruction.</summary>
    static abstract R MultiplyAdd(T left, R right, R sum);

    /// <inheritdoc cref="MultiplyAdd(T, R, R)"/>
    static abstract R MultiplyAdd(R left, R right, R sum);

    /// <summary>The sum of all lanes.</summary>
    static abstract T Sum(R value);

    /// <summary>A bit for each lane that is not 0, the first lane's lowest.</summary>
    static abstract ulong NonZeros(R value);
}

/// <inheritdoc cref="IRegister{R, T}"/>
internal readonly unsafe struct Register512<T> : IRegister<Vector512<T>, T>
    where T : unmanaged, INumber<T>
{
    public static int Count => Vector512<T>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Splat(T value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Load(T* source) => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<T> value, T* destination) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Add(Vector512<T> left, Vector512<T> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> MultiplyAdd(T left, Vector512<T> right, Vector512<T> sum)
        => MultiplyAdd(Vector512.Create(left), right, sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> MultiplyAdd(Vector512<T> left, Vector512<T> right, Vector512<T> sum)
        => typeof(T) == typeof(float)
            ? Vector512.MultiplyAddEstimate(left.As<T, float>(), right.As<T, float>(), sum.As<T, float>()).As<float, T>()
            : Vector512.MultiplyAddEstimate(left.As<T, double>(), right.As<T, double>(), sum.As<T, double>()).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Sum(Vector512<T> value) => Vector512.Sum(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong NonZeros(Vector512<T> value) => (~Vector512.Equals(value, Vector512<T>.Zero)).ExtractMostSignificantBits();
}

/// <inheritdoc cref="IRegister{R, T}"/>
internal readonly unsafe struct Register256<T> : IRegister<Vector256<T>, T>
    where T : unmanaged, INumber<T>
{
    public static int Count => Vector256<T>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Splat(T value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Load(T* source) => Vector256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<T> value, T* destination) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Add(Vector256<T> left, Vector256<T> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> MultiplyAdd(T left, Vector256<T> right, Vector256<T> sum)
        => MultiplyAdd(Vector256.Create(left), right, sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> MultiplyAdd(Vector256<T> left, Vector256<T> right, Vector256<T> sum)
        => typeof(T) == typeof(float)
            ? Vector256.MultiplyAddEstimate(left.As<T, float>(), right.As<T, float>(), sum.As<T, float>()).As<float, T>()
            : Vector256.MultiplyAddEstimate(left.As<T, double>(), right.As<T, double>(), sum.As<T, double>()).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Sum(Vector256<T> value) => Vector256.Sum(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong NonZeros(Vector256<T> value) => (~Vector256.Equals(value, Vector256<T>.Zero)).ExtractMostSignificantBits();
}

/// <inheritdoc cref="IRegister{R, T}"/>
internal readonly unsafe struct Register128<T> : IRegister<Vector128<T>, T>
    where T : unmanaged, INumber<T>
{
    public static int Count => Vector128<T>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Splat(T value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Load(T* source) => Vector128.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<T> value, T* destination) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Add(Vector128<T> left, Vector128<T> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> MultiplyAdd(T left, Vector128<T> right, Vector128<T> sum)
        => MultiplyAdd(Vector128.Create(left), right, sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> MultiplyAdd(Vector128<T> left, Vector128<T> right, Vector128<T> sum)
        => typeof(T) == typeof(float)
            ? Vector128.MultiplyAddEstimate(left.As<T, float>(), right.As<T, float>(), sum.As<T, float>()).As<float, T>()
            : Vector128.MultiplyAddEstimate(left.As<T, double>(), right.As<T, double>(), sum.As<T, double>()).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Sum(Vector128<T> value) => Vector128.Sum(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong NonZeros(Vector128<T> value) => (~Vector128.Equals(value, Vector128<T>.Zero)).ExtractMostSignificantBits();
}
