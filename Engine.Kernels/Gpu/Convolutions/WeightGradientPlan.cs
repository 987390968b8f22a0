namespace Engine.Kernels.Gpu.Convolutions;

/// <summary>
/// How the work of a gradient with respect to a convolution's weights is cut into groups of threads. A thread sums for four taps in four
/// output channels: taps are kernel row, kernel column and input channel, and the four lie side by side in a row of pixels. A group does
/// so for all taps of some input channels, over a piece of the batch. A piece consists of units: rows of results, of a few images, that
/// are in shared memory at a time. It follows from sizes alone, as then does the order of all sums.
/// </summary>
/// <param name="Shape">Sizes of the convolution.</param>
internal sealed record WeightGradientPlan(ConvolutionShape Shape)
{
    /// <summary>Numbers that a unit may have of the images in shared memory.</summary>
    public const int TileRoom = 3072;

    /// <summary>Numbers that a unit may have of the results in shared memory.</summary>
    public const int ResultRoom = 2560;

    /// <summary>Input and output channels of a group on tensor cores.</summary>
    public const int TensorChannels = 16, TensorOutputs = 32;

    /// <summary>
    /// Numbers from a pixel to the next one there: so the four pixels by eight channels that a warp reads at once lie in 32 banks.
    /// </summary>
    public const int PixelStride = TensorChannels + 8, ResultStride = TensorOutputs + 8;

    private const int LeastThreads = 128, MostThreads = 256, MostQuads = 8, Warp = 32;

    // Twice what a large GPU has of multiprocessors, for one group to compute while another one waits for memory.
    private const int WantedGroups = 264;

    /// <summary>
    /// Whether it is one of <see cref="ForTensorCores"/>: then a warp has a position of the kernel, and there are no workers or slices.
    /// </summary>
    public bool IsForTensorCores { get; private init; }

    /// <summary>Fours of output channels of a group.</summary>
    public int Quads { get; private init; }

    /// <summary>Input channels of a group.</summary>
    public int Chunk { get; private init; }

    /// <summary>Rows of results of a unit.</summary>
    public int Rows { get; private init; }

    /// <summary>Results of such a row.</summary>
    public int Columns { get; private init; }

    /// <summary>Images of a unit.</summary>
    public int Images { get; private init; } = 1;

    /// <summary>Fours of taps of a row of the kernel.</summary>
    public int RowTapQuads => Parts.Of(Shape.KernelWidth * Chunk, 4);

    /// <summary>Fours of taps of a group.</summary>
    public int TapQuads => Shape.KernelHeight * RowTapQuads;

    /// <summary>Threads that have different sums.</summary>
    public int Workers => TapQuads * Quads;

    /// <summary>Threads that share out the rows of one sum.</summary>
    public int Slices
        => Math.Min(Math.Min(MostThreads / Workers, Images * Rows), 1 + (TileRoom / (Workers * SixteenSums<float>.Count)));

    /// <summary>Threads of a group, whole warps: those without a sum help to load.</summary>
    public int Threads => IsForTensorCores ? Positions * Warp : Math.Max(LeastThreads, Parts.Of(Workers * Slices, Warp) * Warp);

    /// <summary>Rows of pixels of a unit.</summary>
    public int TileHeight => Rows + Shape.KernelHeight - 1;

    /// <summary>Pixels of such a row.</summary>
    public int TileWidth => Columns + Shape.KernelWidth - 1;

    /// <summary>Groups that share out the output channels.</summary>
    public int ChannelBlocks => Parts.Of(Shape.OutputChannels, 4 * Quads);

    /// <summary>Groups that share out the input channels.</summary>
    public int ChunkBlocks => Parts.Of(Shape.InputChannels, Chunk);

    /// <summary>Units below each other.</summary>
    public int RowBlocks => Parts.Of(Shape.OutputHeight, Rows);

    /// <summary>Units beside each other.</summary>
    public int ColumnBlocks => Parts.Of(Shape.OutputWidth, Columns);

