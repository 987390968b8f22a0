using Engine.Kernels.Functions;

namespace Engine.Core.Operations;

/// <summary>
/// a to the power of b; a negative a has one for integer b only, else NaN. Integers are exact and wrap around as products do; to a
/// negative power they are rounded towards zero.
/// </summary>
/// <remarks>
/// Derivatives in b hold the logarithm of a, so they are NaN for negative a. Powers of zero to b >= 0 count as constant in b: whatever
/// is derived in b there, once or along with a, is 0. In a alone, powers of zero have the derivatives of their polynomial.
/// </remarks>
internal sealed record Power : Binary<PowerFunction>
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => PowerDerivative.Vjp(0, g, x, [true, true]);

    /// <inheritdoc/>
    public override Tensor?[] VjpAll(Tensor?[] g, Tensor[] y, Tensor[] x, bool[] wanted) => PowerDerivative.Vjp(0, g[0]!, x, wanted);
}

/// <summary>
/// The derivative of an order in a of a to the power of b: b (b - 1) ... (b - order + 1) a^(b - order), and 0 where a factor is 0,
/// also if the power is infinite there.
/// </summary>
/// <param name="Order">How often to derive, at least once.</param>
internal sealed record PowerDerivative(int Order) : Binary<PowerDerivativeFunction>
{
    /// <inheritdoc/>
    protected override PowerDerivativeFunction Function => new(Order);

    /// <inheritdoc/>
    protected override bool MapsIntegers => false;

    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => Vjp(Order, g, x, [true, true]);

    /// <inheritdoc/>
    public override Tensor?[] VjpAll(Tensor?[] g, Tensor[] y, Tensor[] x, bool[] wanted) => Vjp(Order, g[0]!, x, wanted);

    // What nobody asks for is left out: a checking scope would stop at the logarithm of a negative number.
    internal static Tensor?[] Vjp(int order, Tensor g, Tensor[] x, bool[] wanted) =>
    [
        wanted[0] ? g * new PowerDerivative(order + 1).Apply(x) : null,
        wanted[1] ? InExponent(order, g, x[0], x[1]) : null,
    ];

    // With c = b (b - 1) ... (b - order + 1), and c' its derivative: a^(b - order) (c log(a) + c').
    private static Tensor InExponent(int order, Tensor g, Tensor a, Tensor b)
    {
        // Where the power counts as constant, 1 takes the place of a: slopes at 0 may be infinite.
        var isConstant = Tensor.Equal(a, 0) * (b >= 0);
        Tensor one = Tensor.Ones([], a.Type, a.Device), zero = Tensor.Zeros([], a.Type, a.Device);
        var some = Tensor.Where(isConstant, one, a);
        var derivative = (order == 0 ? some.Pow(b) : new PowerDerivative(order).Apply(some, b)) * some.Log();
        for (int left = 0; left < order; left++)
        {
            var term = some.Pow(b - order);
            for (int i = 0; i < order; i++)
                term = i == left ? term : term * (b - i);
            derivative += term;
        }

        return g * Tensor.Where(isConstant, zero, derivative);
    }
}
