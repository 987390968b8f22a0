namespace Engine.Kernels.Gpu.Convolutions;

/// <summary>Where a convolution's pixels come from.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal interface IConvolutionSource<T>
    where T : unmanaged
{
    /// <summary>Whether a pixel of the image can be anything but zero.</summary>
    bool Has(int row, int column);

    /// <summary>One number of such a pixel.</summary>
    LoadedPixel<T> At(int image, int row, int column, int channel);
}

/// <summary>A number as memory has it, and the position that it is for: whether that is the one wanted is asked once it has come.</summary>
/// <remarks>Whoever asked at once would wait for each number by itself, where several can be on their way together.</remarks>
/// <typeparam name="T">float or double.</typeparam>
internal readonly struct LoadedPixel<T>(T number, int position = 0, int wanted = 0)
    where T : unmanaged
{
    private readonly T _number = number;
    private readonly int _position = position;
    private readonly int _wanted = wanted;

    /// <summary>The number, or zero if it is for another position.</summary>
    public T Number => _position == _wanted ? _number : default;
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
    public bool Has(int row, int column) => true;

    /// <inheritdoc/>
    public LoadedPixel<T> At(int image, int row, int column, int channel)
        => new(_x[(((((image * _height) + row) * _width) + column) * _channels) + channel]);
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
    public bool Has(int row, int column) => (row >> 1 < _rows) & (column >> 1 < _columns);

    /// <inheritdoc/>
    public LoadedPixel<T> At(int image, int row, int column, int channel)
    {
        int at = (((((image * _rows) + (row >> 1)) * _columns) + (column >> 1)) * _channels) + channel;
        return new(_x[at], _positions[at], (((row * _width) + column) * _channels) + channel);
    }
}
