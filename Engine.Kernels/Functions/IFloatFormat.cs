namespace Engine.Kernels.Functions;

/// <summary>What differs between the formats of floating-point numbers: their bits.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal interface IFloatFormat<T>
{
    /// <summary>The element type.</summary>
    static abstract ElementType ElementType { get; }

    /// <summary>The nearest number.</summary>
    static abstract T Of(double value);

    /// <summary>A whole number.</summary>
    static abstract int Whole(T value);

    /// <summary>All bits or none.</summary>
    static abstract T Mask(bool set);

    /// <summary>Whether any bit is set.</summary>
    static abstract bool IsSet(T value);

    /// <summary>The bits that both have.</summary>
    static abstract T And(T left, T right);

    /// <summary>The bits that either has.</summary>
    static abstract T Or(T left, T right);

    /// <summary>Without its sign.</summary>
    static abstract T Abs(T value);

    /// <summary>The square root.</summary>
    static abstract T Sqrt(T value);

    /// <summary>The nearest whole number, of two the even one.</summary>
    static abstract T Round(T value);

    /// <summary>2 to a whole number for which that is normal.</summary>
    static abstract T PowerOfTwo(T exponent);

    /// <summary>A mantissa from sqrt(1/2) up to sqrt(2), and the power of two that it goes with.</summary>
    static abstract T Split(T value, out T exponent);
}
