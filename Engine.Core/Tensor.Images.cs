using Engine.Core.Operations;

namespace Engine.Core;

public sealed partial class Tensor
{
    /// <summary>
    /// The convolution of images [batch, height, width, channels in] with stride 1. Images and weights may both have one axis more in
    /// front, of members: each one's images then meet its own weights.
    /// </summary>
    /// <param name="weights">[kernel height, kernel width, channels in, channels out]; the window has odd sizes.</param>
    /// <param name="padding">What is outside the images.</param>
    /// <returns>[batch, height out, width out, channels out].</returns>
    /// <exception cref="ArgumentException">Shapes don't fit each other.</exception>
    public Tensor Convolve(Tensor weights, Padding padding = Padding.Same) => new Convolution(padding).Apply(this, weights);

    /// <summary>
    /// The largest number of each channel in square windows of images [batch, height, width, channels] that lie side by side, NaN where
    /// there is one; rows and columns that fill no window are left out.
    /// </summary>
    /// <remarks>
    /// Of equal numbers the first has the whole derivative, as in PyTorch and JAX, and of several NaNs the first. <see cref="Max(int[])"/>
    /// differs: there equal ones share it.
    /// </remarks>
    /// <param name="size">Rows and columns of a window, and the stride.</param>
    /// <returns>[batch, height / size, width / size, channels].</returns>
    /// <exception cref="ArgumentException">This is no batch of images, or <paramref name="size"/> is less than 1.</exception>
    public Tensor MaxPool(int size = 2) => new PoolGather().Apply(this, new PoolIndex(size).Apply(this));
}
