using Engine.Core.Operations;
using Engine.Kernels;

namespace Engine.Core;

public sealed partial class Tensor
{
    /// <summary>Uniform random numbers from low up to high.</summary>
    /// <param name="key">What they follow from; several keys draw a tensor each, and the axes of the keys come first.</param>
    /// <param name="shape">The shape that is drawn from each key.</param>
    /// <param name="low">The lower bound.</param>
    /// <param name="high">The upper bound.</param>
    /// <param name="type">Float32 or Float64.</param>
    /// <returns>[axes of the keys, shape], on the device of the keys. It has no derivative.</returns>
    /// <exception cref="ArgumentException">Bounds are not finite and in order, or the type is of integers.</exception>
    public static Tensor Uniform(Key key, Shape shape, double low = 0, double high = 1, ElementType type = ElementType.Float32)
        => new DrawUniform(low, high, shape, type).Apply(key.Words);

    /// <summary>Normal random numbers.</summary>
    /// <param name="key">What they follow from; several keys draw a tensor each, and the axes of the keys come first.</param>
    /// <param name="shape">The shape that is drawn from each key.</param>
    /// <param name="mean">Their mean.</param>
    /// <param name="std">Their standard deviation, from 0 up.</param>
    /// <param name="type">Float32 or Float64.</param>
    /// <returns>[axes of the keys, shape], on the device of the keys. It has no derivative.</returns>
    /// <exception cref="ArgumentException">Mean or deviation is not finite, the latter negative, or the type is of integers.</exception>
    public static Tensor Normal(Key key, Shape shape, double mean = 0, double std = 1, ElementType type = ElementType.Float32)
        => new DrawNormal(mean, std, shape, type).Apply(key.Words);

    /// <summary>Standard normal random numbers, those beyond 2 drawn anew, times a factor.</summary>
    /// <param name="key">What they follow from; several keys draw a tensor each, and the axes of the keys come first.</param>
    /// <param name="shape">The shape that is drawn from each key.</param>
    /// <param name="std">The factor: the standard deviation before truncation, from 0 up.</param>
    /// <param name="type">Float32 or Float64.</param>
    /// <returns>[axes of the keys, shape], on the device of the keys. It has no derivative.</returns>
    /// <exception cref="ArgumentException">The deviation is negative or not finite, or the type is of integers.</exception>
    public static Tensor TruncatedNormal(Key key, Shape shape, double std = 1, ElementType type = ElementType.Float32)
        => new DrawTruncatedNormal(std, shape, type).Apply(key.Words);

    /// <summary>Uniform random integers from low up to, not including, high.</summary>
    /// <param name="key">What they follow from; several keys draw a tensor each, and the axes of the keys come first.</param>
    /// <param name="low">The least.</param>
    /// <param name="high">Above it; their probabilities differ by a factor of 1 + 2^-32 at most.</param>
    /// <param name="shape">The shape that is drawn from each key.</param>
    /// <returns>Int32 [axes of the keys, shape], on the device of the keys.</returns>
    /// <exception cref="ArgumentException">There is no such integer.</exception>
    public static Tensor Integers(Key key, int low, int high, Shape shape) => new DrawIntegers(low, high, shape).Apply(key.Words);
}
