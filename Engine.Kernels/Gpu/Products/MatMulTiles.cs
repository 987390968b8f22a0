using System.Numerics;
using System.Runtime.CompilerServices;
using ILGPU;

namespace Engine.Kernels.Gpu.Products;

/// <summary>The sizes of <see cref="MatMulTiles{THeight, TQuads, T}"/>.</summary>
internal static class MatMulTiles
{
    /// <summary>Columns of a tile, and rows of a square one.</summary>
    public const int Side = 64;

    /// <summary>Inner indices of a slab.</summary>
    public const int Slab = 16;

    /// <summary>Threads of a group.</summary>
    public const int GroupSize = 256;
}

/// <summary>How many rows a tile of <see cref="MatMulTiles{THeight, TQuads, T}"/> has.</summary>
internal interface ITileHeight
{
    /// <summary>Whether a thread has two blocks, one below the other, and a tile twice the rows.</summary>
    static abstract bool IsTall { get; }
}

/// <summary>64 rows.</summary>
internal readonly struct SquareTile : ITileHeight
{
    public static bool IsTall => false;
}

/// <summary>128 rows: three reads for 32 multiply-adds, where 64 rows take two for 16.</summary>
internal readonly struct TallTile : ITileHeight
{
    public static bool IsTall => true;
}

