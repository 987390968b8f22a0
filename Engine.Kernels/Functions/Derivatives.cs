using System.Runtime.CompilerServices;

namespace Engine.Kernels.Functions;

/// <summary>x where y is positive, else 0: the derivative of a rectified linear unit, applied.</summary>
internal readonly struct GateFunction : IBinary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y)
        where V : struct, ILanes<V>
        => (y > V.Constant(0)) & x;
}

/// <summary>factor * x * y.</summary>
/// <param name="factor">The factor.</param>
internal readonly struct ScaledProductFunction(double factor) : IBinary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y)
        where V : struct, ILanes<V>
        => V.Constant(factor) * x * y;
}

/// <summary>
/// The derivative of <see cref="AdamScaleFunction"/> in the product of its operands: -1 / (2 s (s + epsilon)^2), s the root.
/// </summary>
/// <param name="epsilon">Added to the root.</param>
/// <param name="epsilonRoot">Added under the root.</param>
internal readonly struct AdamScaleSlopeFunction(double epsilon, double epsilonRoot) : IBinary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y)
        where V : struct, ILanes<V>
    {
        V root = V.Sqrt(V.MultiplyAdd(x, y, V.Constant(epsilonRoot)));
        V sum = root + V.Constant(epsilon);
        return V.Constant(-0.5) / (root * sum * sum);
    }
}

/// <summary>
/// The derivative of an order of x^y in x: y (y - 1) ... (y - order + 1) x^(y - order), and 0 where a factor is 0. Not for integers.
/// </summary>
/// <param name="order">How often to derive.</param>
internal readonly struct PowerDerivativeFunction(int order) : IBinary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y)
        where V : struct, ILanes<V>
    {
        V factor = y;
        for (int i = 1; i < order; i++)
            factor = factor * (y - V.Constant(i));
        V zero = V.Constant(0);
        return V.Select(V.Equal(factor, zero), zero, factor * Transcendentals.Pow(x, y - V.Constant(order)));
    }
}
