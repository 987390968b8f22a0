namespace Engine.Kernels.Gpu.Convolutions;

/// <summary>
/// Division of small numbers, 0 to 2^20, by one that the host knows: a GPU has no instruction for a division of integers.
/// </summary>
/// <remarks>(x + 1/2) / divisor is at least 1/2 / divisor away from a whole number, more than rounding makes up.</remarks>
/// <param name="divisor">At least 1.</param>
internal readonly struct Quotient(int divisor)
{
    private readonly float _inverse = 1f / divisor;

    /// <summary>The divisor.</summary>
    public int Divisor { get; } = divisor;

    /// <summary>x / divisor, rounded down.</summary>
    public int Of(int x) => (int)((x + 0.5f) * _inverse);
}
