using System.Numerics;

namespace Engine.Kernels.Gpu.Convolutions;

/// <summary>What becomes of a window of 2 x 2 pixels of a convolution's results.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal interface IConvolutionResult<T>
    where T : unmanaged
{
    /// <summary>Takes one channel of the window in a row and a column of windows; images of all members are numbered together.</summary>
    void Put(int member, int image, int row, int column, int channel, T upperLeft, T upperRight, T lowerLeft, T lowerRight);
}

/// <summary>All results, [batch, height, width, channels]. Windows may stand out over the edges.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal readonly struct WholeResults<T>(ConvolutionShape shape, View<T> y) : IConvolutionResult<T>
    where T : unmanaged
{
    private readonly View<T> _y = y;
    private readonly int _height = shape.OutputHeight;
    private readonly int _width = shape.OutputWidth;
    private readonly int _channels = shape.OutputChannels;

    /// <inheritdoc/>
    public void Put(int member, int image, int row, int column, int channel, T upperLeft, T upperRight, T lowerLeft, T lowerRight)
    {
        int line = _width * _channels, at = (((((image * _height) + (2 * row)) * _width) + (2 * column)) * _channels) + channel;
        bool right = (2 * column) + 1 < _width, below = (2 * row) + 1 < _height;
        _y[at] = upperLeft;
        if (right)
            _y[at + _channels] = upperRight;
        if (below)
            _y[at + line] = lowerLeft;
        if (right && below)
            _y[at + line + _channels] = lowerRight;
    }
}

/// <summary>
/// The largest number of each window, plus a bias, and its position in the image, the first of equal ones; 0 and -1 where it is not
/// positive, NaN and -1 where one is NaN.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
internal readonly struct ReluPoolResults<T>(ConvolutionShape shape, View<T> y, View<int> positions, View<T> bias) : IConvolutionResult<T>
    where T : unmanaged, INumber<T>
{
    private readonly View<T> _y = y;
    private readonly View<int> _positions = positions;
    private readonly View<T> _bias = bias;
    private readonly WindowPlaces _places = new(shape);

    /// <inheritdoc/>
    public void Put(int member, int image, int row, int column, int channel, T upperLeft, T upperRight, T lowerLeft, T lowerRight)
    {
        int corner = _places.Corner(row, column, channel), best = corner;
        T bias = _bias[(member * _places.Right) + channel], largest = upperLeft + bias;
        Contend(upperRight + bias, corner + _places.Right, ref largest, ref best);
        Contend(lowerLeft + bias, corner + _places.Below, ref largest, ref best);
        Contend(lowerRight + bias, corner + _places.Below + _places.Right, ref largest, ref best);

        // What is not greater and not smaller than 0 may be NaN, and stays.
        int at = _places.Window(image, row, column, channel);
        _positions[at] = largest > T.Zero ? best : -1;
        _y[at] = largest < T.Zero ? T.Zero : largest;
    }

    private static void Contend(T value, int position, ref T largest, ref int best)
    {
        bool wins = (value > largest) | T.IsNaN(value);
        largest = wins ? value : largest;
        best = wins ? position : best;
    }
}

/// <summary>The numbers at positions, one of each window and channel; zero where a position is negative.</summary>
/// <remarks>
/// All four are computed for it. A thread that computed but one would load an image's number for each multiplication, where this one
/// multiplies it in four channels: to load takes as long as it takes here to multiply.
/// </remarks>
/// <typeparam name="T">float or double.</typeparam>
internal readonly struct PickedResults<T>(ConvolutionShape shape, View<T> y, View<int> positions) : IConvolutionResult<T>
    where T : unmanaged
{
    private readonly View<T> _y = y;
    private readonly View<int> _positions = positions;
    private readonly WindowPlaces _places = new(shape);

    /// <inheritdoc/>
    public void Put(int member, int image, int row, int column, int channel, T upperLeft, T upperRight, T lowerLeft, T lowerRight)
    {
        int at = _places.Window(image, row, column, channel), place = _positions[at] - _places.Corner(row, column, channel);
        T picked = place == 0 ? upperLeft : default;
        picked = place == _places.Right ? upperRight : picked;
        picked = place == _places.Below ? lowerLeft : picked;
        _y[at] = place == _places.Below + _places.Right ? lowerRight : picked;
    }
}

/// <summary>Where windows of 2 x 2 pixels are in images, and their results among others.</summary>
/// <param name="shape">Sizes of the convolution.</param>
internal readonly struct WindowPlaces(ConvolutionShape shape)
{
    private readonly int _rows = shape.OutputHeight / 2;
    private readonly int _columns = shape.OutputWidth / 2;

    /// <summary>From a pixel to the one beside it.</summary>
    public int Right { get; } = shape.OutputChannels;

    /// <summary>From a pixel to the one below it.</summary>
    public int Below { get; } = shape.OutputWidth * shape.OutputChannels;

    /// <summary>The position in an image of a window's first pixel.</summary>
    public int Corner(int row, int column, int channel) => (2 * row * Below) + (2 * column * Right) + channel;

    /// <summary>Where a window's number is in [batch, rows of windows, windows of a row, channels].</summary>
    public int Window(int image, int row, int column, int channel)
        => (((((image * _rows) + row) * _columns) + column) * Right) + channel;
}
