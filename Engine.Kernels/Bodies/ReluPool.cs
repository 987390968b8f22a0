using System.Numerics;

namespace Engine.Kernels.Bodies;

/// <summary>
/// Of each window of 2 x 2 pixels of an image [height, width, channels], plus a bias: the largest number and its position in the image,
/// the first of equal ones; 0 and -1 where it is not positive, NaN and -1 where one is NaN. One index is one result.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
internal readonly struct ReluPoolBody<T>(
    View<T> y, View<int> positions, View<T> x, View<T> bias, int batch, int height, int width, int channels)
    : IBody
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public void Invoke(int index)
    {
        int rows = height / 2, columns = width / 2, channel = index % channels, window = index / channels;
        int column = window % columns, line = window / columns, image = line / rows, row = line - (image * rows);
        int start = image * height * width * channels, corner = (((2 * row * width) + (2 * column)) * channels) + channel;
        T shift = bias[(image / batch * channels) + channel], largest = x[start + corner] + shift;
        int best = corner;
        for (int i = 1; i < 4; i++)
        {
            int at = corner + ((((i >> 1) * width) + (i & 1)) * channels);
            T value = x[start + at] + shift;
            bool wins = (value > largest) | T.IsNaN(value);
            largest = wins ? value : largest;
            best = wins ? at : best;
        }

        // What is not greater and not smaller than 0 may be NaN, and stays.
        positions[index] = largest > T.Zero ? best : -1;
        y[index] = largest < T.Zero ? T.Zero : largest;
    }
}