    /// <summary>The number of units of a member.</summary>
    public int Units => checked(Parts.Of(Shape.Batch, Images) * RowBlocks * ColumnBlocks);

    /// <summary>Units of a piece.</summary>
    public int PieceUnits => Parts.Of(Units, Parts.Of(WantedGroups, PieceGroups));

    /// <summary>The number of pieces of a member.</summary>
    public int Pieces => Parts.Of(Units, PieceUnits);

    /// <summary>The number of groups.</summary>
    public int Groups => checked(Pieces * PieceGroups);

    // Groups that share out members and channels.
    private int PieceGroups => Shape.Members * ChannelBlocks * ChunkBlocks;

    private int Positions => Shape.KernelHeight * Shape.KernelWidth;

    // The last four taps may stand out over the tile.
    private bool Fits
        => (TileHeight * TileWidth * Images * (IsForTensorCores ? PixelStride : Chunk)) + 3 <= TileRoom
            && Rows * Columns * Images * (IsForTensorCores ? ResultStride : 4 * Quads) <= ResultRoom;

    /// <summary>The plan; null where there is nothing to sum, or the kernel is too large.</summary>
    /// <param name="shape">Sizes of the convolution.</param>
    public static WeightGradientPlan? For(ConvolutionShape shape)
    {
        int tapQuads = shape.KernelHeight * Parts.Of(shape.KernelWidth, 4);
        bool empty = shape.Members * shape.ResultCount == 0 || shape.Taps == 0;
        if (empty || tapQuads > MostThreads)
            return null;
        int quads = Parts.Even(Parts.Of(shape.OutputChannels, 4), Math.Min(MostQuads, MostThreads / tapQuads));
        int chunk = Parts.Even(shape.InputChannels, MostThreads / (quads * shape.KernelHeight) * 4 / shape.KernelWidth);
        var plan = new WeightGradientPlan(shape) { Quads = quads, Chunk = chunk, Rows = shape.OutputHeight, Columns = shape.OutputWidth };
        return plan.Fitting();
    }

    /// <summary>
    /// A plan for tensor cores, of whose groups each warp has a position of the kernel; null where channels would be more than half empty,
    /// or there are too few positions or too many.
    /// </summary>
    public static WeightGradientPlan? ForTensorCores(ConvolutionShape shape)
    {
        var plan = new WeightGradientPlan(shape)
        {
            Quads = TensorOutputs / 4,
            Chunk = TensorChannels,
            Rows = shape.OutputHeight,
            Columns = shape.OutputWidth,
            IsForTensorCores = true,
        };
        bool isFull = shape.InputChannels >= TensorChannels / 2 && shape.OutputChannels >= TensorOutputs / 2;
        return shape.Members * shape.ResultCount > 0 && isFull && plan.Positions is >= 4 and <= 16 ? plan.Fitting() : null;
    }

    // With units that fit, and more than one image to each where that leaves enough groups.
    private WeightGradientPlan? Fitting()
    {
        var plan = this;
        while (!plan.Fits || plan.Units * plan.PieceGroups < WantedGroups / 2)
        {
            if (plan.Rows > 1)
                plan = plan with { Rows = (plan.Rows + 1) / 2 };
            else if (!plan.Fits && plan.Columns > 1)
                plan = plan with { Columns = (plan.Columns + 1) / 2 };
            else if (!plan.Fits && plan.Chunk > 1 && !IsForTensorCores)
                plan = plan with { Chunk = (plan.Chunk + 1) / 2 };
            else if (!plan.Fits)
                return null;
            else
                break;
        }

        return plan.WithMoreImages();
    }

    // As many as there is room for, if enough groups are left.
    private WeightGradientPlan WithMoreImages()
    {
        var next = this with { Images = Images + 1 };
        return next.Images <= Shape.Batch && next.Fits && next.Groups >= WantedGroups / 2 ? next.WithMoreImages() : this;
    }
}
