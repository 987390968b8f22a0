using Engine.Core.Operations;
using Engine.Kernels;

namespace Engine.Core;

public sealed partial class Tensor
{
    /// <summary>-x.</summary>
    public static Tensor operator -(Tensor x) => new Negate().Apply(x);

    /// <summary>The sum; shapes broadcast.</summary>
    public static Tensor operator +(Tensor a, Tensor b) => new Add().Apply(a, b);

    /// <summary>The difference; shapes broadcast.</summary>
    public static Tensor operator -(Tensor a, Tensor b) => new Subtract().Apply(a, b);

    /// <summary>The product, element by element; shapes broadcast.</summary>
    public static Tensor operator *(Tensor a, Tensor b) => new Multiply().Apply(a, b);

    /// <summary>The quotient; shapes broadcast.</summary>
    public static Tensor operator /(Tensor a, Tensor b) => new Divide().Apply(a, b);

    /// <summary>x + c.</summary>
    public static Tensor operator +(Tensor x, double c) => new Affine(1, c).Apply(x);

    /// <summary>c + x.</summary>
    public static Tensor operator +(double c, Tensor x) => x + c;

    /// <summary>x - c.</summary>
    public static Tensor operator -(Tensor x, double c) => x + -c;

    /// <summary>c - x.</summary>
    public static Tensor operator -(double c, Tensor x) => new Affine(-1, c).Apply(x);

    /// <summary>x c.</summary>
    public static Tensor operator *(Tensor x, double c) => new Affine(c, -0.0).Apply(x);

    /// <summary>c x.</summary>
    public static Tensor operator *(double c, Tensor x) => x * c;

    /// <summary>x / c.</summary>
    public static Tensor operator /(Tensor x, double c) => new DivideBy(c).Apply(x);

    /// <summary>c / x.</summary>
    public static Tensor operator /(double c, Tensor x)
        => x.Type.IsFloat()
            ? Full(c, [], x.Type, x.Device) / x
            : throw new ArgumentException($"Divide: needs Float32 or Float64, got Int32 {x.Shape}: convert it with Cast");

    /// <summary>
    /// What <see cref="FloorDivide(Tensor, Tensor)"/> leaves of a, of the sign of b, as in Python; 0 for Int32 where b is 0.
    /// </summary>
    public static Tensor operator %(Tensor a, Tensor b) => new Remainder().Apply(a, b);

    /// <summary>What a division by a number leaves, of that number's sign.</summary>
    public static Tensor operator %(Tensor x, double c) => x % x.Like(c);

    /// <summary>1 where a = b, else 0, element by element; shapes broadcast.</summary>
    public static Tensor operator ==(Tensor a, Tensor b) => Equal(a, b);

    /// <summary>1 where a and b differ, else 0, element by element; shapes broadcast.</summary>
    public static Tensor operator !=(Tensor a, Tensor b) => 1 - Equal(a, b);

    /// <summary>1 where x = c, else 0.</summary>
    public static Tensor operator ==(Tensor x, double c) => Equal(x, c);

    /// <summary>1 where x and c differ, else 0.</summary>
    public static Tensor operator !=(Tensor x, double c) => 1 - Equal(x, c);

    /// <summary>1 where a > b, else 0.</summary>
    public static Tensor operator >(Tensor a, Tensor b) => new Greater().Apply(a, b);

    /// <summary>1 where a is less than b, else 0.</summary>
    public static Tensor operator <(Tensor a, Tensor b) => new Greater().Apply(b, a);

    /// <summary>1 where a >= b, else 0.</summary>
    public static Tensor operator >=(Tensor a, Tensor b) => new GreaterEqual().Apply(a, b);

    /// <summary>1 where a is at most b, else 0.</summary>
    public static Tensor operator <=(Tensor a, Tensor b) => new GreaterEqual().Apply(b, a);

    /// <summary>1 where x > c, else 0.</summary>
    public static Tensor operator >(Tensor x, double c) => Compared(x, c, (a, b) => a > b);

    /// <summary>1 where x is less than c, else 0.</summary>
    public static Tensor operator <(Tensor x, double c) => Compared(x, c, (a, b) => a < b);

    /// <summary>1 where x >= c, else 0.</summary>
    public static Tensor operator >=(Tensor x, double c) => Compared(x, c, (a, b) => a >= b);

    /// <summary>1 where x is at most c, else 0.</summary>
    public static Tensor operator <=(Tensor x, double c) => Compared(x, c, (a, b) => a <= b);

    /// <summary>Whether this is the same tensor, not one of the same values.</summary>
    public override bool Equals(object? other) => ReferenceEquals(this, other);

    /// <inheritdoc/>
    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);

    // Int32 is compared with numbers that it does not hold in Float64, which holds all of both.
    private static Tensor Compared(Tensor x, double c, Func<Tensor, Tensor, Tensor> comparison)
        => x.Type.IsFloat() || IntegerRange.Holds(c)
            ? comparison(x, Full(c, [], x.Type, x.Device))
            : comparison(x.Cast(ElementType.Float64), Full(c, [], ElementType.Float64, x.Device)).Cast(x.Type);
}
