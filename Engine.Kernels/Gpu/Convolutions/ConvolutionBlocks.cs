namespace Engine.Kernels.Gpu.Convolutions;

/// <summary>Which windows of which images belong to which group and thread.</summary>
/// <param name="plan">How the convolution is done.</param>
internal readonly struct ConvolutionBlocks(ConvolutionPlan plan)
{
    private readonly int _batch = plan.Shape.Batch;
    private readonly int _allRows = plan.AllRows;
    private readonly int _allColumns = plan.AllColumns;
    private readonly int _channelBlocks = plan.ChannelBlocks;
    private readonly int _imageBlocks = plan.ImageBlocks;
    private readonly int _rowBlocks = plan.RowBlocks;
    private readonly int _columnBlocks = plan.ColumnBlocks;

    private readonly Quotient _byQuads = new(plan.Quads);
    private readonly Quotient _byColumns = new(plan.Columns);
    private readonly Quotient _byRows = new(plan.Rows);
    private readonly Quotient _byImages = new(plan.Images);

    /// <summary>Fours of output channels of a group.</summary>
    public int Quads => _byQuads.Divisor;

    /// <summary>Threads that have the same place but for the slice.</summary>
    public int SliceThreads => _byQuads.Divisor * _byColumns.Divisor * _byRows.Divisor * _byImages.Divisor;

    /// <summary>The image behind the last one of a member.</summary>
    public int End(int member) => (member + 1) * _batch;

    /// <summary>Whether a member has such a window.</summary>
    public bool Has(int member, int image, int row, int column) => image < End(member) && row < _allRows && column < _allColumns;

    /// <summary>The member, first output channel, window and image of a group.</summary>
    public ConvolutionPlace OfGroup(int group)
    {
        int rest = group / _channelBlocks, channels = group - (rest * _channelBlocks);
        int line = rest / _columnBlocks, column = rest - (line * _columnBlocks);
        int images = line / _rowBlocks, row = line - (images * _rowBlocks);
        int member = images / _imageBlocks, image = (member * _batch) + ((images - (member * _imageBlocks)) * _byImages.Divisor);
        return new(channels * 4 * Quads, column * _byColumns.Divisor, row * _byRows.Divisor, image, 0, member);
    }

    /// <summary>Where a thread is in its group.</summary>
    public ConvolutionPlace OfThread(int thread)
    {
        int windows = _byQuads.Of(thread), rows = _byColumns.Of(windows), images = _byRows.Of(rows), slice = _byImages.Of(images);
        return new(
            thread - (windows * Quads), windows - (rows * _byColumns.Divisor), rows - (images * _byRows.Divisor),
            images - (slice * _byImages.Divisor), slice);
    }
}

/// <summary>Where a group or a thread computes.</summary>
internal readonly struct ConvolutionPlace(int channel, int column, int row, int image, int slice, int member = 0)
{
    /// <summary>The first output channel of a group; the quad of a thread.</summary>
    public int Channel { get; } = channel;

    /// <summary>The window in its row.</summary>
    public int Column { get; } = column;

    /// <summary>The row of windows.</summary>
    public int Row { get; } = row;

    /// <summary>The image, among those of all members.</summary>
    public int Image { get; } = image;

    /// <summary>The part of the input channels.</summary>
    public int Slice { get; } = slice;

    /// <summary>The member of a group.</summary>
    public int Member { get; } = member;
}
