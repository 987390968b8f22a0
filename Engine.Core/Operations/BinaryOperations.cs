using Engine.Kernels.Functions;

namespace Engine.Core.Operations;

/// <summary>a + b.</summary>
internal sealed record Add : Binary<AddFunction>
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [g, g];
}

/// <summary>a - b.</summary>
internal sealed record Subtract : Binary<SubtractFunction>
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [g, -g];
}

/// <summary>a * b.</summary>
internal sealed record Multiply : Binary<MultiplyFunction>
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [g * x[1], g * x[0]];
}

/// <summary>a / b.</summary>
internal sealed record Divide : Binary<DivideFunction>
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x)
    {
        var slope = g / x[1];
        return [slope, -(slope * y)];
    }
}

/// <summary>The largest integer that is not above a / b. Its derivative is zero.</summary>
internal sealed record FloorDivide : Binary<FloorDivideFunction>
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [null, null];
}

/// <summary>a - b floor(a / b), whose floor is a constant to derivatives.</summary>
internal sealed record Remainder : Binary<RemainderFunction>
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [g, -(g * new FloorDivide().Apply(x))];
}

/// <summary>The larger of a and b; equal ones share the derivative.</summary>
internal sealed record Maximum : Binary<MaximumFunction>
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x)
    {
        var share = Share.Of(x[0], x[1]);
        return [g * share, g * (1 - share)];
    }
}

/// <summary>The smaller of a and b; equal ones share the derivative.</summary>
internal sealed record Minimum : Binary<MinimumFunction>
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x)
    {
        var share = Share.Of(x[1], x[0]);
        return [g * share, g * (1 - share)];
    }
}

/// <summary>1 where a > b, else 0. Its derivative is zero.</summary>
internal sealed record Greater : Binary<GreaterFunction>
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [null, null];
}

/// <summary>1 where a >= b, else 0. Its derivative is zero.</summary>
internal sealed record GreaterEqual : Binary<GreaterEqualFunction>
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [null, null];
}

/// <summary>1 where a = b, else 0. Its derivative is zero.</summary>
internal sealed record Equal : Binary<EqualFunction>
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [null, null];
}

/// <summary>a where b is positive, else 0: linear in a, constant in b.</summary>
internal sealed record Gate : Binary<GateFunction>
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [new Gate().Apply(g, x[1]), null];
}

/// <summary>p a + q b, with numbers known beforehand: a moving average in one pass.</summary>
internal sealed record LinearCombination(double P, double Q) : Binary<LinearCombinationFunction>
{
    /// <inheritdoc/>
    protected override LinearCombinationFunction Function => new(P, Q);

    /// <inheritdoc/>
    protected override bool MapsIntegers => IntegerRange.Holds(P) && IntegerRange.Holds(Q);

    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [g * P, g * Q];
}

/// <summary>p a + q b^2, with numbers known beforehand: a moving average of squares in one pass.</summary>
internal sealed record SquareCombination(double P, double Q) : Binary<SquareCombinationFunction>
{
    /// <inheritdoc/>
    protected override SquareCombinationFunction Function => new(P, Q);

    /// <inheritdoc/>
    protected override bool MapsIntegers => IntegerRange.Holds(P) && IntegerRange.Holds(Q);

    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [g * P, new ScaledProduct(2 * Q).Apply(g, x[1])];
}

/// <summary>
/// 1 / (sqrt(v c + epsilonRoot) + epsilon): what Adam multiplies its first moment by, with v the second moment and c its bias
/// correction. With epsilonRoot = 0 the derivative at v = 0 is infinite.
/// </summary>
internal sealed record AdamScale(double Epsilon, double EpsilonRoot) : Binary<AdamScaleFunction>
{
    /// <inheritdoc/>
    protected override AdamScaleFunction Function => new(Epsilon, EpsilonRoot);

    /// <inheritdoc/>
    protected override bool MapsIntegers => false;

    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x)
    {
        var slope = g * new AdamScaleSlope(Epsilon, EpsilonRoot).Apply(x);
        return [slope * x[1], slope * x[0]];
    }
}

/// <summary>The derivative of <see cref="AdamScale"/> in the product v c: -1 / (2 s (s + epsilon)^2), s the root.</summary>
internal sealed record AdamScaleSlope(double Epsilon, double EpsilonRoot) : Binary<AdamScaleSlopeFunction>
{
    /// <inheritdoc/>
    protected override AdamScaleSlopeFunction Function => new(Epsilon, EpsilonRoot);

    /// <inheritdoc/>
    protected override bool MapsIntegers => false;

    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x)
    {
        // dy/ds = -y (1/s + 2 / (s + epsilon)), and ds/d(vc) = 1 / (2 s).
        var inverse = (x[0] * x[1] + EpsilonRoot).Sqrt().Reciprocal();
        var slope = g * y * (inverse + 2 * new AdamScale(Epsilon, EpsilonRoot).Apply(x)) * inverse * -0.5;
        return [slope * x[1], slope * x[0]];
    }
}

/// <summary>c a b, with a number known beforehand.</summary>
internal sealed record ScaledProduct(double Factor) : Binary<ScaledProductFunction>
{
    /// <inheritdoc/>
    protected override ScaledProductFunction Function => new(Factor);

    /// <inheritdoc/>
    protected override bool MapsIntegers => IntegerRange.Holds(Factor);

    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [Apply(g, x[1]), Apply(g, x[0])];
}

/// <summary>a b + c.</summary>
internal sealed record MultiplyAdd : Ternary<MultiplyAddFunction>
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [g * x[1], g * x[0], g];
}

/// <summary>b where a is not zero, else c; constant in a. See <see cref="Tensor.Where(Tensor, Tensor, Tensor)"/> for derivatives.</summary>
internal sealed record Where : Ternary<WhereFunction>
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x)
    {
        var zero = Tensor.Zeros([], g.Type, g.Device);
        return [null, Tensor.Where(x[0], g, zero), Tensor.Where(x[0], zero, g)];
    }
}

internal static class Share
{
    // The part of the derivative that goes to a: 1 if a > b, 1/2 if they are equal, else 0.
    public static Tensor Of(Tensor a, Tensor b) => (new GreaterEqual().Apply(a, b) + new Greater().Apply(a, b)) * 0.5;
}
