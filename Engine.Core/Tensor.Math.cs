using Engine.Core.Operations;
using Engine.Kernels;

namespace Engine.Core;

public sealed partial class Tensor
{
    /// <summary>b where <paramref name="condition"/> is not zero, else c; shapes broadcast.</summary>
    /// <remarks>
    /// Both sides are computed everywhere. The derivative of the side that is not chosen is multiplied by 0, which leaves NaN where that
    /// derivative is infinite or NaN itself: choose what goes into such a side first, and the result after it.
    /// </remarks>
    /// <example><code>
    /// var small = x &lt; 1;
    /// var bad = Tensor.Where(small, x, (x - 1).Sqrt());                                 // its derivative at x = 0 is NaN
    /// var safe = Tensor.Where(small, 1, x - 1);
    /// var good = Tensor.Where(small, x, safe.Sqrt());                                   // its derivative at x = 0 is 1
    /// </code></example>
    public static Tensor Where(Tensor condition, Tensor b, Tensor c) => new Where().Apply(condition, b, c);

    /// <summary>b where <paramref name="condition"/> is not zero, else the number c, of b's element type.</summary>
    public static Tensor Where(Tensor condition, Tensor b, double c) => Where(condition, b, b.Like(c));

    /// <summary>The number b, of c's element type, where <paramref name="condition"/> is not zero, else c.</summary>
    public static Tensor Where(Tensor condition, double b, Tensor c) => Where(condition, c.Like(b), c);

    /// <summary>The larger of x and a number.</summary>
    public static Tensor Maximum(Tensor x, double c) => Maximum(x, x.Like(c));

    /// <summary>The smaller of x and a number.</summary>
    public static Tensor Minimum(Tensor x, double c) => Minimum(x, x.Like(c));

    /// <summary>The larger of each pair; shapes broadcast.</summary>
    public static Tensor Maximum(Tensor a, Tensor b) => new Maximum().Apply(a, b);

    /// <summary>The smaller of each pair; shapes broadcast.</summary>
    public static Tensor Minimum(Tensor a, Tensor b) => new Minimum().Apply(a, b);

    /// <summary>1 where a = b, else 0; shapes broadcast.</summary>
    public static Tensor Equal(Tensor a, Tensor b) => new Equal().Apply(a, b);

    /// <summary>1 where x = c, else 0.</summary>
    public static Tensor Equal(Tensor x, double c) => Compared(x, c, Equal);

    /// <summary>p a + q b in one pass; shapes broadcast.</summary>
    /// <param name="p">What a counts.</param>
    /// <param name="a">The first tensor.</param>
    /// <param name="q">What b counts.</param>
    /// <param name="b">The second tensor.</param>
    public static Tensor LinearCombination(double p, Tensor a, double q, Tensor b) => new LinearCombination(p, q).Apply(a, b);

    /// <summary>a b + c in one pass; shapes broadcast.</summary>
    public static Tensor MultiplyAdd(Tensor a, Tensor b, Tensor c) => new MultiplyAdd().Apply(a, b, c);

    /// <summary>The linear recurrence y[t] = b[t] + a[t] y[t + 1] along the first axis.</summary>
    /// <param name="a">Factors, [length, ...] with a length of 1 or more.</param>
    /// <param name="b">Addends, of the same shape.</param>
    /// <param name="init">What is behind the last, y[length], [...]; zero, if null.</param>
    /// <exception cref="ArgumentException">Shapes or element types do not fit, or there is no first axis.</exception>
    public static Tensor ReverseScan(Tensor a, Tensor b, Tensor? init = null)
        => new ReverseScan().Apply(init is null ? [a, b] : [a, b, init]);

    /// <summary>The linear recurrence y[t] = b[t] + a[t - 1] y[t - 1] along the first axis, with zero before the first.</summary>
    /// <param name="a">Factors, [length, ...] with a length of 1 or more; the last one does not matter.</param>
    /// <param name="b">Addends, of the same shape.</param>
    /// <exception cref="ArgumentException">Shapes or element types differ, or there is no first axis.</exception>
    public static Tensor ForwardScan(Tensor a, Tensor b) => new ForwardScan().Apply(a, b);

    /// <summary>e to the power of each element.</summary>
    public Tensor Exp() => new Exp().Apply(this);

    /// <summary>e to the power of each element, less 1.</summary>
    public Tensor Expm1() => new Expm1().Apply(this);

    /// <summary>The natural logarithm.</summary>
    public Tensor Log() => new Log().Apply(this);

