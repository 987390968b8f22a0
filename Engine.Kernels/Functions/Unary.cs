using System.Runtime.CompilerServices;

namespace Engine.Kernels.Functions;

/// <summary>-x.</summary>
internal readonly struct NegateFunction : IUnary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x)
        where V : struct, ILanes<V>
        => -x;
}

/// <summary>e^x.</summary>
internal readonly struct ExpFunction : IUnary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x)
        where V : struct, ILanes<V>
        => Transcendentals.Exp(x);
}

/// <summary>The natural logarithm of x.</summary>
internal readonly struct LogFunction : IUnary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x)
        where V : struct, ILanes<V>
        => Transcendentals.Log(x);
}

/// <summary>log(1 + x).</summary>
internal readonly struct Log1pFunction : IUnary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x)
        where V : struct, ILanes<V>
        => Transcendentals.Log1p(x);
}

/// <summary>e^x - 1.</summary>
internal readonly struct Expm1Function : IUnary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x)
        where V : struct, ILanes<V>
        => Transcendentals.Expm1(x);
}

/// <summary>The square root of x.</summary>
internal readonly struct SqrtFunction : IUnary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x)
        where V : struct, ILanes<V>
        => V.Sqrt(x);
}

/// <summary>x * x.</summary>
internal readonly struct SquareFunction : IUnary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x)
        where V : struct, ILanes<V>
        => x * x;
}

/// <summary>1 / x.</summary>
internal readonly struct ReciprocalFunction : IUnary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x)
        where V : struct, ILanes<V>
        => V.Constant(1) / x;
}

/// <summary>The hyperbolic tangent of x.</summary>
internal readonly struct TanhFunction : IUnary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x)
        where V : struct, ILanes<V>
        => Transcendentals.Tanh(x);
}

/// <summary>1 / (1 + e^-x).</summary>
internal readonly struct SigmoidFunction : IUnary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x)
        where V : struct, ILanes<V>
        => Transcendentals.Sigmoid(x);
}

/// <summary>log(1 + e^x).</summary>
internal readonly struct SoftplusFunction : IUnary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x)
        where V : struct, ILanes<V>
        => Transcendentals.Softplus(x);
}

/// <summary>The sine of x.</summary>
internal readonly struct SinFunction : IUnary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x)
        where V : struct, ILanes<V>
        => Transcendentals.Sin(x);
}

/// <summary>The cosine of x.</summary>
internal readonly struct CosFunction : IUnary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x)
        where V : struct, ILanes<V>
        => Transcendentals.Cos(x);
}

/// <summary>The largest integer that is not above x.</summary>
internal readonly struct FloorFunction : IUnary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x)
        where V : struct, ILanes<V>
    {
        V nearest = V.Round(x);
        return V.Select(nearest > x, nearest - V.Constant(1), nearest);
    }
}

/// <summary>The absolute value of x.</summary>
internal readonly struct AbsFunction : IUnary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x)
        where V : struct, ILanes<V>
        => V.Abs(x);
}

/// <summary>1 for positive x, -1 for negative x, otherwise x: a zero or NaN.</summary>
internal readonly struct SignFunction : IUnary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x)
        where V : struct, ILanes<V>
        => V.Select(x > V.Constant(0), V.Constant(1), V.Select(x < V.Constant(0), V.Constant(-1), x));
}

/// <summary>x where it is not negative, else 0; NaN stays NaN.</summary>
internal readonly struct ReluFunction : IUnary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x)
        where V : struct, ILanes<V>
        => V.Select(x < V.Constant(0), V.Constant(0), x);
}

/// <summary>1 where x is positive, else 0: the derivative of <see cref="ReluFunction"/>.</summary>
internal readonly struct HeavisideFunction : IUnary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x)
        where V : struct, ILanes<V>
        => (x > V.Constant(0)) & V.Constant(1);
}

/// <summary>x / divisor.</summary>
/// <param name="divisor">The divisor, rounded to the element type.</param>
internal readonly struct DivideByFunction(double divisor) : IUnary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x)
        where V : struct, ILanes<V>
        => x / V.Constant(divisor);
}

/// <summary>x * scale + shift.</summary>
/// <param name="scale">The factor, rounded to the element type.</param>
/// <param name="shift">The summand, rounded to the element type.</param>
internal readonly struct AffineFunction(double scale, double shift) : IUnary
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x)
        where V : struct, ILanes<V>
        => V.MultiplyAdd(x, V.Constant(scale), V.Constant(shift));
}
