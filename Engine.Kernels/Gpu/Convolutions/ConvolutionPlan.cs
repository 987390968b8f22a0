namespace Engine.Kernels.Gpu.Convolutions;

/// <summary>
/// How the work of a convolution is cut into groups of threads. A thread computes a window of 2 x 2 pixels of the results in four
/// channels; a group does so for a block of windows in some images. It follows from sizes alone, as then does the order of all sums.
/// </summary>
/// <param name="Shape">Sizes of the convolution.</param>
/// <param name="AllRows">Rows of windows in an image.</param>
/// <param name="AllColumns">Windows of such a row.</param>
internal sealed record ConvolutionPlan(ConvolutionShape Shape, int AllRows, int AllColumns)
{
    /// <summary>Numbers that a group's part of the images may have in shared memory.</summary>
    public const int TileRoom = 3072;

    /// <summary>Numbers that a group's part of the weights may have in shared memory.</summary>
    public const int WeightRoom = 2560;

    private const int LeastThreads = 128, MostThreads = 256, MostQuads = 8, Warp = 32;

    // About as many as a large GPU has multiprocessors: with fewer groups some are idle.
    private const int WantedGroups = 128;

    // Input channels that make it worth to give part of a sum to another thread.
    private const int SliceChannels = 4;

    /// <summary>Fours of output channels of a group.</summary>
    public int Quads { get; private init; }

    /// <summary>Rows of windows of a group.</summary>
    public int Rows { get; private init; }

    /// <summary>Windows of such a row.</summary>
    public int Columns { get; private init; }

    /// <summary>Images of a group.</summary>
    public int Images { get; private init; } = 1;

    /// <summary>Input channels that are in shared memory at a time.</summary>
    public int Chunk { get; private init; }

    /// <summary>Threads that share out the input channels of one sum.</summary>
    public int Slices { get; private init; } = 1;

    /// <summary>Threads that have a sum, or part of one, to compute.</summary>
    public int Workers => Quads * Rows * Columns * Images * Slices;

    /// <summary>Threads of a group, whole warps: those without a sum help to load.</summary>
    public int Threads => Wanted ?? Math.Max(LeastThreads, Parts.Of(Workers, Warp) * Warp);

    /// <summary>Rows of pixels that a group's windows need.</summary>
    public int TileHeight => (2 * Rows) + Shape.KernelHeight - 1;

    /// <summary>Pixels of such a row.</summary>
    public int TileWidth => (2 * Columns) + Shape.KernelWidth - 1;

    /// <summary>Groups that share out the output channels.</summary>
    public int ChannelBlocks => Parts.Of(Shape.OutputChannels, 4 * Quads);

    /// <summary>Groups below each other that share out an image.</summary>
    public int RowBlocks => Parts.Of(AllRows, Rows);

    /// <summary>Groups beside each other that share out an image.</summary>
    public int ColumnBlocks => Parts.Of(AllColumns, Columns);

    /// <summary>Groups that share out the images of a member.</summary>
    public int ImageBlocks => Parts.Of(Shape.Batch, Images);

    /// <summary>The number of groups.</summary>
    public int Groups => checked(Shape.Members * ImageBlocks * RowBlocks * ColumnBlocks * ChannelBlocks);

    private int? Wanted { get; init; }

    // Numbers that a group's part of the weights may have.
    private int Weights { get; init; } = WeightRoom;

    private int Most => Wanted ?? MostThreads;

    private bool Fits(int windows)
        => Images * Rows * Columns <= windows && Images <= Shape.Batch && (Images == 1 || Groups >= WantedGroups);

    private int KernelSize => Shape.KernelHeight * Shape.KernelWidth;

    // Input channels of a chunk.
    private int Channels => Math.Min(Shape.InputChannels, Room);

    // Input channels for which there is room.
    private int Room
    {
        get
        {
            int stride = TileRoom / (TileHeight * TileWidth * Images), odd = stride % 2 == 0 ? stride - 1 : stride;
            return Math.Min(odd, Weights / (KernelSize * 4 * Quads));
        }
    }

    // With a smaller part of what takes most room in shared memory.
    private ConvolutionPlan Halved
    {
        get
        {
            bool weights = KernelSize * 4 * Quads >= TileHeight * TileWidth || Rows * Columns == 1;
            return weights && Quads > 1 ? this with { Quads = (Quads + 1) / 2 }
                : Rows > 1 ? this with { Rows = (Rows + 1) / 2 }
                : this with { Columns = (Columns + 1) / 2 };
        }
    }