    /// <summary>The natural logarithm of 1 + x.</summary>
    public Tensor Log1p() => new Log1p().Apply(this);

    /// <summary>The square root.</summary>
    public Tensor Sqrt() => new Sqrt().Apply(this);

    /// <summary>The square.</summary>
    public Tensor Square() => new Square().Apply(this);

    /// <summary>1 / x.</summary>
    public Tensor Reciprocal() => new Reciprocal().Apply(this);

    /// <summary>The hyperbolic tangent.</summary>
    public Tensor Tanh() => new Tanh().Apply(this);

    /// <summary>The logistic function 1 / (1 + exp(-x)).</summary>
    public Tensor Sigmoid() => new Sigmoid().Apply(this);

    /// <summary>log(1 + exp(x)).</summary>
    public Tensor Softplus() => new Softplus().Apply(this);

    /// <summary>max(x, 0).</summary>
    public Tensor Relu() => new Relu().Apply(this);

    /// <summary>1 where x is positive, else 0.</summary>
    public Tensor Heaviside() => new Heaviside().Apply(this);

    /// <summary>The sine.</summary>
    public Tensor Sin() => new Sin().Apply(this);

    /// <summary>The cosine.</summary>
    public Tensor Cos() => new Cos().Apply(this);

    /// <summary>The largest integer that is not above x. Its derivative is 0.</summary>
    public Tensor Floor() => new Floor().Apply(this);

    /// <summary>
    /// The largest integer that is not above a / b; of Int32 divided by 0 it is 0. Its derivative is 0. With <c>a % b</c> it makes
    /// a = b FloorDivide(a, b) + a % b, as in Python.
    /// </summary>
    public static Tensor FloorDivide(Tensor a, Tensor b) => new FloorDivide().Apply(a, b);

    /// <summary>The largest integer that is not above x / c.</summary>
    public Tensor FloorDivide(double c) => FloorDivide(this, Like(c));

    /// <summary>The absolute value.</summary>
    public Tensor Abs() => new Abs().Apply(this);

    /// <summary>-1, 0 or 1.</summary>
    public Tensor Sign() => new Sign().Apply(this);

    /// <summary>
    /// Each element to the power of another; shapes broadcast. A negative one has a power for an integer only, else NaN. Integers are exact
    /// and wrap around as products do; to a negative power they are rounded towards zero.
    /// </summary>
    /// <remarks>
    /// Derivatives in the exponent are NaN for negative bases. Powers of zero to an exponent >= 0 count as constant in the exponent.
    /// </remarks>
    public Tensor Pow(Tensor exponent) => new Power().Apply(this, exponent);

    /// <summary>Each element to the power of a number.</summary>
    public Tensor Pow(double exponent) => Pow(Like(exponent));

    /// <summary>Each element limited to [<paramref name="low"/>, <paramref name="high"/>]; half the derivative passes at a bound.</summary>
    /// <remarks>
    /// Integers are limited to those between the bounds. Where <paramref name="low"/> is above <paramref name="high"/>, results are
    /// <paramref name="high"/>, as in NumPy.
    /// </remarks>
    /// <exception cref="ArgumentException">Integers are to be limited, and none lies between the bounds.</exception>
    public Tensor Clamp(double low, double high)
    {
        if (!Type.IsFloat())
        {
            double least = Math.Ceiling(low), most = Math.Floor(high);
            if (!(least <= int.MaxValue && most >= int.MinValue && (least <= most || low > high)))
                throw new ArgumentException($"Clamp: no Int32 lies from {low} to {high}: convert {Shape} with Cast.", nameof(low));
            (low, high) = (Math.Max(least, int.MinValue), Math.Min(most, int.MaxValue));
        }

        return Minimum(Maximum(this, Full(low, [], Type, Device)), Full(high, [], Type, Device));
    }

    /// <summary>This tensor as a constant: no derivative passes.</summary>
    public Tensor StopGradient() => new StopGradient().Apply(this);

    /// <summary>The values as another element type; itself if it is that already.</summary>
    public Tensor Cast(ElementType type) => type == Type ? this : new Cast(type).Apply(this);

    /// <summary>
    /// Rows of zeros with a 1 at the position that each integer names, [..., count]; all zeros where that is out of range.
    /// </summary>
    /// <param name="count">The number of positions.</param>
    /// <param name="type">The element type of the result.</param>
    /// <exception cref="ArgumentException">This tensor is not Int32.</exception>
    public Tensor OneHot(int count, ElementType type = ElementType.Float32)
        => Equal(Unsqueeze(-1), Range(count, ElementType.Int32, Device)).Cast(type);

