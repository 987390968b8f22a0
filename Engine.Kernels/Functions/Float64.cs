namespace Engine.Kernels.Functions;

/// <summary>The format of double.</summary>
internal readonly struct Float64 : IFloatFormat<double>
{
    /// <inheritdoc/>
    public static ElementType ElementType => ElementType.Float64;

    /// <inheritdoc/>
    public static double Of(double value) => value;

    /// <inheritdoc/>
    public static int Whole(double value) => (int)value;

    /// <inheritdoc/>
    public static double Mask(bool set) => OfBits(set ? -1 : 0);

    /// <inheritdoc/>
    public static bool IsSet(double value) => BitsOf(value) != 0;

    /// <inheritdoc/>
    public static double And(double left, double right) => OfBits(BitsOf(left) & BitsOf(right));

    /// <inheritdoc/>
    public static double Or(double left, double right) => OfBits(BitsOf(left) | BitsOf(right));

    /// <inheritdoc/>
    public static double Abs(double value) => OfBits(BitsOf(value) & long.MaxValue);

    /// <inheritdoc/>
    public static double Sqrt(double value) => Math.Sqrt(value);

    /// <inheritdoc/>
    public static double Round(double value)
    {
        // Adding 2^52 leaves no bits for a fraction; larger numbers have none.
        const double Large = 4503599627370496.0;
        double size = Abs(value);
        return size < Large ? OfBits(BitsOf(size + Large - Large) | (BitsOf(value) & long.MinValue)) : value;
    }

    /// <inheritdoc/>
    public static double PowerOfTwo(double exponent) => OfBits(BitsOf(exponent + (4503599627370496.0 + 1023)) << 52);

    /// <inheritdoc/>
    public static double Split(double value, out double exponent)
    {
        // Moving the bits of sqrt(1/2) to those of 1 puts the wanted range of mantissas between two powers of two.
        const long Half = 0x3FE6A09E667F3BCD, One = 0x3FF0000000000000;
        long bits = BitsOf(value) + (One - Half);
        exponent = (bits >> 52) - 1023;
        return OfBits((bits & 0x000FFFFFFFFFFFFF) + Half);
    }

    private static long BitsOf(double value) => BitConverter.DoubleToInt64Bits(value);

    private static double OfBits(long bits) => BitConverter.Int64BitsToDouble(bits);
}
