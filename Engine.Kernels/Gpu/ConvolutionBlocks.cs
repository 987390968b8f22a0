namespace Engine.Kernels.Gpu;

/// <summary>Which windows of which images belong to which group and thread.</summary>
/// <param name="plan">How the convolution is done.</param>
internal readonly struct ConvolutionBlocks(ConvolutionPlan plan)
{
    private readonly int _batch = plan.Shape.Batch;
    private readonly int _allRows = plan.AllRows;
    private readonly int _allColumns = plan.AllColumns;
    private readonly int _channelBlocks = plan.ChannelBlocks;
    private readonly int _rowBlocks = plan.RowBlocks;
    private readonly int _columnBlocks = plan.ColumnBlocks;

    /// <summary>Fours of output channels of a group.</summary>
    public int Quads { get; } = plan.Quads;

    /// <summary>Rows of windows of a group.</summary>
    public int Rows { get; } = plan.Rows;

    /// <summary>Windows of such a row.</summary>
    public int Columns { get; } = plan.Columns;

    /// <summary>Images of a group.</summary>
    public int Images { get; } = plan.Images;

    /// <summary>Threads that have the same place but for the slice.</summary>
    public int SliceThreads => Quads * Rows * Columns * Images;

    /// <summary>Whether there is such a window.</summary>
    public bool Has(int image, int row, int column) => image < _batch && row < _allRows && column < _allColumns;

    /// <summary>The first output channel, window and image of a group.</summary>
    public ConvolutionPlace OfGroup(int group)
    {
        int channels = group % _channelBlocks, rest = group / _channelBlocks;
        int column = rest % _columnBlocks, line = rest / _columnBlocks, image = line / _rowBlocks, row = line - (image * _rowBlocks);
        return new(channels * 4 * Quads, column * Columns, row * Rows, image * Images, 0);
    }

    /// <summary>Where a thread is in its group.</summary>
    public ConvolutionPlace OfThread(int thread)
    {
        int quad = thread % Quads, rest = thread / Quads, column = rest % Columns;
        rest /= Columns;
        int row = rest % Rows, images = rest / Rows, slice = images / Images;
        return new(quad, column, row, images - (slice * Images), slice);
    }
}

/// <summary>Where a group or a thread computes.</summary>
internal readonly struct ConvolutionPlace(int channel, int column, int row, int image, int slice)
{
    /// <summary>The first output channel of a group; the quad of a thread.</summary>
    public int Channel { get; } = channel;

    /// <summary>The window in its row.</summary>
    public int Column { get; } = column;

    /// <summary>The row of windows.</summary>
    public int Row { get; } = row;

    /// <summary>The image.</summary>
    public int Image { get; } = image;

    /// <summary>The part of the input channels.</summary>
    public int Slice { get; } = slice;
}
