using Engine.Kernels.Functions;

namespace Engine.Bench.Comparing;

/// <summary>
/// As many fused multiply-adds as a device can do: eight chains that don't wait for each other, on numbers that stay in registers.
/// Public, as all functions have to be that a GPU runs.
/// </summary>
public readonly struct MultiplyAddChains : IUnary
{
    private const int Chains = 8;
    private const int Rounds = 256;

    /// <summary>Floating-point operations for an element; a multiply-add is two.</summary>
    internal const double Operations = 2.0 * Chains * Rounds;

    /// <inheritdoc/>
    public V Invoke<V>(V x)
        where V : struct, ILanes<V>
    {
        // For x below 1 in magnitude all chains stay finite.
        V c = V.Constant(0.5), a0 = x, a1 = x + c, a2 = a1 + c, a3 = a2 + c, a4 = a3 + c, a5 = a4 + c, a6 = a5 + c, a7 = a6 + c;
        for (int i = 0; i < Rounds; i++)
        {
            a0 = V.MultiplyAdd(a0, x, c);
            a1 = V.MultiplyAdd(a1, x, c);
            a2 = V.MultiplyAdd(a2, x, c);
            a3 = V.MultiplyAdd(a3, x, c);
            a4 = V.MultiplyAdd(a4, x, c);
            a5 = V.MultiplyAdd(a5, x, c);
            a6 = V.MultiplyAdd(a6, x, c);
            a7 = V.MultiplyAdd(a7, x, c);
        }

        return a0 + a1 + (a2 + a3) + (a4 + a5 + (a6 + a7));
    }
}