/// <summary>
/// Large products: a group computes a tile of 64 or 128 rows and 64 columns, a thread one or two blocks of 4 x 4. It goes through the
/// inner indices in slabs of 16, of which shared memory holds two: one is multiplied while the next is on its way.
/// </summary>
/// <typeparam name="THeight">The number of rows.</typeparam>
/// <typeparam name="TQuads">How memory is read and written.</typeparam>
/// <typeparam name="T">float or double.</typeparam>
internal readonly struct MatMulTiles<THeight, TQuads, T>(
    MatMulGrid grid, MatMulOperand formA, MatMulOperand formB, TQuads results, TQuads a, TQuads b, View<T> bias) : IGroupKernel
    where THeight : struct, ITileHeight
    where TQuads : struct, IQuads<T>
    where T : unmanaged, INumber<T>
{
    private const int Side = MatMulTiles.Side, Slab = MatMulTiles.Slab;

    // A slab in shared memory, by quads: for each inner index the numbers of all rows or columns, and one quad more, so that
    // numbers of neighbouring inner indices lie in different banks.
    private const int QuadsB = (Side / 4) + 1;

    private static int Rows => THeight.IsTall ? 2 * Side : Side;

    private static int QuadsA => (Rows / 4) + 1;

    /// <inheritdoc/>
    public void Invoke()
    {
        var tilesA = SharedMemory.Allocate<Quad<T>>(2 * Slab * QuadsA);
        var tilesB = SharedMemory.Allocate<Quad<T>>(2 * Slab * QuadsB);
        var tile = grid.Tile(Grid.IdxX);
        int thread = Group.IdxX, top = tile.Row * Rows, left = tile.Column * Side;
        int start = tile.Piece * grid.InnerOfPiece, end = IntrinsicMath.Min(start + grid.InnerOfPiece, grid.Inner);

        // What the thread brings: a quad of each 64 rows and of the columns.
        int outerA = formA.OuterOf(thread), innerA = formA.InnerOf(thread), outerB = formB.OuterOf(thread), innerB = formB.InnerOf(thread);

        // What it computes: the 32 threads of a warp have 4 x 8 blocks, so that they read few different quads.
        int warp = thread >> 5, lane = thread & 31;
        int blockRow = ((warp >> 1) << 2) + (lane >> 3), blockColumn = ((warp & 1) << 3) + (lane & 7);

        var firsts = Starts(tile, left + (blockColumn << 2));
        var sums = new Sums(firsts, firsts);
        var quadA = formA.Read<TQuads, T>(a, tile.Matrix, top + outerA, start + innerA, end);
        var lowQuadA = THeight.IsTall ? formA.Read<TQuads, T>(a, tile.Matrix, top + Side + outerA, start + innerA, end) : default;
        var quadB = formB.Read<TQuads, T>(b, tile.Matrix, left + outerB, start + innerB, end);
        for (int k = start, half = 0; k < end; k += Slab, half ^= 1)
        {
            var slabA = tilesA.SubView(half * Slab * QuadsA, Slab * QuadsA);
            var slabB = tilesB.SubView(half * Slab * QuadsB, Slab * QuadsB);
            formA.Put(slabA, QuadsA, outerA, innerA, quadA);
            if (THeight.IsTall)
                formA.Put(slabA, QuadsA, Side + outerA, innerA, lowQuadA);
            formB.Put(slabB, QuadsB, outerB, innerB, quadB);

            // Whoever gets past has multiplied the slab before this one, whose place the next one takes.
            Group.Barrier();
            int next = k + Slab;
            quadA = formA.Read<TQuads, T>(a, tile.Matrix, top + outerA, next + innerA, end);
            if (THeight.IsTall)
                lowQuadA = formA.Read<TQuads, T>(a, tile.Matrix, top + Side + outerA, next + innerA, end);
            quadB = formB.Read<TQuads, T>(b, tile.Matrix, left + outerB, next + innerB, end);

            // By hand, because no compiler unrolls it.
            var columns = slabA.SubView(blockRow, (Slab * QuadsA) - blockRow);
            var rows = slabB.SubView(blockColumn, (Slab * QuadsB) - blockColumn);
            sums = FourSteps(sums, columns, rows, 0);
            sums = FourSteps(sums, columns, rows, 4);
            sums = FourSteps(sums, columns, rows, 8);
            sums = FourSteps(sums, columns, rows, 12);
        }

        int row = top + (blockRow << 2), column = left + (blockColumn << 2);
        Store(tile, sums.Upper, row, column);
        if (THeight.IsTall)
            Store(tile, sums.Lower, row + Side, column);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Sums FourSteps(Sums sums, ArrayView<Quad<T>> columns, ArrayView<Quad<T>> rows, int k)
        => Step(Step(Step(Step(sums, columns, rows, k), columns, rows, k + 1), columns, rows, k + 2), columns, rows, k + 3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Sums Step(Sums sums, ArrayView<Quad<T>> columns, ArrayView<Quad<T>> rows, int k)
    {
        var row = rows[k * QuadsB];
        return new(
            sums.Upper.Plus(columns[k * QuadsA], row),
            THeight.IsTall ? sums.Lower.Plus(columns[(k * QuadsA) + (Side / 4)], row) : sums.Lower);
    }

    // Sums start at the bias; those of the other pieces at zero.
    private MatMulBlock<T> Starts(MatMulTile tile, int column)
    {
        var row = tile.Piece == 0 ? new AnyQuads<T>(bias).Read(grid.BiasAt(tile.Matrix, column), grid.BiasLength - column) : default;
        return new(row, row, row, row);
    }

    private void Store(MatMulTile tile, MatMulBlock<T> block, int row, int column)
    {
        int at = grid.ResultAt(tile, row, column);
        results.Write(at, row < grid.Rows ? grid.Columns - column : 0, Result(block.Row0));
        results.Write(at + grid.Columns, row + 1 < grid.Rows ? grid.Columns - column : 0, Result(block.Row1));
        results.Write(at + (2 * grid.Columns), row + 2 < grid.Rows ? grid.Columns - column : 0, Result(block.Row2));
        results.Write(at + (3 * grid.Columns), row + 3 < grid.Rows ? grid.Columns - column : 0, Result(block.Row3));
    }

    private Quad<T> Result(Quad<T> sums)
        => new(grid.Result(sums.X), grid.Result(sums.Y), grid.Result(sums.Z), grid.Result(sums.W));

    private readonly struct Sums(MatMulBlock<T> upper, MatMulBlock<T> lower)
    {
        public readonly MatMulBlock<T> Upper = upper;

        public readonly MatMulBlock<T> Lower = lower;
    }
}
