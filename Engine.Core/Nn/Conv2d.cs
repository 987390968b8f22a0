using Engine.Core.Operations;
using Engine.Kernels;

namespace Engine.Core.Nn;

/// <summary>A layer that convolves images and adds a bias to each channel.</summary>
/// <param name="Weights">[kernel height, kernel width, channels in, channels out].</param>
/// <param name="Bias">[channels out].</param>
/// <param name="Padding">What is outside the images.</param>
public sealed record Conv2d(Tensor Weights, Tensor Bias, Padding Padding = Padding.Same)
{
    /// <summary>
    /// A first layer: weights drawn from a truncated normal (beyond 2 drawn anew) with deviation 1 / sqrt(fan in) before truncation, where
    /// fan in is kernel height * kernel width * channels in; biases zero.
    /// </summary>
    /// <param name="key">What to draw from: one key. Several networks come of a <see cref="Batch.Map"/>.</param>
    /// <param name="shape">[kernel height, kernel width, channels in, channels out].</param>
    /// <param name="padding">What is outside the images.</param>
    /// <param name="type">The element type.</param>
    /// <exception cref="ArgumentException">The shape is not one of four axes.</exception>
    public static Conv2d Initial(Key key, Shape shape, Padding padding = Padding.Same, ElementType type = ElementType.Float32)
        => shape.Rank == 4
            ? new(
                Initialisers.TruncatedNormal(key, [shape[0] * shape[1] * shape[2], shape[3]], type).ReshapeTo(shape),
                Tensor.Zeros([shape[3]], type, key.Device),
                padding)
            : throw NotWeights(shape);

    /// <summary>Applies the layer.</summary>
    /// <param name="x">One image [height, width, channels in], or [batch, height, width, channels in].</param>
    /// <returns>[height out, width out, channels out], or a batch of these.</returns>
    /// <exception cref="ArgumentException">Shapes don't fit each other.</exception>
    public Tensor Apply(Tensor x) => ForBatch(x, images =>
    {
        var y = images.Convolve(Weights, Padding);
        return Bias.Rank == 1 && Bias.Count == y.Shape[-1]
            ? y + Bias
            : throw new ArgumentException($"Conv2d: a bias for weights {Weights.Shape} is [{y.Shape[-1]}], not {Bias.Shape}.");
    });

    /// <summary>The layer, max(x, 0) and a 2 x 2 max-pool in one pass, which keeps only the result and where it comes from.</summary>
    /// <param name="x">One image [height, width, channels in], or [batch, height, width, channels in].</param>
    /// <returns>[height out / 2, width out / 2, channels out], or a batch of these.</returns>
    /// <exception cref="ArgumentException">Shapes don't fit each other.</exception>
    public Tensor ReluPool(Tensor x) => ForBatch(x, images => new ConvolutionReluPool(Padding).ApplyAll(images, Weights, Bias)[0]);

    private Tensor ForBatch(Tensor x, Func<Tensor, Tensor> apply)
    {
        if (Weights.Rank != 4)
            throw NotWeights(Weights.Shape);
        bool isOne = x.Rank == 3;
        RequireImages(x);
        var y = apply(isOne ? x.Unsqueeze(0) : x);
        return isOne ? y.ReshapeTo(y.Shape.Sizes[1..].ToArray()) : y;
    }

    private static ArgumentException NotWeights(Shape shape)
        => new($"Conv2d: weights are [kernel height, kernel width, channels in, channels out], not {shape}.");

    // Of all other misfits the operation tells as much.
    private void RequireImages(Tensor x)
    {
        int channels = Weights.Shape[2];
        if (x.Rank is 3 or 4 && x.Shape[-1] == channels)
            return;
        string remedy = x.Rank is 2 or 3 && channels == 1 ? "x.Unsqueeze(-1) gives it an axis of one channel"
            : x.Rank == 3 && x.Shape[0] == channels ? "x.Permute(1, 2, 0) puts channels last"
            : x.Rank == 4 && x.Shape[1] == channels ? "x.Permute(0, 2, 3, 1) puts channels last"
            : $"weights {Weights.Shape} are for {channels} channels";
        throw new ArgumentException($"Conv2d: images are [..., height, width, {channels}], not {x.Shape}: {remedy}.", nameof(x));
    }
}
