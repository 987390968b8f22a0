namespace Engine.Kernels.Functions;

/// <summary>
/// A bundle of numbers of one element type that every operation treats alike: one number, or a SIMD register full of them.
/// Functions are written once against this interface; the compiler makes a scalar, a 128-, a 256- and a 512-bit version of each.
/// </summary>
/// <remarks>
/// A mask, as comparisons return it, is a bundle whose lanes have all bits set or all bits clear.
/// </remarks>
/// <typeparam name="TSelf">The implementing type.</typeparam>
public interface ILanes<TSelf>
    where TSelf : struct, ILanes<TSelf>
{
    /// <summary>The number of lanes.</summary>
    static abstract int Count { get; }

    /// <summary>The element type of a lane.</summary>
    static abstract ElementType ElementType { get; }

    /// <summary>A bundle with <paramref name="value"/>, rounded to the element type, in every lane.</summary>
    static abstract TSelf Constant(double value);

    /// <summary>The bundle 0, 1, 2, ...</summary>
    static abstract TSelf Indices { get; }

    /// <summary>Lane-wise sum.</summary>
    static abstract TSelf operator +(TSelf left, TSelf right);

    /// <summary>Lane-wise difference.</summary>
    static abstract TSelf operator -(TSelf left, TSelf right);

    /// <summary>Lane-wise product.</summary>
    static abstract TSelf operator *(TSelf left, TSelf right);

    /// <summary>Lane-wise quotient.</summary>
    static abstract TSelf operator /(TSelf left, TSelf right);

    /// <summary>Lane-wise negation.</summary>
    static abstract TSelf operator -(TSelf value);

    /// <summary>Bitwise and; with a mask, zero where the mask is clear.</summary>
    static abstract TSelf operator &(TSelf left, TSelf right);

    /// <summary>Bitwise or.</summary>
    static abstract TSelf operator |(TSelf left, TSelf right);

    /// <summary>Mask of the lanes where <c>left &lt; right</c>.</summary>
    static abstract TSelf operator <(TSelf left, TSelf right);

    /// <summary>Mask of the lanes where <c>left &gt; right</c>.</summary>
    static abstract TSelf operator >(TSelf left, TSelf right);

    /// <summary>Mask of the lanes where <c>left &lt;= right</c>.</summary>
    static abstract TSelf operator <=(TSelf left, TSelf right);

    /// <summary>Mask of the lanes where <c>left &gt;= right</c>.</summary>
    static abstract TSelf operator >=(TSelf left, TSelf right);

    /// <summary>Mask of the lanes that are equal (a NaN equals nothing).</summary>
    static abstract TSelf Equal(TSelf left, TSelf right);

    /// <summary>
    /// Lane of <paramref name="whenSet"/> where <paramref name="mask"/> is set, of <paramref name="whenClear"/> elsewhere.
    /// </summary>
    static abstract TSelf Select(TSelf mask, TSelf whenSet, TSelf whenClear);

    /// <summary>Whether <paramref name="mask"/> is set in any lane.</summary>
    static abstract bool Any(TSelf mask);

    /// <summary><c>a * b + c</c>, rounded once where the processor has a fused instruction.</summary>
    static abstract TSelf MultiplyAdd(TSelf a, TSelf b, TSelf c);

    /// <summary>
    /// Four steps of Horner's rule with <see cref="MultiplyAdd"/>: the polynomial <c>p x^4 + c3 x^3 + c2 x^2 + c1 x + c0</c>.
    /// </summary>
    /// <remarks>As one operation, because the JIT inlines only so many calls into a method.</remarks>
    static abstract TSelf Horner(TSelf p, TSelf x, double c3, double c2, double c1, double c0);

    /// <summary>The nearest number from <paramref name="least"/> to <paramref name="most"/>; NaN stays NaN.</summary>
    static abstract TSelf Clamp(TSelf value, double least, double most);

    /// <summary>Correctly rounded square root.</summary>
    static abstract TSelf Sqrt(TSelf value);

    /// <summary>Absolute value.</summary>
    static abstract TSelf Abs(TSelf value);

    /// <summary>The larger of each pair; NaN if either is NaN.</summary>
    static abstract TSelf Max(TSelf left, TSelf right);

    /// <summary>The smaller of each pair; NaN if either is NaN.</summary>
    static abstract TSelf Min(TSelf left, TSelf right);

    /// <summary>Rounds to the nearest integer, ties to even.</summary>
    static abstract TSelf Round(TSelf value);

    /// <summary>Two to the power of an integer-valued <paramref name="exponent"/> within the range of normal numbers.</summary>
    static abstract TSelf PowerOfTwo(TSelf exponent);

    /// <summary>
    /// <c>value * 2^exponent</c> for an integer-valued <paramref name="exponent"/>, rounded once also where it over- or underflows.
    /// </summary>
    static abstract TSelf Scale(TSelf value, TSelf exponent);

    /// <summary>
    /// Splits a positive normal number into <c>mantissa * 2^exponent</c> with the mantissa in [sqrt(1/2), sqrt(2)).
    /// </summary>
    static abstract TSelf Split(TSelf value, out TSelf exponent);
}

/// <summary>Lanes that load from and store to memory of <typeparamref name="T"/>.</summary>
/// <typeparam name="TSelf">The implementing type.</typeparam>
/// <typeparam name="T">The element type in memory.</typeparam>
public unsafe interface ILanes<TSelf, T> : ILanes<TSelf>
    where TSelf : struct, ILanes<TSelf, T>
    where T : unmanaged
{
    /// <summary>A bundle with <paramref name="value"/> in every lane.</summary>
    static abstract TSelf Splat(T value);

    /// <summary>Loads <see cref="ILanes{TSelf}.Count"/> consecutive elements. Device memory may be read this far past its end.</summary>
    static abstract TSelf Load(T* source);

    /// <summary>Stores all lanes.</summary>
    static abstract void Store(TSelf value, T* destination);

    /// <summary>Stores the first <paramref name="count"/> lanes; <paramref name="count"/> is below the number of lanes.</summary>
    static abstract void StoreFirst(TSelf value, T* destination, int count);

    /// <summary>Loads Int32 numbers, as many as there are lanes, and rounds them to the element type.</summary>
    static abstract TSelf LoadInt32(int* source);

    /// <summary>Stores all lanes, which are whole numbers, as Int32.</summary>
    static abstract void StoreInt32(TSelf value, int* destination);

    /// <summary>One lane.</summary>
    static abstract T Lane(TSelf value, int index);
}
