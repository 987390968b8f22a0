namespace Engine.Kernels.Gpu.Convolutions;

/// <summary>Which units and channels belong to which group.</summary>
/// <param name="plan">How the gradient is done.</param>
internal readonly struct WeightGradientBlocks(WeightGradientPlan plan)
{
    private readonly int _outputs = 4 * plan.Quads;
    private readonly int _inputs = plan.Chunk;
    private readonly int _channelBlocks = plan.ChannelBlocks;
    private readonly int _chunkBlocks = plan.ChunkBlocks;
    private readonly int _members = plan.Shape.Members;
    private readonly int _batch = plan.Shape.Batch;
    private readonly int _units = plan.Units;
    private readonly int _pieceUnits = plan.PieceUnits;
    private readonly int _images = plan.Images;
    private readonly int _rows = plan.Rows;
    private readonly int _columns = plan.Columns;
    private readonly int _rowBlocks = plan.RowBlocks;
    private readonly int _columnBlocks = plan.ColumnBlocks;

    /// <summary>What a group works on.</summary>
    public WeightGradientGroup OfGroup(int group)
    {
        int chunks = group / _channelBlocks, part = chunks / _chunkBlocks, piece = part / _members;
        int start = (part - (piece * _members)) * _batch, first = piece * _pieceUnits;
        return new(
            part, (chunks - (part * _chunkBlocks)) * _inputs, (group - (chunks * _channelBlocks)) * _outputs, start, start + _batch, first,
            Math.Min(_units, first + _pieceUnits));
    }

    /// <summary>The first image, row and column of a unit.</summary>
    public (int Image, int Top, int Left) OfUnit(WeightGradientGroup group, int unit)
    {
        int line = unit / _columnBlocks, images = line / _rowBlocks;
        return (group.ImageStart + (images * _images), (line - (images * _rowBlocks)) * _rows, (unit - (line * _columnBlocks)) * _columns);
    }
}

/// <summary>What a group works on.</summary>
/// <param name="Part">A member's gradient for a piece.</param>
/// <param name="Input">The first input channel.</param>
/// <param name="Output">The first output channel.</param>
/// <param name="ImageStart">The member's first image.</param>
/// <param name="ImageEnd">The image behind its last one.</param>
/// <param name="First">The first unit.</param>
/// <param name="End">The unit behind the last one.</param>
internal readonly record struct WeightGradientGroup(int Part, int Input, int Output, int ImageStart, int ImageEnd, int First, int End);
