using ILGPU;

namespace Engine.Kernels.Gpu.Convolutions;

/// <summary>
/// Division of numbers from 0 on by one that the host knows, as a multiplication: a GPU has no instruction for a division of integers, and
/// those that turn integers into floats are slow.
/// </summary>
/// <remarks>
/// (x + 1) / divisor is rounded down by less than (x + 1) (1 + 1 / divisor) / 2^32, so x / divisor is exact where (x + 1) (divisor + 1) is
/// at most 2^32.
/// </remarks>
/// <param name="divisor">At least 1.</param>
internal readonly struct Quotient(int divisor)
{
    // The bits of an integer. Of two integers ILGPU would make a struct in memory, of all structs that have it too.
    private readonly float _inverse = Interop.IntAsFloat(uint.MaxValue / (uint)divisor);

    /// <summary>The divisor.</summary>
    public int Divisor { get; } = divisor;

    /// <summary>x / divisor, rounded down.</summary>
    public int Of(int x) => (int)(((ulong)(uint)(x + 1) * (uint)Interop.FloatAsInt(_inverse)) >> 32);
}
