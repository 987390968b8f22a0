using System.Numerics;

namespace Engine.Kernels.Bodies;

/// <summary>
/// Where the largest number of each channel is in a square window of an image [height, width, channels], the first of equal ones, or
/// the first NaN, as a position in that image. Windows don't overlap. One index is one window.
/// </summary>
/// <typeparam name="T">The element type.</typeparam>
internal readonly struct PoolIndexBody<T>(View<int> y, View<T> x, int height, int width, int channels, int size) : IBody
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public void Invoke(int index)
    {
        int rows = height / size, columns = width / size, image = index / (rows * columns);
        int corner = ((index / columns % rows * size * width) + (index % columns * size)) * channels;
        int start = image * height * width * channels;
        for (int c = 0; c < channels; c++)
        {
            int best = corner + c;
            var largest = x[start + best];
            for (int row = 0; row < size; row++)
            {
                int at = corner + (row * width * channels) + c;
                for (int column = 0; column < size; column++, at += channels)
                {
                    var value = x[start + at];
                    bool wins = (value > largest) | (T.IsNaN(value) & !T.IsNaN(largest));
                    largest = wins ? value : largest;
                    best = wins ? at : best;
                }
            }

            y[(index * channels) + c] = best;
        }
    }
}

/// <summary>
/// Takes numbers of an image by their positions in it; one outside gives zero. One index is one run of
/// <paramref name="inner"/> positions.
/// </summary>
/// <typeparam name="T">The element type.</typeparam>
internal readonly struct PoolGatherBody<T>(View<T> y, View<T> x, View<int> positions, int imageSize, int runs, int inner) : IBody
    where T : unmanaged
{
    /// <inheritdoc/>
    public void Invoke(int index)
    {
        int start = index / runs * imageSize;
        for (int i = index * inner; i < (index + 1) * inner; i++)
            y[i] = (uint)positions[i] < (uint)imageSize ? x[start + positions[i]] : default;
    }
}

/// <summary>
/// Puts numbers at their positions in an image, which are distinct; those with one outside go nowhere. One index is one run of
/// <paramref name="inner"/> positions.
/// </summary>
/// <typeparam name="T">The element type.</typeparam>
internal readonly struct PoolScatterBody<T>(View<T> y, View<T> x, View<int> positions, int imageSize, int runs, int inner) : IBody
    where T : unmanaged
{
    /// <inheritdoc/>
    public void Invoke(int index)
    {
        int start = index / runs * imageSize;
        for (int i = index * inner; i < (index + 1) * inner; i++)
        {
            if ((uint)positions[i] < (uint)imageSize)
                y[start + positions[i]] = x[i];
        }
    }
}
