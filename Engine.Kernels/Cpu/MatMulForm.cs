namespace Engine.Kernels.Cpu;

/// <summary>
/// A batch of products as the kernels like them: operands by strides instead of transposes, and with the degenerate shapes
/// turned into ones with long rows of results, since vectors lie along rows of the result.
/// </summary>
internal readonly struct MatMulForm
{
    /// <summary>Rows of a full tile of the result: enough independent sums to hide the latency of a multiply-add.</summary>
    public const int TileHeight = 8;

    /// <summary>Rows of a tile that takes up two more: by themselves these would wait for their own sums.</summary>
    public const int TallTileHeight = TileHeight + 2;

    /// <summary>Inner indices of a block: a result is the sum of those of its blocks, which keeps the rounding error small.</summary>
    public const int BlockInner = 256;

    private MatMulForm(MatMulShape shape, bool hasBias)
    {
        Batch = shape.Batch;
        Rows = shape.Rows;
        Inner = shape.Inner;
        Columns = shape.Columns;
        RowStrideA = shape.TransposeA ? 1 : shape.Inner;
        InnerStrideA = shape.TransposeA ? shape.Rows : 1;
        BatchStrideA = shape.BatchStrideA;
        InnerStrideB = shape.TransposeB ? 1 : shape.Columns;
        ColumnStrideB = shape.TransposeB ? shape.Inner : 1;
        BatchStrideB = shape.BatchStrideB;
        BatchStrideBias = hasBias ? shape.BatchStrideBias : 0;
        Start = hasBias ? Start.Row : Start.Zero;
        Rectifies = shape.Rectifies;
    }

    public int Batch { get; private init; }

    public int Rows { get; private init; }

    public int Inner { get; }

    public int Columns { get; private init; }

    public nint RowStrideA { get; private init; }

    public nint InnerStrideA { get; private init; }

    public nint BatchStrideA { get; private init; }

    public nint InnerStrideB { get; private init; }

    public nint ColumnStrideB { get; private init; }

    public nint BatchStrideB { get; private init; }

    public nint BatchStrideBias { get; }

    /// <summary>Whether the operands have changed places: the left one here is the right one of the shape.</summary>
    public bool Exchanged { get; private init; }

    /// <summary>What sums start at, before the first inner index.</summary>
    public Start Start { get; private init; }

    /// <summary>Floating-point operations, a multiply-add as two.</summary>
    public double Operations => 2.0 * Batch * Rows * Inner * Columns;

    /// <summary>Whether results below 0 become 0.</summary>
    public bool Rectifies { get; }

    /// <summary>Whether columns of the right matrix, not its rows, are contiguous.</summary>
    public bool TransposedB => ColumnStrideB != 1 && Columns > 1 && Inner > 0;

    /// <summary>Tiles from the top to the bottom of one result.</summary>
    public int Tiles => (Rows + TileHeight - 1) / TileHeight;

    public static MatMulForm Of(MatMulShape shape, bool hasBias)
    {
        var form = new MatMulForm(shape, hasBias).Folded();
        return form.Columns == 1 && form.Rows > 1 ? form.Transposed().Folded() : form;
    }

    // With a common right operand, all left rows belong to one tall matrix.
    private MatMulForm Folded()
    {
        bool evenRows = Rows == 1 || RowStrideA * Rows == BatchStrideA;
        return Batch == 1 || BatchStrideB != 0 || BatchStrideBias != 0 || !evenRows
            ? this
            : this with { Batch = 1, Rows = Batch * Rows, RowStrideA = Rows == 1 ? BatchStrideA : RowStrideA };
    }

    // C^T = B^T A^T. A result of one column is stored the same way as its transpose, and its bias is one number for all.
    private MatMulForm Transposed() => this with
    {
        Exchanged = true,
        Start = Start == Start.Row ? Start.Scalar : Start,
        Rows = Columns,
        Columns = Rows,
        RowStrideA = ColumnStrideB,
        InnerStrideA = InnerStrideB,
        BatchStrideA = BatchStrideB,
        InnerStrideB = InnerStrideA,
        ColumnStrideB = RowStrideA,
        BatchStrideB = BatchStrideA,
    };
}
