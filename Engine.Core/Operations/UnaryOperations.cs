using Engine.Kernels.Functions;

namespace Engine.Core.Operations;

/// <summary>-x.</summary>
internal sealed record Negate : Unary<NegateFunction>
{
    /// <inheritdoc/>
    protected override bool MapsIntegers => true;

    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [-g];
}

/// <summary>scale * x + shift, with numbers known beforehand.</summary>
internal sealed record Affine(double Scale, double Shift) : Unary<AffineFunction>
{
    /// <inheritdoc/>
    protected override AffineFunction Function => new(Scale, Shift);

    /// <inheritdoc/>
    protected override bool MapsIntegers => IntegerRange.Holds(Scale) && IntegerRange.Holds(Shift);

    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [g * Scale];
}

/// <summary>x / divisor, with a number known beforehand; correctly rounded, as a product with its reciprocal is not.</summary>
internal sealed record DivideBy(double Divisor) : Unary<DivideByFunction>
{
    /// <inheritdoc/>
    protected override DivideByFunction Function => new(Divisor);

    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [g / Divisor];
}

/// <summary>e to the power of x.</summary>
internal sealed record Exp : Unary<ExpFunction>
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [g * y];
}

/// <summary>e to the power of x, less 1; accurate near 0.</summary>
internal sealed record Expm1 : Unary<Expm1Function>
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [g * (y + 1)];
}

/// <summary>The natural logarithm.</summary>
internal sealed record Log : Unary<LogFunction>
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [g / x[0]];
}

/// <summary>The natural logarithm of 1 + x; accurate near 0.</summary>
internal sealed record Log1p : Unary<Log1pFunction>
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [g / (x[0] + 1)];
}

/// <summary>The square root.</summary>
internal sealed record Sqrt : Unary<SqrtFunction>
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [g * 0.5 / y];
}

/// <summary>x * x.</summary>
internal sealed record Square : Unary<SquareFunction>
{
    /// <inheritdoc/>
    protected override bool MapsIntegers => true;

    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [new ScaledProduct(2).Apply(g, x[0])];
}

/// <summary>1 / x.</summary>
internal sealed record Reciprocal : Unary<ReciprocalFunction>
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [-(g * y.Square())];
}

/// <summary>The hyperbolic tangent.</summary>
internal sealed record Tanh : Unary<TanhFunction>
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [g * (1 - y.Square())];
}

/// <summary>1 / (1 + exp(-x)).</summary>
internal sealed record Sigmoid : Unary<SigmoidFunction>
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [g * (y - y.Square())];
}

/// <summary>log(1 + exp(x)).</summary>
internal sealed record Softplus : Unary<SoftplusFunction>
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [g * x[0].Sigmoid()];
}

/// <summary>The sine; x in radians.</summary>
internal sealed record Sin : Unary<SinFunction>
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [g * x[0].Cos()];
}

/// <summary>The cosine; x in radians.</summary>
internal sealed record Cos : Unary<CosFunction>
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [-(g * x[0].Sin())];
}

/// <summary>|x|, with derivative 0 at 0.</summary>
internal sealed record Abs : Unary<AbsFunction>
{
    /// <inheritdoc/>
    protected override bool MapsIntegers => true;

    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [g * x[0].Sign()];
}

/// <summary>The largest integer that is not above x. Its derivative is zero.</summary>
internal sealed record Floor : Unary<FloorFunction>
{
    /// <inheritdoc/>
    protected override bool MapsIntegers => true;

    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [null];
}

/// <summary>-1, 0 or 1. Its derivative is zero.</summary>
internal sealed record Sign : Unary<SignFunction>
{
    /// <inheritdoc/>
    protected override bool MapsIntegers => true;

    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [null];
}

/// <summary>max(x, 0), with derivative 0 at 0.</summary>
internal sealed record Relu : Unary<ReluFunction>
{
    /// <inheritdoc/>
    protected override bool MapsIntegers => true;

    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [new Gate().Apply(g, y)];
}

/// <summary>1 where x is positive, else 0. Its derivative is zero.</summary>
internal sealed record Heaviside : Unary<HeavisideFunction>
{
    /// <inheritdoc/>
    protected override bool MapsIntegers => true;

    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [null];
}
