using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Engine.Kernels.Functions;

/// <summary>What <see cref="PhiloxLanes{P, U, W}"/> does with registers of words of 32 bits, seen as pairs of 64.</summary>
/// <typeparam name="U">A register of words.</typeparam>
/// <typeparam name="W">A register of pairs.</typeparam>
internal interface IPairs<U, W>
{
    /// <summary>The same bits as pairs.</summary>
    static abstract W Pairs(U words);

    /// <summary>A number in the lower half of every pair, 0 in the upper one.</summary>
    static abstract W Splat(uint value);

    /// <summary>The upper half of every pair, moved to the lower one.</summary>
    static abstract W Upper(W pairs);

    /// <summary>The sums of pairs, as numbers of 64 bits.</summary>
    static abstract W Add(W left, W right);

    /// <summary>The exclusive or of three.</summary>
    static abstract W Xor(W first, W second, W third);

    /// <summary>The whole products of lower halves.</summary>
    static abstract W MultiplyLower(W left, W right);

    /// <summary>The lower halves of both, in turn.</summary>
    static abstract U Interleave(W even, W odd);
}

/// <inheritdoc cref="IPairs{U, W}"/>
internal readonly struct Pairs512 : IPairs<Vector512<uint>, Vector512<ulong>>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Pairs(Vector512<uint> words) => words.AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Splat(uint value) => Vector512.Create((ulong)value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Upper(Vector512<ulong> pairs) => pairs >>> 32;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Add(Vector512<ulong> left, Vector512<ulong> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Xor(Vector512<ulong> first, Vector512<ulong> second, Vector512<ulong> third) => first ^ second ^ third;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> MultiplyLower(Vector512<ulong> left, Vector512<ulong> right)
        => Avx512F.IsSupported
            ? Avx512F.Multiply(left.AsUInt32(), right.AsUInt32())
            : (left & Vector512.Create((ulong)uint.MaxValue)) * (right & Vector512.Create((ulong)uint.MaxValue));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Interleave(Vector512<ulong> even, Vector512<ulong> odd)
        => Vector512.ConditionalSelect(Vector512.Create((ulong)uint.MaxValue), even, odd << 32).AsUInt32();
}

/// <inheritdoc cref="IPairs{U, W}"/>
internal readonly struct Pairs256 : IPairs<Vector256<uint>, Vector256<ulong>>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Pairs(Vector256<uint> words) => words.AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Splat(uint value) => Vector256.Create((ulong)value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Upper(Vector256<ulong> pairs) => pairs >>> 32;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Add(Vector256<ulong> left, Vector256<ulong> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Xor(Vector256<ulong> first, Vector256<ulong> second, Vector256<ulong> third) => first ^ second ^ third;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> MultiplyLower(Vector256<ulong> left, Vector256<ulong> right)
        => Avx2.IsSupported
            ? Avx2.Multiply(left.AsUInt32(), right.AsUInt32())
            : (left & Vector256.Create((ulong)uint.MaxValue)) * (right & Vector256.Create((ulong)uint.MaxValue));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Interleave(Vector256<ulong> even, Vector256<ulong> odd)
        => Vector256.ConditionalSelect(Vector256.Create((ulong)uint.MaxValue), even, odd << 32).AsUInt32();
}

/// <inheritdoc cref="IPairs{U, W}"/>
internal readonly struct Pairs128 : IPairs<Vector128<uint>, Vector128<ulong>>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Pairs(Vector128<uint> words) => words.AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Splat(uint value) => Vector128.Create((ulong)value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Upper(Vector128<ulong> pairs) => pairs >>> 32;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Add(Vector128<ulong> left, Vector128<ulong> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Xor(Vector128<ulong> first, Vector128<ulong> second, Vector128<ulong> third) => first ^ second ^ third;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> MultiplyLower(Vector128<ulong> left, Vector128<ulong> right)
        => Sse2.IsSupported
            ? Sse2.Multiply(left.AsUInt32(), right.AsUInt32())
            : (left & Vector128.Create((ulong)uint.MaxValue)) * (right & Vector128.Create((ulong)uint.MaxValue));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> Interleave(Vector128<ulong> even, Vector128<ulong> odd)
        => Vector128.ConditionalSelect(Vector128.Create((ulong)uint.MaxValue), even, odd << 32).AsUInt32();
}
