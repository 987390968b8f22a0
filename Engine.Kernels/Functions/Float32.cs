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
    public static float Mask(bool set) => BitConverter.Int32BitsToSingle(set ? -1 : 0);

    /// <inheritdoc/>
    public static bool IsSet(float value) => BitConverter.SingleToInt32Bits(value) != 0;

    /// <inheritdoc/>
    public static float And(float left, float right) => BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(left) & BitConverter.SingleToInt32Bits(right));

    /// <inheritdoc/>
    public static float Or(float left, float right) => BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(left) | BitConverter.SingleToInt32Bits(right));

    /// <inheritdoc/>
    public static float Abs(float value) => BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(value) & int.MaxValue);

    /// <inheritdoc/>
    public static float Sqrt(float value) => MathF.Sqrt(value);

    /// <inheritdoc/>
    public static float Round(float value)
    {
        // Adding 2^23 leaves no bits for a fraction; larger numbers have none.
        const float Large = 8388608f;
        float size = Abs(value);
        return size < Large ? BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(size + Large - Large) | (BitConverter.SingleToInt32Bits(value) & int.MinValue)) : value;
    }

    /// <inheritdoc/>
    public static float PowerOfTwo(float exponent) => BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(exponent + (8388608f + 127)) << 23);

    /// <inheritdoc/>
    public static float Split(float value, out float exponent)
    {
        // Moving the bits of sqrt(1/2) to those of 1 puts the wanted range of mantissas between two powers of two.
        const int Half = 0x3F3504F3, One = 0x3F800000;
        int bits = BitConverter.SingleToInt32Bits(value) + (One - Half);
        exponent = (bits >> 23) - 127;
        return BitConverter.Int32BitsToSingle((bits & 0x007FFFFF) + Half);
    }
}
