using System.Numerics;
using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>
/// Products whose right matrices fit the first cache, read where they lie, or transposed onto the stack just before use.
/// A unit is one tile's height of rows.
/// </summary>
/// <remarks>
/// The last vector of a row of the result spills into what follows. So rows, panels of columns (from the right) and matrices are
/// done in an order in which that is written later, and stores are cut short only at the end of the units of a thread.
/// </remarks>
internal readonly unsafe struct SmallProducts<V, R, T>(MatMulForm form, T* c, T* a, T* b, T* bias) : IKernel
    where V : struct, IRegister<R, T>
    where R : struct
    where T : unmanaged, INumber<T>
{
    // Rows of the left operand that stay in the second cache while panels of the right one come and go.
    private const int RowsAtATime = 8 * MatMulForm.TileHeight;

    // Bytes of a right matrix that may be transposed onto the stack.
    private const int ScratchLimit = 32768;

    // Rows, and bytes of an operand, from which on packing pays.
    private const int LargeRows = 64;
    private const int LargeBytes = 196608;

    private nint Size => (nint)form.Rows * form.Columns;

    /// <summary>
    /// Whether this is the better kernel for <paramref name="form"/>: a right matrix read where it lies suits all but really large
    /// products, in which strides of pages wear out the first cache.
    /// </summary>
    public static bool Suits(in MatMulForm form)
        => form.TransposedB ? ScratchLength(form) * sizeof(T) <= ScratchLimit
            : form.Rows < LargeRows || ((long)form.Inner * form.Columns * sizeof(T) < LargeBytes
                && (form.InnerStrideA == 1 || (long)form.Inner * form.Rows * sizeof(T) < LargeBytes || form.Columns < LargeRows));

    public void Run(int start, int end)
    {
        if (form.TransposedB)
            RunTransposed(start, end);
        else
            RunPlain(start, end);
        if (form.Rectifies)
            Rectifier<T>.Run(Limit(start), Limit(end));
    }

    private void RunPlain(int start, int end)
    {
        var strides = Strides(form.InnerStrideB);
        int tiles = form.Tiles, matrix = start / tiles, tile = start - (matrix * tiles);
        T* limit = Limit(end);
        if (tile == 0)
        {
            int simple = Math.Max(matrix, Simple(limit));
            Batch(strides, matrix, simple, b + (matrix * form.BatchStrideB), form.BatchStrideB);
            start += (simple - matrix) * tiles;
            matrix = simple;
        }

        for (; start < end; matrix++, tile = 0)
        {
            int next = Math.Min(tiles, tile + end - start);
            Product(strides, matrix, tile, next, b + (matrix * form.BatchStrideB), limit);
            start += next - tile;
        }
    }

    // Where the matrices end that are a single panel and a single block and don't spill past the limit.
    private int Simple(T* limit)
        => form.Columns <= V.Count && form.Inner <= MatMulForm.BlockInner ? (int)((limit - c - V.Count) / Size) : 0;

    // Whole simple matrices, with as little as possible around the tiles.
    private void Batch(in MatMulStrides strides, int matrix, int end, T* right, nint batchB)
    {
        nint size = Size, batchA = form.BatchStrideA, batchStart = form.BatchStrideBias;
        T* left = a + (matrix * batchA), result = c + (matrix * size), start = bias + (matrix * batchStart);
        if (form.Rows == 1)
        {
            MatMulVectorTiles<V, R, T>.One(strides, end - matrix, left, batchA, right, batchB, result, size, start, batchStart);
            return;
        }

        for (; matrix < end; matrix++, left += batchA, right += batchB, result += size, start += batchStart)
        {
            T* leftTile = left, resultTile = result;
            int rows = form.Rows;
            for (; rows > MatMulForm.TileHeight && rows != MatMulForm.TallTileHeight; rows -= MatMulForm.TileHeight)
            {
                MatMulVectorTiles<V, R, T>.Tile(strides, MatMulForm.TileHeight, leftTile, right, resultTile, start);
                leftTile += MatMulForm.TileHeight * strides.ARow;
                resultTile += MatMulForm.TileHeight * strides.CRow;
            }

            MatMulVectorTiles<V, R, T>.Tile(strides, rows, leftTile, right, resultTile, start);
        }
    }

    // A vector load right after the narrow stores of a transposition would have to wait for them: so the next matrix is transposed
    // before the current one is used.
    [SkipLocalsInit]
    private void RunTransposed(int start, int end)
    {
        int length = (int)ScratchLength(form);
        T* current = stackalloc T[2 * length];
        T* other = current + length;
        var strides = Strides(ScratchStride(form));
        int tiles = form.Tiles, matrix = start / tiles, tile = start - (matrix * tiles), last = (end - 1) / tiles;
        T* limit = Limit(end);
        int simple = Simple(limit);
        Transpose(matrix, current);
        for (; start < end; matrix++, tile = 0)
        {
            bool another = matrix < last && form.BatchStrideB != 0;
            if (another)
                Transpose(matrix + 1, other);
            int next = Math.Min(tiles, tile + end - start);
            if (tile == 0 && matrix < simple)
                Batch(strides, matrix, matrix + 1, current, 0);
            else
                Product(strides, matrix, tile, next, current, limit);
            start += next - tile;
            if (another)
            {
                T* used = current;
                current = other;
                other = used;
            }
        }
    }

    private static int ScratchStride(in MatMulForm form) => (form.Columns + Transposition.Block - 1) & -Transposition.Block;

    // With the rows that whole squares add, and what the last vector load may read.
    private static long ScratchLength(in MatMulForm form)
        => ((form.Inner + Transposition.Block - 1L) * ScratchStride(form)) + V.Count;

    private void Transpose(int matrix, T* to)
        => Transposition.Run(b + (matrix * form.BatchStrideB), form.ColumnStrideB, form.Columns, form.Inner, to, ScratchStride(form));

    private MatMulStrides Strides(nint innerB) => new(form.Inner, form.RowStrideA, form.InnerStrideA, innerB, form.Columns, form.Start);

    private T* Limit(int end)
    {
        int matrix = end / form.Tiles, tile = end - (matrix * form.Tiles);
        return c + (matrix * Size) + ((nint)tile * MatMulForm.TileHeight * form.Columns);
    }

    // The rows of some tiles of one matrix.
    private void Product(in MatMulStrides strides, int matrix, int startTile, int endTile, T* right, T* limit)
    {
        int columns = form.Columns, row = startTile * MatMulForm.TileHeight, end = Math.Min(form.Rows, endTile * MatMulForm.TileHeight);
        T* left = a + (matrix * form.BatchStrideA) + (row * form.RowStrideA);
        T* result = c + (matrix * Size) + ((nint)row * columns);
        T* start = bias + (matrix * form.BatchStrideBias);
        for (; row < end; row += RowsAtATime)
        {
            int rows = Math.Min(RowsAtATime, end - row);
            for (int column = (columns - 1) / V.Count * V.Count; column >= 0; column -= V.Count)
            {
                int wide = column - (3 * V.Count);
                if (form.Rows == 1 && wide >= 0 && column + V.Count <= columns)
                {
                    T* wideStart = strides.Start == Start.Row ? start + wide : start;
                    MatMulVectorTiles<V, R, T>.Wide(strides, left, right + wide, result + wide, wideStart);
                    column = wide;
                    continue;
                }

                nint tile = MatMulForm.TileHeight * form.RowStrideA;
                if (rows >= MatMulForm.TileHeight && column >= V.Count && column + V.Count <= columns)
                {
                    bool three = column >= 2 * V.Count;
                    column -= three ? 2 * V.Count : V.Count;
                    T* first = strides.Start == Start.Row ? start + column : start;
                    if (three)
                        MatMulWideTiles<V, R, T>.Panels<Three>(strides, rows, left, tile, right + column, V.Count, result + column, first);
                    else
                        MatMulWideTiles<V, R, T>.Panels<Two>(strides, rows, left, tile, right + column, V.Count, result + column, first);
                    continue;
                }

                MatMulVectorTiles<V, R, T>.Panel(
                    strides, rows, left, tile, right + column, result + column,
                    strides.Start == Start.Row ? start + column : start, columns - column, limit);
            }

            left += RowsAtATime * form.RowStrideA;
            result += (nint)RowsAtATime * columns;
        }
    }
}