    /// <summary>The sum along axes, or of everything if none is named.</summary>
    /// <param name="axes">Axis numbers; negative ones count from the end.</param>
    public Tensor Sum(params int[] axes) => Sum(keepDims: false, axes);

    /// <summary>The sum along axes, or of everything if none is named.</summary>
    /// <param name="keepDims">Whether the axes stay, with size 1.</param>
    /// <param name="axes">Axis numbers; negative ones count from the end.</param>
    public Tensor Sum(bool keepDims, params int[] axes) => Reduced(new Sum(Named(axes)), keepDims);

    /// <summary>The mean along axes, or of everything if none is named.</summary>
    /// <param name="axes">Axis numbers; negative ones count from the end.</param>
    public Tensor Mean(params int[] axes) => Mean(keepDims: false, axes);

    /// <summary>The mean along axes, or of everything if none is named.</summary>
    /// <param name="keepDims">Whether the axes stay, with size 1.</param>
    /// <param name="axes">Axis numbers; negative ones count from the end.</param>
    public Tensor Mean(bool keepDims, params int[] axes) => Sum(keepDims, axes) / Elements(axes);

    /// <summary>The product along axes, or of everything if none is named; 1 of nothing.</summary>
    /// <param name="axes">Axis numbers; negative ones count from the end.</param>
    public Tensor Prod(params int[] axes) => Reduced(new Prod(Named(axes)), keepDims: false);

    /// <summary>
    /// The variance along axes, or of everything if none is named: the mean squared distance from the mean, as in NumPy and JAX.
    /// </summary>
    /// <param name="axes">Axis numbers; negative ones count from the end.</param>
    public Tensor Var(params int[] axes) => Var(correction: 0.0, axes);

    /// <summary>The variance along axes, or of everything if none is named.</summary>
    /// <param name="correction">
    /// What is taken from the number of elements that the sum of squares is divided by: 1 for the unbiased estimate that is PyTorch's
    /// default.
    /// </param>
    /// <param name="axes">Axis numbers; negative ones count from the end.</param>
    public Tensor Var(double correction, params int[] axes)
        => (this - Mean(keepDims: true, axes)).Square().Sum(axes) / (Elements(axes) - correction);

    /// <summary>The standard deviation: the root of <see cref="Var(int[])"/>, with derivative 0 where that is 0.</summary>
    /// <param name="axes">Axis numbers; negative ones count from the end.</param>
    public Tensor Std(params int[] axes) => Var(axes).SafeSqrt();

    /// <summary>The standard deviation: the root of <see cref="Var(double, int[])"/>, with derivative 0 where that is 0.</summary>
    /// <inheritdoc cref="Var(double, int[])"/>
    public Tensor Std(double correction, params int[] axes) => Var(correction, axes).SafeSqrt();

    /// <summary>
    /// The Euclidean norm along axes, or of everything if none is named; derivatives are 0 where it is 0, as of any norm's kink at 0.
    /// </summary>
    /// <param name="axes">Axis numbers; negative ones count from the end.</param>
    public Tensor Norm(params int[] axes) => Square().Sum(axes).SafeSqrt();

    /// <summary>log(sum(exp(x))) along axes, or of everything if none is named; minus infinity where all elements are.</summary>
    /// <param name="axes">Axis numbers; negative ones count from the end.</param>
    public Tensor LogSumExp(params int[] axes)
    {
        // Any constant may be taken out; with the largest element nothing overflows.
        var largest = new Max(Named(axes)).Apply(this).StopGradient();
        var shift = Where(largest.Abs() < double.PositiveInfinity, largest, 0);
        return Squeezed((this - shift).Exp().Sum(keepDims: true, axes).Log() + shift, axes);
    }

    /// <summary>Exponentials along an axis, divided by their sum.</summary>
    public Tensor Softmax(int axis = -1)
    {
        var exponentials = (this - new Max([Shape.Axis(axis)]).Apply(this).StopGradient()).Exp();
        return exponentials / exponentials.Sum(keepDims: true, axis);
    }

    /// <summary>The logarithm of <see cref="Softmax"/>, without what its small numbers would lose.</summary>
    public Tensor LogSoftmax(int axis = -1)
    {
        if (Type.IsFloat() && Shape.Axis(axis) == Rank - 1 && Shape[axis] is > 0 and <= Operations.LogSoftmax.LongestRow)
            return new LogSoftmax().Apply(this);

        // Any constant may be subtracted; with the largest element nothing overflows.
        var shifted = this - new Max([Shape.Axis(axis)]).Apply(this).StopGradient();
        return shifted - shifted.Exp().Sum(keepDims: true, axis).Log();
    }

