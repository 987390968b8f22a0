namespace Engine.Kernels.Gpu.Products;

/// <summary>The kernels of a product.</summary>
internal enum MatMulWay
{
    /// <summary>A thread for each result.</summary>
    Body,

    /// <summary>Tiles of 16 x 16.</summary>
    Small,

    /// <summary>Tiles of 64 x 64.</summary>
    Square,

    /// <summary>Tiles of 128 x 64.</summary>
    Tall,

    /// <summary>Tiles of 64 x 64 on tensor cores, where the device's name asks for them.</summary>
    TensorCores,
}

/// <summary>
/// How a product is computed. It follows from the product's sizes and the device's name alone, and never from what the device is or
/// does, so that the same product is the same sum in the same order every time.
/// </summary>
/// <param name="Way">The kernel.</param>
/// <param name="Pieces">Into how many pieces the sums are cut, which are added in order by a second kernel.</param>
internal readonly record struct MatMulPlan(MatMulWay Way, int Pieces)
{
    // A large GPU has some 130 multiprocessors; groups for half of them keep a kernel of large tiles busy enough.
    private const int FewGroups = 64, ManyGroups = 256;

    // A tall tile's group has a multiprocessor for itself, so as many as there are of these want to be there.
    private const int TallGroups = 96;

    // Inner indices of which a thread sums up the products in a row; longer sums are cut for the sake of their rounding errors, as long as
    // their pieces are no more numbers than the most.
    private const int LongSum = 1 << 14, MostNumbers = 1 << 26;

    /// <summary>Multiply-adds from which on large tiles, with their fewer reads, are worth that they are few.</summary>
    public const long Large = 1L << 26;

    /// <summary>Plans a product.</summary>
    /// <param name="shape">The product.</param>
    /// <param name="type">Float32 or Float64.</param>
    /// <param name="tensorCores">Whether numbers of Float32 may be rounded to tf32.</param>
    public static MatMulPlan Of(MatMulShape shape, ElementType type, bool tensorCores = false)
    {
        var (batch, rows, inner, columns) = (shape.Batch, shape.Rows, shape.Inner, shape.Columns);

        if (batch == 0 || rows == 0 || columns == 0)
            return new(MatMulWay.Body, 1);

        // Sums so short that it isn't worth to share what is read, and many products smaller than a tile: neighbouring threads have
        // neighbouring results, so what they read are the same numbers or neighbours, too.
        if (inner <= 16 || (rows * (long)columns <= 64 && batch >= 1024))
            return new(MatMulWay.Body, 1);

        // A tile must be filled at least by half.
        long work = (long)batch * rows * inner * columns;
        if (work >= Large && rows > 32 && columns > 32)
        {
            long tall = Tiles(128, 64), square = Tiles(64, 64);
            if (tensorCores && type == ElementType.Float32)
                return new(MatMulWay.TensorCores, Pieces(square, 128));

            // Slabs of a tall tile of float64 don't fit the shared memory.
            return tall >= TallGroups && type == ElementType.Float32 && rows > 64
                ? new(MatMulWay.Tall, Pieces(tall, 128))
                : new(MatMulWay.Square, Pieces(square, 128));
        }

        return new(MatMulWay.Small, Pieces(Tiles(16, 16), 128));

        long Tiles(int tileRows, int tileColumns)
            => batch * (((long)rows + tileRows - 1) / tileRows) * (((long)columns + tileColumns - 1) / tileColumns);

        // Where there are few groups with long sums, these are cut, but not into less than what pays for the second kernel.
        int Pieces(long groups, int least)
        {
            long busy = groups > FewGroups || inner < 4 * least ? 1 : Math.Min(ManyGroups / groups, inner / least);
            return (int)Math.Max(busy, Math.Min(inner / LongSum, MostNumbers / ((long)batch * rows * columns)));
        }
    }
}
