using Engine.Kernels;

namespace Engine.Core.Nn;

/// <summary>
/// First values of weights: functions of the key to draw from and of the shape [..., fan in, fan out].
/// </summary>
public static class Initialisers
{
    /// <summary>Truncated normal (beyond 2 drawn anew) with deviation 1 / sqrt(fan in) before truncation.</summary>
    /// <param name="key">What to draw from; several keys draw weights each.</param>
    /// <param name="shape">The shape; its last axis but one is the fan in.</param>
    /// <param name="type">The element type.</param>
    /// <returns>[axes of the keys, shape].</returns>
    /// <exception cref="ArgumentException">The shape has fewer axes, or no unit.</exception>
    public static Tensor TruncatedNormal(Key key, Shape shape, ElementType type = ElementType.Float32)
        => Tensor.TruncatedNormal(key, shape, 1 / Math.Sqrt(Fans(shape).In), type);

    /// <summary>Uniform between plus and minus sqrt(6 / (fan in + fan out)) (Glorot and Bengio, 2010).</summary>
    /// <inheritdoc cref="TruncatedNormal"/>
    public static Tensor GlorotUniform(Key key, Shape shape, ElementType type = ElementType.Float32)
    {
        var (fanIn, fanOut) = Fans(shape);
        double bound = Math.Sqrt(6.0 / (fanIn + fanOut));
        return Tensor.Uniform(key, shape, -bound, bound, type);
    }

    private static (int In, int Out) Fans(Shape shape)
        => shape.Rank >= 2 && shape[-2] >= 1 && shape[-1] >= 1
            ? (shape[-2], shape[-1])
            : throw new ArgumentException(
                $"Initialisers: {shape} is no [..., fan in, fan out] of one unit or more.", nameof(shape));
}