    /// <summary>Sums of the elements along an axis up to each, itself included; of Int32 the nearest that it holds.</summary>
    public Tensor CumulativeSum(int axis)
    {
        if (Shape[axis] == 0)
            return this;
        if (!Type.IsFloat())
            return Cast(ElementType.Float64).CumulativeSum(axis).Cast(Type);
        return new ForwardScan(Shape.Axis(axis)).Apply(OnesLike(this), this);
    }

    /// <summary>The largest element along axes, or of everything if none is named; NaN if one is.</summary>
    /// <remarks>
    /// Equal elements share the derivative evenly, as in PyTorch's amax and JAX's max. <see cref="MaxPool"/> differs: there the first
    /// has all of it.
    /// </remarks>
    /// <param name="axes">Axis numbers; negative ones count from the end.</param>
    public Tensor Max(params int[] axes) => Max(keepDims: false, axes);

    /// <summary>The largest element along axes, see <see cref="Max(int[])"/>.</summary>
    /// <param name="keepDims">Whether the axes stay, with size 1.</param>
    /// <param name="axes">Axis numbers; negative ones count from the end.</param>
    public Tensor Max(bool keepDims, params int[] axes) => Reduced(new Max(Named(axes)), keepDims);

    /// <summary>The smallest element along axes, or of everything if none is named; NaN if one is.</summary>
    /// <remarks>Equal elements share the derivative evenly.</remarks>
    /// <param name="axes">Axis numbers; negative ones count from the end.</param>
    public Tensor Min(params int[] axes) => Min(keepDims: false, axes);

    /// <summary>The smallest element along axes, see <see cref="Min(int[])"/>.</summary>
    /// <param name="keepDims">Whether the axes stay, with size 1.</param>
    /// <param name="axes">Axis numbers; negative ones count from the end.</param>
    public Tensor Min(bool keepDims, params int[] axes) => Reduced(new Min(Named(axes)), keepDims);

    /// <summary>The position of the largest element along an axis, or of the first NaN, as Int32.</summary>
    public Tensor ArgMax(int axis) => Squeezed(new ArgMax(Shape.Axis(axis)).Apply(this), [axis]);

    /// <summary>
    /// The matrix product over the last two axes, either operand transposed; axes before them broadcast. A bias is a row added to
    /// each row of the product.
    /// </summary>
    public Tensor MatMul(Tensor other, bool transposeA = false, bool transposeB = false, Tensor? bias = null)
        => MatMul(other, new MatMul(transposeA, transposeB), bias);

    /// <summary>A product of some form.</summary>
    internal Tensor MatMul(Tensor other, MatMul product, Tensor? bias)
    {
        // One set of weights for a batch of matrices: rows of one large matrix.
        if (other.Rank == 2 && Rank > 2 && !product.TransposeA && (bias is null || (bias.Rank > 0 && bias.Count == bias.Shape[-1])))
        {
            Shape outer = Shape.Sizes[..^1].ToArray();
            return ReshapeTo([outer.ElementCount, Shape[-1]])
                .MatMul(other, product, bias?.ReshapeTo([bias.Count]))
                .ReshapeTo([.. outer, other.Shape[product.TransposeB ? 0 : 1]]);
        }

        return bias is null ? product.Apply(this, other) : product.Apply(this, other, bias);
    }

    // Elements of which a reduction makes one.
    private int Elements(int[] axes) => Named(axes).Aggregate(1, (count, axis) => count * Shape[axis]);

    private Tensor Reduced<TReducer>(Reduction<TReducer> reduction, bool keepDims)
        where TReducer : struct, Kernels.Functions.IReducer
    {
        var kept = reduction.Apply(this);
        return keepDims ? kept : Squeezed(kept, [.. reduction.Axes]);
    }

    // The root, with all derivatives 0 at 0.
    private Tensor SafeSqrt()
    {
        var isZero = Equal(this, 0);
        return Where(isZero, 0, Where(isZero, 1, this).Sqrt());
    }

    private IntegerList Named(int[] axes)
        => axes.Length == 0 ? [.. Enumerable.Range(0, Rank)] : [.. axes.Select(Shape.Axis).Distinct().Order()];

    private Tensor Squeezed(Tensor kept, int[] axes)
    {
        var dropped = Named(axes);
        return kept.ReshapeTo([.. Enumerable.Range(0, Rank).Where(axis => !dropped.Contains(axis)).Select(axis => Shape[axis])]);
    }
}
