using Engine.Core.Operations;
using Engine.Kernels;

namespace Engine.Core.Nn;

/// <summary>
/// First values of weights: functions of the stream to draw from, the shape [replicates, ..., fan in, fan out], and what is drawn.
/// </summary>
public static class Initialisers
{
    /// <summary>Truncated normal (beyond 2 drawn anew) with deviation 1 / sqrt(fan in) before truncation.</summary>
    /// <param name="streams">Int32 [replicates, 3]: seed, iteration, replicate.</param>
    /// <param name="shape">The shape; its first axis is that of the streams, its last but one the fan in.</param>
    /// <param name="number">The number of the weight in its network: each draws other numbers.</param>
    /// <param name="type">The element type.</param>
    /// <exception cref="ArgumentException">The shape has fewer axes, or no unit.</exception>
    public static Tensor TruncatedNormal(Tensor streams, Shape shape, int number, ElementType type)
        => new DrawTruncatedNormal(1 / Math.Sqrt(Fans(shape).In), Purpose.Initialisation, number, shape, type).Apply(streams);

    /// <summary>Uniform between plus and minus sqrt(6 / (fan in + fan out)) (Glorot and Bengio, 2010).</summary>
    /// <inheritdoc cref="TruncatedNormal"/>
    public static Tensor GlorotUniform(Tensor streams, Shape shape, int number, ElementType type)
    {
        var (fanIn, fanOut) = Fans(shape);
        double bound = Math.Sqrt(6.0 / (fanIn + fanOut));
        return new DrawUniform(-bound, bound, Purpose.Initialisation, number, shape, type).Apply(streams);
    }

    private static (int In, int Out) Fans(Shape shape)
        => shape.Rank >= 3 && shape[-2] >= 1 && shape[-1] >= 1
            ? (shape[-2], shape[-1])
            : throw new ArgumentException(
                $"Initialisers: {shape} is no [replicates, ..., fan in, fan out] of one unit or more.", nameof(shape));
}