    /// <summary>The plan; null where there is nothing to compute, or not even one window fits shared memory.</summary>
    /// <param name="shape">Sizes of the convolution.</param>
    /// <param name="pooled">Whether only whole windows count, not those that stand out over the edges.</param>
    public static ConvolutionPlan? For(ConvolutionShape shape, bool pooled)
        => For(new(shape, 0, 0), pooled, WantedGroups)?.WithMoreImages().WithMoreThreads();

    /// <summary>A plan with as few groups as fit for each image, and none for several.</summary>
    /// <param name="shape">Sizes of the convolution.</param>
    /// <param name="pooled">Whether only whole windows count.</param>
    /// <param name="threads">Threads of each group.</param>
    /// <param name="weightRoom">Numbers that a group's part of the weights may have in shared memory.</param>
    public static ConvolutionPlan? ForEach(ConvolutionShape shape, bool pooled, int threads, int weightRoom)
        => For(new(shape, 0, 0) { Wanted = threads, Weights = weightRoom }, pooled, 0)?.WithMoreThreads();

    /// <summary>
    /// A plan for tensor cores, of whose groups each warp has eight windows in 32 output channels and takes eight input channels at a time;
    /// null where these would be more than half empty.
    /// </summary>
    public static ConvolutionPlan? ForTensorCores(ConvolutionShape shape, bool pooled)
    {
        const int Windows = 32, Step = 8;
        var (rows, columns) = Windowed(shape, pooled);
        if (rows * columns * shape.Batch * shape.Members == 0 || shape.OutputChannels < 2 * MostQuads || shape.InputChannels < Step / 2)
            return null;
        int blockColumns = Parts.Even(columns, Windows), blockRows = Parts.Even(rows, Windows / blockColumns);
        var plan = new ConvolutionPlan(shape, rows, columns)
        {
            Quads = MostQuads,
            Columns = blockColumns,
            Rows = blockRows,
            Wanted = Windows / Step * Warp,
        };
        while (plan.Room < Step && plan.Rows * plan.Columns > 1)
            plan = plan with { Rows = (plan.Rows + 1) / 2, Columns = plan.Rows > 1 ? plan.Columns : (plan.Columns + 1) / 2 };
        for (var next = plan; next.Room >= Step && next.Fits(Windows); next = next with { Images = next.Images + 1 })
            plan = next with { Chunk = Math.Min(Parts.Of(shape.InputChannels, Step), next.Room / Step) * Step };
        return plan.Chunk > 0 ? plan : null;
    }

    private static (int Rows, int Columns) Windowed(ConvolutionShape shape, bool pooled)
    {
        int rest = pooled ? 0 : 1;
        return ((shape.OutputHeight + rest) / 2, (shape.OutputWidth + rest) / 2);
    }

    private static ConvolutionPlan? For(ConvolutionPlan empty, bool pooled, int wantedGroups)
    {
        var shape = empty.Shape;
        var (rows, columns) = Windowed(shape, pooled);
        if (shape.Members * shape.Batch * rows == 0 || columns * shape.OutputChannels == 0 || shape.Taps == 0)
            return null;
        int quads = Parts.Even(Parts.Of(shape.OutputChannels, 4), MostQuads), blockColumns = Parts.Even(columns, empty.Most / quads);
        var plan = empty with
        {
            AllRows = rows,
            AllColumns = columns,
            Quads = quads,
            Columns = blockColumns,
            Rows = Parts.Even(rows, empty.Most / (quads * blockColumns)),
        };
        while ((plan.Channels <= 0 || plan.Groups < wantedGroups) && plan.Workers > 1)
            plan = plan.Halved;
        return plan.Channels <= 0 ? null : plan;
    }

    // As many as there are threads for, if enough groups are left, and room for as many channels.
    private ConvolutionPlan WithMoreImages()
    {
        var next = this with { Images = Images + 1 };
        bool fits = next.Images <= Shape.Batch && next.Workers <= Most && next.Channels == Channels;
        return fits && next.Groups >= WantedGroups ? next.WithMoreImages() : this;
    }

    private ConvolutionPlan WithMoreThreads()
    {
        int chunk = Parts.Even(Shape.InputChannels, Channels), sums = Workers * SixteenSums<float>.Count;
        int slices = Math.Min(Math.Min(Most / Workers, chunk / SliceChannels), 1 + (TileRoom / sums));
        return this with { Chunk = chunk, Slices = Math.Max(1, slices) };
    }
}
