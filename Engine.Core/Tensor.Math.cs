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
    /// var safe = Tensor.Where(small, one, x - 1);
    /// var good = Tensor.Where(small, x, safe.Sqrt());                                   // its derivative at x = 0 is 1
    /// </code></example>
    public static Tensor Where(Tensor condition, Tensor b, Tensor c) => new Where().Apply(condition, b, c);

    /// <summary>The larger of each pair; shapes broadcast.</summary>
    public static Tensor Maximum(Tensor a, Tensor b) => new Maximum().Apply(a, b);

    /// <summary>The smaller of each pair; shapes broadcast.</summary>
    public static Tensor Minimum(Tensor a, Tensor b) => new Minimum().Apply(a, b);

    /// <summary>1 where a = b, else 0; shapes broadcast.</summary>
    public static Tensor Equal(Tensor a, Tensor b) => new Equal().Apply(a, b);

    /// <summary>1 where x = c, else 0.</summary>
    public static Tensor Equal(Tensor x, double c) => Compared(x, c, Equal);

    /// <summary>a b + c in one pass; shapes broadcast.</summary>
    public static Tensor MultiplyAdd(Tensor a, Tensor b, Tensor c) => new MultiplyAdd().Apply(a, b, c);

    /// <summary>The linear recurrence y[t] = b[t] + a[t] y[t + 1] along the first axis, with zero behind the last.</summary>
    /// <param name="a">Factors, [length, ...] with a length of 1 or more; the last one does not matter.</param>
    /// <param name="b">Addends, of the same shape.</param>
    /// <exception cref="ArgumentException">Shapes or element types differ, or there is no first axis.</exception>
    public static Tensor ReverseScan(Tensor a, Tensor b) => new ReverseScan().Apply(a, b);

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
    public Tensor Step() => new Step().Apply(this);

    /// <summary>The sine.</summary>
    public Tensor Sin() => new Sin().Apply(this);

    /// <summary>The cosine.</summary>
    public Tensor Cos() => new Cos().Apply(this);

    /// <summary>The absolute value.</summary>
    public Tensor Abs() => new Abs().Apply(this);

    /// <summary>-1, 0 or 1.</summary>
    public Tensor Sign() => new Sign().Apply(this);

    /// <summary>Each element to the power of another; shapes broadcast. See <see cref="Power"/> for zeros.</summary>
    public Tensor Pow(Tensor exponent) => new Power().Apply(this, exponent);

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
        => Equal(Expand(-1), Range(count, ElementType.Int32, Device)).Cast(type);

    /// <summary>The sum along axes, or of everything if none is named.</summary>
    /// <param name="axes">Axis numbers; negative ones count from the end.</param>
    public Tensor Sum(params int[] axes) => Squeezed(KeepSum(axes), axes);

    /// <summary>The sum along axes, which stay with size 1.</summary>
    public Tensor KeepSum(params int[] axes) => new Sum(Named(axes)).Apply(this);

    /// <summary>The mean along axes, or of everything if none is named.</summary>
    public Tensor Mean(params int[] axes) => Sum(axes) / Named(axes).Aggregate(1, (count, axis) => count * Shape[axis]);

    /// <summary>The largest element along axes, or of everything if none is named; NaN if one is.</summary>
    /// <remarks>
    /// Equal elements share the derivative evenly, as in PyTorch's amax and JAX's max. <see cref="MaxPool"/> differs: there the first
    /// has all of it.
    /// </remarks>
    /// <param name="axes">Axis numbers; negative ones count from the end.</param>
    public Tensor Max(params int[] axes) => Squeezed(new Max(Named(axes)).Apply(this), axes);

    /// <summary>The position of the largest element along an axis, or of the first NaN, as Int32.</summary>
    public Tensor ArgMax(int axis) => Squeezed(new ArgMax(Shape.Axis(axis)).Apply(this), [axis]);

    /// <summary>
    /// The matrix product over the last two axes, either operand transposed; axes before them broadcast. A bias is a row added to
    /// each row of the product.
    /// </summary>
    public Tensor MatMul(Tensor other, bool transposeA = false, bool transposeB = false, Tensor? bias = null)
    {
        // One set of weights for a batch of matrices: rows of one large matrix.
        if (other.Rank == 2 && Rank > 2 && !transposeA && (bias is null || (bias.Rank > 0 && bias.Count == bias.Shape[-1])))
        {
            Shape outer = Shape.Sizes[..^1].ToArray();
            return ReshapeTo([outer.ElementCount, Shape[-1]])
                .MatMul(other, false, transposeB, bias?.ReshapeTo([bias.Count]))
                .ReshapeTo([.. outer, other.Shape[transposeB ? 0 : 1]]);
        }

        var product = new MatMul(transposeA, transposeB);
        return bias is null ? product.Apply(this, other) : product.Apply(this, other, bias);
    }

    private IntegerList Named(int[] axes)
        => axes.Length == 0 ? [.. Enumerable.Range(0, Rank)] : [.. axes.Select(Shape.Axis).Distinct().Order()];

    private Tensor Squeezed(Tensor kept, int[] axes)
    {
        var dropped = Named(axes);
        return kept.ReshapeTo([.. Enumerable.Range(0, Rank).Where(axis => !dropped.Contains(axis)).Select(axis => Shape[axis])]);
    }
}
