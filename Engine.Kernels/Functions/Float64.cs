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
    public static double Mask(bool set) => BitConverter.Int64BitsToDouble(set ? -1 : 0);

    /// <inheritdoc/>
    public static bool IsSet(double value) => BitConverter.DoubleToInt64Bits(value) != 0;

    /// <inheritdoc/>
    public static double And(double left, double right) => BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(left) & BitConverter.DoubleToInt64Bits(right));

    /// <inheritdoc/>
    public static double Or(double left, double right) => BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(left) | BitConverter.DoubleToInt64Bits(right));

    /// <inheritdoc/>
    public static double Abs(double value) => BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(value) & long.MaxValue);

    /// <inheritdoc/>
    public static double Sqrt(double value) => Math.Sqrt(value);

    /// <inheritdoc/>
    public static double Round(double value)
    {
        // Adding 2^52 leaves no bits for a fraction; larger numbers have none.
        const double Large = 4503599627370496.0;
        double size = Abs(value);
        return size < Large ? BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(size + Large - Large) | (BitConverter.DoubleToInt64Bits(value) & long.MinValue)) : value;
    }

    /// <inheritdoc/>
    public static double PowerOfTwo(double exponent) => BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(exponent + (4503599627370496.0 + 1023)) << 52);

    /// <inheritdoc/>
    public static double Split(double value, out double exponent)
    {
        // Moving the bits of sqrt(1/2) to those of 1 puts the wanted range of mantissas between two powers of two.
        const long Half = 0x3FE6A09E667F3BCD, One = 0x3FF0000000000000;
        long bits = BitConverter.DoubleToInt64Bits(value) + (One - Half);
        exponent = (bits >> 52) - 1023;
        return BitConverter.Int64BitsToDouble((bits & 0x000FFFFFFFFFFFFF) + Half);
    }
}
