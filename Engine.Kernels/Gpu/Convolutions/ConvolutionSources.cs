namespace Engine.Kernels.Gpu.Convolutions;

/// <summary>Where a convolution's pixels come from.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal interface IConvolutionSource<T>
    where T : unmanaged
{
    /// <summary>One number of a pixel that is in the image.</summary>
    T At(int image, int row, int column, int channel);
}

/// <summary>Images [batch, height, width, channels].</summary>
/// <typeparam name="T">float or double.</typeparam>
internal readonly struct WholeImages<T>(ConvolutionShape shape, View<T> x) : IConvolutionSource<T>
    where T : unmanaged
{
    private readonly View<T> _x = x;
    private readonly int _height = shape.Height;
    private readonly int _width = shape.Width;
    private readonly int _channels = shape.InputChannels;

    /// <inheritdoc/>
    public T At(int image, int row, int column, int channel)
        => _x[(((((image * _height) + row) * _width) + column) * _channels) + channel];
}

/// <summary>
/// Images that are zero but for one number of each channel of a window of 2 x 2 pixels: the positions say which, or -1 for none.
/// </summary>
/// <remarks>
/// Most of what is computed from them is a multiplication by zero, yet to multiply takes no longer than to find out: a thread that
/// multiplies only what is not zero shares none of the numbers it loads with the channels and pixels beside it.
/// </remarks>
/// <typeparam name="T">float or double.</typeparam>
internal readonly struct PooledImages<T>(ConvolutionShape shape, View<T> x, View<int> positions) : IConvolutionSource<T>
    where T : unmanaged
{
    private readonly View<T> _x = x;
    private readonly View<int> _positions = positions;
    private readonly int _rows = shape.Height / 2;
    private readonly int _columns = shape.Width / 2;
    private readonly int _width = shape.Width;
    private readonly int _channels = shape.InputChannels;

    /// <inheritdoc/>
    public T At(int image, int row, int column, int channel)
    {
        int line = row >> 1, window = column >> 1;
        if (line >= _rows || window >= _columns)
            return default;
        int at = (((((image * _rows) + line) * _columns) + window) * _channels) + channel;
        return _positions[at] == (((row * _width) + column) * _channels) + channel ? _x[at] : default;
    }
}
