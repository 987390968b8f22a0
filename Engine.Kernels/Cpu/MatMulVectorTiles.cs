using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>How a tile of a matrix product moves through its operands, in elements.</summary>
/// <param name="Inner">Products per result.</param>
/// <param name="ARow">From one row of the left operand to the next.</param>
/// <param name="AInner">From one inner index of the left operand to the next.</param>
/// <param name="BInner">From one inner index of the right operand to the next.</param>
/// <param name="CRow">From one row of the result to the next.</param>
/// <param name="Start">What sums start at.</param>
internal readonly record struct MatMulStrides(int Inner, nint ARow, nint AInner, nint BInner, nint CRow, Start Start);

/// <summary>What the sums of a product start at.</summary>
internal enum Start
{
    /// <summary>At zero.</summary>
    Zero,

    /// <summary>At a row of numbers, one for each column.</summary>
    Row,

    /// <summary>At one number for all columns.</summary>
    Scalar,

    /// <summary>At zero, and what the result holds, the sum over earlier inner indices, is added in the end.</summary>
    Result,
}

/// <summary>
/// The innermost loops of all matrix products: some rows by one vector of the result stay in registers while the inner index runs.
/// </summary>
/// <remarks>
/// Whatever the tile, a result is the sum of blocks of the inner index, of which the first starts at the bias, and a block takes up one
/// product after the other, in order: so tiles of all heights and widths, packed operands or not, give the same bits. Blocks keep the
/// rounding error of long sums small.
/// A tile calls nothing, so that its sums stay in registers.
/// </remarks>
internal static unsafe class MatMulVectorTiles<V, R, T>
    where V : struct, IRegister<R, T>
    where R : struct
    where T : unmanaged
{
    private const int Height = MatMulForm.TileHeight;

    /// <summary>
    /// One vector's width of columns of the result, from top to bottom. Full vectors are stored as long as they end before
    /// <paramref name="limit"/>: what they spill past the width must be written later. Then only the width is stored.
    /// </summary>
    /// <param name="strides">How to move.</param>
    /// <param name="rows">Rows of the result.</param>
    /// <param name="a">The left operand at the first row.</param>
    /// <param name="aTile">From one full tile of it to the next.</param>
    /// <param name="b">The right operand at the first column.</param>
    /// <param name="c">The result at the first row and column.</param>
    /// <param name="start">The numbers that sums start at.</param>
    /// <param name="width">Columns of the result to store, if not a full vector.</param>
    /// <param name="limit">What full vectors must not be stored past.</param>
    public static void Panel(in MatMulStrides strides, int rows, T* a, nint aTile, T* b, T* c, T* start, int width, T* limit)
    {
        for (; rows > 0; rows -= Height, a += aTile, c += Height * strides.CRow)
        {
            int height = Math.Min(rows, Height);
            if (c + ((height - 1) * strides.CRow) + V.Count <= limit)
                Whole(strides, height, a, b, c, start);
            else
                Cut(strides, height, a, b, c, start, width);
        }
    }

    /// <summary>
    /// At most <see cref="MatMulForm.TileHeight"/> rows by one vector, or <see cref="MatMulForm.TallTileHeight"/>, of a single block.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Tile(in MatMulStrides strides, int rows, T* a, T* b, T* c, T* start)
    {
        switch (rows)
        {
            case Height: Eight(strides, a, b, c, start); return;
            case MatMulForm.TallTileHeight: Ten(strides, a, b, c, start); return;
        }

        if ((rows & 4) != 0)
        {
            Four(strides, a, b, c, start);
            a += 4 * strides.ARow;
            c += 4 * strides.CRow;
        }

        if ((rows & 2) != 0)
        {
            Two(strides, a, b, c, start);
            a += 2 * strides.ARow;
            c += 2 * strides.CRow;
        }

        if ((rows & 1) != 0)
            One(strides, 1, a, 0, b, 0, c, 0, start, 0);
    }

    /// <summary>
    /// One row by one vector of each of some matrices, of a single block: so short that calls would take longer than the work.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void One(
        in MatMulStrides strides, int count, T* a, nint aBatch, T* b, nint bBatch, T* c, nint cBatch, T* start, nint startBatch)
    {
        nint aInner = strides.AInner, bInner = strides.BInner;
        int inner = strides.Inner;
        Start kind = strides.Start;
        for (; count > 0; count--, a += aBatch, b += bBatch, c += cBatch, start += startBatch)
        {
            R sum = First(start, kind);
            T* left = a, right = b;
            for (int k = inner; k > 0; k--, left += aInner, right += bInner)
                sum = V.MultiplyAdd(*left, V.Load(right), sum);
            V.Store(kind == Start.Result ? V.Add(sum, V.Load(c)) : sum, c);
        }
    }

    /// <summary>One row by four vectors of the result: for a single row, where there is no other source of independent sums.</summary>
    public static void Wide(in MatMulStrides strides, T* a, T* b, T* c, T* start)
    {
        for (int k = 0; k == 0 || k < strides.Inner; k += MatMulForm.BlockInner)
            WideBlock(Block(strides, k), a + (k * strides.AInner), b + (k * strides.BInner), c, start);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void WideBlock(in MatMulStrides strides, T* a, T* b, T* c, T* start)
    {
        nint aInner = strides.AInner, bInner = strides.BInner, step = strides.Start == Start.Row ? V.Count : 0;
        R c0 = First(start, strides.Start), c1 = First(start + step, strides.Start);
        R c2 = First(start + (2 * step), strides.Start), c3 = First(start + (3 * step), strides.Start);
        for (int k = strides.Inner; k > 0; k--, a += aInner, b += bInner)
        {
            T left = *a;
            c0 = V.MultiplyAdd(left, V.Load(b), c0);
            c1 = V.MultiplyAdd(left, V.Load(b + V.Count), c1);
            c2 = V.MultiplyAdd(left, V.Load(b + (2 * V.Count)), c2);
            c3 = V.MultiplyAdd(left, V.Load(b + (3 * V.Count)), c3);
        }

        if (strides.Start == Start.Result)
        {
            c0 = V.Add(c0, V.Load(c));
            c1 = V.Add(c1, V.Load(c + V.Count));
            c2 = V.Add(c2, V.Load(c + (2 * V.Count)));
            c3 = V.Add(c3, V.Load(c + (3 * V.Count)));
        }

        V.Store(c0, c);
        V.Store(c1, c + V.Count);
        V.Store(c2, c + (2 * V.Count));
        V.Store(c3, c + (3 * V.Count));
    }

    // Only of matrices of a single block, where no sum starts at the result.
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Ten(in MatMulStrides strides, T* a, T* b, T* c, T* start)
    {
        nint aRow = strides.ARow, aInner = strides.AInner, bInner = strides.BInner, cRow = strides.CRow;
        Start kind = strides.Start;
        R c0 = First(start, kind), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0, c8 = c0, c9 = c0;
        nint row2 = 2 * aRow, row3 = 3 * aRow, row4 = 4 * aRow;
        T* lower = a + (5 * aRow);
        for (int k = strides.Inner; k > 0; k--, a += aInner, lower += aInner, b += bInner)
        {
            R right = V.Load(b);
            c0 = V.MultiplyAdd(*a, right, c0);
            c1 = V.MultiplyAdd(a[aRow], right, c1);
            c2 = V.MultiplyAdd(a[row2], right, c2);
            c3 = V.MultiplyAdd(a[row3], right, c3);
            c4 = V.MultiplyAdd(a[row4], right, c4);
            c5 = V.MultiplyAdd(*lower, right, c5);
            c6 = V.MultiplyAdd(lower[aRow], right, c6);
            c7 = V.MultiplyAdd(lower[row2], right, c7);
            c8 = V.MultiplyAdd(lower[row3], right, c8);
            c9 = V.MultiplyAdd(lower[row4], right, c9);
        }

        V.Store(c0, c);
        V.Store(c1, c + cRow);
        V.Store(c2, c + (2 * cRow));
        V.Store(c3, c + (3 * cRow));
        V.Store(c4, c + (4 * cRow));
        V.Store(c5, c + (5 * cRow));
        V.Store(c6, c + (6 * cRow));
        V.Store(c7, c + (7 * cRow));
        V.Store(c8, c + (8 * cRow));
        V.Store(c9, c + (9 * cRow));
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Eight(in MatMulStrides strides, T* a, T* b, T* c, T* start)
    {
        nint aRow = strides.ARow, aInner = strides.AInner, bInner = strides.BInner, cRow = strides.CRow;
        Start kind = strides.Start;
        R c0 = First(start, kind), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0;
        nint row2 = 2 * aRow, row3 = 3 * aRow;
        T* lower = a + (4 * aRow);
        for (int k = strides.Inner; k > 0; k--, a += aInner, lower += aInner, b += bInner)
        {
            R right = V.Load(b);
            c0 = V.MultiplyAdd(*a, right, c0);
            c1 = V.MultiplyAdd(a[aRow], right, c1);
            c2 = V.MultiplyAdd(a[row2], right, c2);
            c3 = V.MultiplyAdd(a[row3], right, c3);
            c4 = V.MultiplyAdd(*lower, right, c4);
            c5 = V.MultiplyAdd(lower[aRow], right, c5);
            c6 = V.MultiplyAdd(lower[row2], right, c6);
            c7 = V.MultiplyAdd(lower[row3], right, c7);
        }

        if (kind == Start.Result)
        {
            c0 = V.Add(c0, V.Load(c));
            c1 = V.Add(c1, V.Load(c + cRow));
            c2 = V.Add(c2, V.Load(c + (2 * cRow)));
            c3 = V.Add(c3, V.Load(c + (3 * cRow)));
            c4 = V.Add(c4, V.Load(c + (4 * cRow)));
            c5 = V.Add(c5, V.Load(c + (5 * cRow)));
            c6 = V.Add(c6, V.Load(c + (6 * cRow)));
            c7 = V.Add(c7, V.Load(c + (7 * cRow)));
        }

        V.Store(c0, c);
        V.Store(c1, c + cRow);
        V.Store(c2, c + (2 * cRow));
        V.Store(c3, c + (3 * cRow));
        V.Store(c4, c + (4 * cRow));
        V.Store(c5, c + (5 * cRow));
        V.Store(c6, c + (6 * cRow));
        V.Store(c7, c + (7 * cRow));
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Four(in MatMulStrides strides, T* a, T* b, T* c, T* start)
    {
        nint aRow = strides.ARow, aInner = strides.AInner, bInner = strides.BInner, cRow = strides.CRow;
        Start kind = strides.Start;
        R c0 = First(start, kind), c1 = c0, c2 = c0, c3 = c0;
        nint row2 = 2 * aRow, row3 = 3 * aRow;
        for (int k = strides.Inner; k > 0; k--, a += aInner, b += bInner)
        {
            R right = V.Load(b);
            c0 = V.MultiplyAdd(*a, right, c0);
            c1 = V.MultiplyAdd(a[aRow], right, c1);
            c2 = V.MultiplyAdd(a[row2], right, c2);
            c3 = V.MultiplyAdd(a[row3], right, c3);
        }

        if (kind == Start.Result)
        {
            c0 = V.Add(c0, V.Load(c));
            c1 = V.Add(c1, V.Load(c + cRow));
            c2 = V.Add(c2, V.Load(c + (2 * cRow)));
            c3 = V.Add(c3, V.Load(c + (3 * cRow)));
        }

        V.Store(c0, c);
        V.Store(c1, c + cRow);
        V.Store(c2, c + (2 * cRow));
        V.Store(c3, c + (3 * cRow));
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Two(in MatMulStrides strides, T* a, T* b, T* c, T* start)
    {
        nint aRow = strides.ARow, aInner = strides.AInner, bInner = strides.BInner, cRow = strides.CRow;
        Start kind = strides.Start;
        R c0 = First(start, kind), c1 = c0;
        for (int k = strides.Inner; k > 0; k--, a += aInner, b += bInner)
        {
            R right = V.Load(b);
            c0 = V.MultiplyAdd(*a, right, c0);
            c1 = V.MultiplyAdd(a[aRow], right, c1);
        }

        if (kind == Start.Result)
        {
            c0 = V.Add(c0, V.Load(c));
            c1 = V.Add(c1, V.Load(c + cRow));
        }

        V.Store(c0, c);
        V.Store(c1, c + cRow);
    }

    // A tile of all blocks.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Whole(in MatMulStrides strides, int rows, T* a, T* b, T* c, T* start)
    {
        if (strides.Inner <= MatMulForm.BlockInner)
            Tile(strides, rows, a, b, c, start);
        else
            Blocks(strides, rows, a, b, c, start);
    }

    // In parts that a single method computes: the last row of each spills into the next.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Blocks(in MatMulStrides strides, int rows, T* a, T* b, T* c, T* start)
    {
        for (int height = Height; rows > 0; height /= 2)
        {
            if (rows < height)
                continue;
            for (int k = 0; k < strides.Inner; k += MatMulForm.BlockInner)
                Tile(Block(strides, k), height, a + (k * strides.AInner), b + (k * strides.BInner), c, start);
            rows -= height;
            a += height * strides.ARow;
            c += height * strides.CRow;
        }
    }

    /// <summary>The strides for the block of inner indices from <paramref name="k"/> on.</summary>
    public static MatMulStrides Block(in MatMulStrides strides, int k)
        => strides with { Inner = Math.Min(MatMulForm.BlockInner, strides.Inner - k), Start = k == 0 ? strides.Start : Start.Result };

    // A tile on the side, of which only the width goes to the result.
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Cut(in MatMulStrides strides, int rows, T* a, T* b, T* c, T* start, int width)
    {
        T* side = stackalloc T[Height * V.Count];
        if (strides.Start == Start.Result)
            Copy(rows, width, c, strides.CRow, side, V.Count);
        Whole(strides with { CRow = V.Count }, rows, a, b, side, start);
        Copy(rows, width, side, V.Count, c, strides.CRow);
    }

    private static void Copy(int rows, int width, T* from, nint fromRow, T* to, nint toRow)
    {
        int length = Math.Min(width, V.Count);
        for (; rows > 0; rows--, from += fromRow, to += toRow)
            new Span<T>(from, length).CopyTo(new Span<T>(to, length));
    }

    /// <summary>What the sums of a vector start at.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static R First(T* start, Start kind)
        => kind == Start.Row ? V.Load(start) : kind == Start.Scalar ? V.Splat(*start) : default;
}
