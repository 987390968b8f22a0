using ILGPU;

namespace Engine.Kernels.Gpu.Convolutions;

/// <summary>
/// The pixels of some images that a group needs, in shared memory: [image, row, column, channel], with zeros where there is no pixel.
/// </summary>
internal readonly struct ConvolutionTile
{
    private readonly int _height;
    private readonly int _width;
    private readonly int _allChannels;
    private readonly int _channels;
    private readonly int _pixels;
    private readonly Quotient _byWidth;
    private readonly Quotient _byHeight;
    private readonly Lanes _lanes;

    /// <summary>The tile of a group.</summary>
    /// <param name="shape">Sizes of the images.</param>
    /// <param name="images">Images of the tile.</param>
    /// <param name="height">Rows of the tile.</param>
    /// <param name="width">Pixels of such a row.</param>
    /// <param name="channels">Channels of the tile.</param>
    /// <param name="pixelStride">Numbers from a pixel to the one beside it: if odd, these are in different banks of memory.</param>
    /// <param name="threads">Threads of the group.</param>
    public ConvolutionTile(ConvolutionShape shape, int images, int height, int width, int channels, int pixelStride, int threads)
    {
        _height = shape.Height;
        _width = shape.Width;
        _allChannels = shape.InputChannels;
        _channels = channels;
        _pixels = images * height * width;
        _byWidth = new Quotient(width);
        _byHeight = new Quotient(height);
        _lanes = new Lanes(channels, threads);
        PixelStride = pixelStride;
        LineStride = width * PixelStride;
        ImageStride = height * LineStride;
    }

    /// <summary>Numbers from a pixel to the one beside it.</summary>
    public int PixelStride { get; }

    /// <summary>Numbers from a pixel to the one below it.</summary>
    public int LineStride { get; }

    /// <summary>Numbers from an image to the next.</summary>
    public int ImageStride { get; }

    /// <summary>Loads the tile; each thread of the group some of it, four numbers at a time for them to be on their way together.</summary>
    /// <param name="tile">The shared memory.</param>
    /// <param name="source">The images.</param>
    /// <param name="image">The first image.</param>
    /// <param name="end">The image behind the last one that there is.</param>
    /// <param name="top">The row of pixels at the top, which may be outside of the images.</param>
    /// <param name="left">The column of pixels at the left.</param>
    /// <param name="channel">The first channel.</param>
    public void Load<TSource, T>(ArrayView<T> tile, TSource source, int image, int end, int top, int left, int channel)
        where TSource : struct, IConvolutionSource<T>
        where T : unmanaged
    {
        int step = _lanes.RowStep, first = _lanes.RowOf(Group.IdxX);
        for (int lane = _lanes.LaneOf(Group.IdxX); first < step && lane < _channels; lane += _lanes.Count)
        {
            for (int pixel = first; pixel < _pixels; pixel += 4 * step)
            {
                var a = Read<TSource, T>(source, pixel, image, end, top, left, channel + lane);
                var b = Read<TSource, T>(source, pixel + step, image, end, top, left, channel + lane);
                var c = Read<TSource, T>(source, pixel + (2 * step), image, end, top, left, channel + lane);
                var d = Read<TSource, T>(source, pixel + (3 * step), image, end, top, left, channel + lane);
                Write(tile, pixel, lane, a.Number);
                Write(tile, pixel + step, lane, b.Number);
                Write(tile, pixel + (2 * step), lane, c.Number);
                Write(tile, pixel + (3 * step), lane, d.Number);
            }
        }
    }

    private LoadedPixel<T> Read<TSource, T>(TSource source, int pixel, int image, int end, int top, int left, int channel)
        where TSource : struct, IConvolutionSource<T>
        where T : unmanaged
    {
        int line = _byWidth.Of(pixel), part = _byHeight.Of(line);
        int column = left + pixel - (line * _byWidth.Divisor), row = top + line - (part * _byHeight.Divisor);

        // One branch for all of them.
        bool exists = (pixel < _pixels) & (image + part < end) & (channel < _allChannels)
            & ((uint)row < (uint)_height) & ((uint)column < (uint)_width) & source.Has(row, column);
        return exists ? source.At(image + part, row, column, channel) : default;
    }

    private void Write<T>(ArrayView<T> tile, int pixel, int channel, T value)
        where T : unmanaged
    {
        if (pixel < _pixels)
            tile[(pixel * PixelStride) + channel] = value;
    }
}
