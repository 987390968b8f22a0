using Engine.Core.Operations;
using Engine.Kernels;

namespace Engine.Core.Nn;

/// <summary>A layer that convolves images and adds a bias to each channel.</summary>
public static class Conv2d
{
    /// <summary>Applies the layer.</summary>
    /// <param name="x">[batch, height, width, channels in].</param>
    /// <param name="weight">[kernel height, kernel width, channels in, channels out].</param>
    /// <param name="bias">[channels out].</param>
    /// <param name="padding">What is outside the images.</param>
    /// <returns>[batch, height out, width out, channels out].</returns>
    /// <exception cref="ArgumentException">Shapes don't fit each other.</exception>
    public static Tensor Apply(Tensor x, Tensor weight, Tensor bias, Padding padding = Padding.Same)
    {
        RequireImages(x, weight);
        var y = x.Convolve(weight, padding);
        return bias.Rank == 1 && bias.Count == y.Shape[-1]
            ? y + bias
            : throw new ArgumentException($"Conv2d: a bias for weights {weight.Shape} is [{y.Shape[-1]}], not {bias.Shape}.", nameof(bias));
    }

    /// <summary>The layer, max(x, 0) and a 2 x 2 max-pool in one pass, which keeps only the result and where it comes from.</summary>
    /// <param name="x">[batch, height, width, channels in].</param>
    /// <param name="weight">[kernel height, kernel width, channels in, channels out].</param>
    /// <param name="bias">[channels out].</param>
    /// <param name="padding">What is outside the images.</param>
    /// <returns>[batch, height out / 2, width out / 2, channels out].</returns>
    /// <exception cref="ArgumentException">Shapes don't fit each other.</exception>
    public static Tensor ReluPool(Tensor x, Tensor weight, Tensor bias, Padding padding = Padding.Same)
    {
        RequireImages(x, weight);
        return new ConvolutionReluPool(padding).ApplyAll(x, weight, bias)[0];
    }

    /// <summary>
    /// First weights: truncated normal (beyond 2 drawn anew) with deviation 1 / sqrt(fan in) before truncation, where fan in is kernel
    /// height * kernel width * channels in.
    /// </summary>
    /// <param name="key">What to draw from.</param>
    /// <param name="shape">[kernel height, kernel width, channels in, channels out].</param>
    /// <param name="type">The element type.</param>
    /// <returns>Weights of <paramref name="shape"/>.</returns>
    /// <exception cref="ArgumentException">The shape is not one of four axes.</exception>
    public static Tensor Initialise(Key key, Shape shape, ElementType type = ElementType.Float32)
        => shape.Rank == 4
            ? Initialisers.TruncatedNormal(key, [shape[0] * shape[1] * shape[2], shape[3]], type).ReshapeTo([.. key.Shape, .. shape])
            : throw new ArgumentException(
                $"Conv2d: weights are [kernel height, kernel width, channels in, channels out], not {shape}.", nameof(shape));

    // Of all other misfits the operation tells as much.
    private static void RequireImages(Tensor x, Tensor weight)
    {
        if (weight.Rank < 4 || (x.Rank >= 4 && x.Shape[-1] == weight.Shape[-2]))
            return;
        int channels = weight.Shape[-2];
        string remedy = x.Rank == 3 && x.Shape[-1] == channels ? "x.Unsqueeze(0) makes one image of it"
            : x.Rank == 3 && channels == 1 ? "x.Unsqueeze(-1) gives it an axis of one channel"
            : x.Rank == 4 && x.Shape[1] == channels ? "x.Permute(0, 2, 3, 1) puts channels last"
            : $"weights {weight.Shape} are for {channels} channels";
        throw new ArgumentException($"Conv2d: images are [batch, height, width, {channels}], not {x.Shape}: {remedy}.", nameof(x));
    }
}
