namespace Engine.Kernels.Functions;

/// <summary>The format of float.</summary>
internal readonly struct Float32 : IFloatFormat<float>
{
    /// <inheritdoc/>
    public static ElementType ElementType => ElementType.Float32;

    /// <inheritdoc/>
    public static float Of(double value) => (float)value;

    /// <inheritdoc/>
    public static int Whole(float value) => (int)value;

    /// <inheritdoc/>
    public static float Mask(bool set) => OfBits(set ? -1 : 0);

    /// <inheritdoc/>
    public static bool IsSet(float value) => BitsOf(value) != 0;

    /// <inheritdoc/>
    public static float And(float left, float right) => OfBits(BitsOf(left) & BitsOf(right));

    /// <inheritdoc/>
    public static float Or(float left, float right) => OfBits(BitsOf(left) | BitsOf(right));

    /// <inheritdoc/>
    public static float Abs(float value) => OfBits(BitsOf(value) & int.MaxValue);

    /// <inheritdoc/>
    public static float Sqrt(float value) => MathF.Sqrt(value);

    /// <inheritdoc/>
    public static float Round(float value)
    {
        // Adding 2^23 leaves no bits for a fraction; larger numbers have none.
        const float Large = 8388608f;
        float size = Abs(value);
        return size < Large ? OfBits(BitsOf(size + Large - Large) | (BitsOf(value) & int.MinValue)) : value;
    }

    /// <inheritdoc/>
    public static float PowerOfTwo(float exponent) => OfBits(BitsOf(exponent + (8388608f + 127)) << 23);

    /// <inheritdoc/>
    public static float Split(float value, out float exponent)
    {
        // Moving the bits of sqrt(1/2) to those of 1 puts the wanted range of mantissas between two powers of two.
        const int Half = 0x3F3504F3, One = 0x3F800000;
        int bits = BitsOf(value) + (One - Half);
        exponent = (bits >> 23) - 127;
        return OfBits((bits & 0x007FFFFF) + Half);
    }

    private static int BitsOf(float value) => BitConverter.SingleToInt32Bits(value);

    private static float OfBits(int bits) => BitConverter.Int32BitsToSingle(bits);
}
