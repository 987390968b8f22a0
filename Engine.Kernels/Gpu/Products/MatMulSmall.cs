using System.Numerics;
using System.Runtime.CompilerServices;
using ILGPU;

namespace Engine.Kernels.Gpu.Products;

/// <summary>
/// Products of few results: a group computes a tile of 16 x 16. It goes through the inner indices in slabs of 64, in few long steps,
/// since waiting for memory is what takes time; shared memory holds two. Each quarter of the group sums up a quarter of the slab's
/// inner indices, a thread 2 x 2 results of it; the four sums are added in order.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
internal readonly struct MatMulSmall<T>(
    MatMulGrid grid, MatMulOperand formA, MatMulOperand formB, View<T> results, View<T> a, View<T> b, View<T> bias) : IGroupKernel
    where T : unmanaged, INumber<T>
{
    /// <summary>Rows and columns of a tile.</summary>
    public const int Side = 16;

    /// <summary>Inner indices of a slab.</summary>
    public const int Slab = 64;

    /// <summary>Threads of a group.</summary>
    public const int GroupSize = 256;

    // A slab in shared memory, by pairs: for each inner index the numbers of all rows or columns, and one pair more, so that
    // numbers of neighbouring inner indices lie in different banks.
    private const int Pairs = (Side / 2) + 1;

    /// <inheritdoc/>
    public void Invoke()
    {
        var slabsA = SharedMemory.Allocate<Pair>(2 * Slab * Pairs);
        var slabsB = SharedMemory.Allocate<Pair>(2 * Slab * Pairs);
        var tile = grid.Tile(Grid.IdxX);
        int thread = Group.IdxX, top = tile.Row * Side, left = tile.Column * Side;
        int start = tile.Piece * grid.InnerOfPiece, end = IntrinsicMath.Min(start + grid.InnerOfPiece, grid.Inner);
        int quarter = thread >> 6, pairRow = (thread >> 3) & 7, pairColumn = thread & 7, own = quarter * Pairs * 16;

        var sums = default(Quad<T>);
        var nextA = Read(formA, a, tile.Matrix, top, start, end);
        var nextB = Read(formB, b, tile.Matrix, left, start, end);
        for (int k = start, half = 0; k < end; k += Slab, half ^= 1)
        {
            var slabA = slabsA.SubView(half * Slab * Pairs, Slab * Pairs);
            var slabB = slabsB.SubView(half * Slab * Pairs, Slab * Pairs);
            Put(formA, slabA.Cast<T>(), nextA);
            Put(formB, slabB.Cast<T>(), nextB);

            // Whoever gets past has multiplied the slab before this one, whose place the next one takes. A second barrier, after the
            // multiplication, would not do: ILGPU moves it in front of the reads that it is to wait for.
            Group.Barrier();
            nextA = Read(formA, a, tile.Matrix, top, k + Slab, end);
            nextB = Read(formB, b, tile.Matrix, left, k + Slab, end);

            // By hand, because no compiler unrolls it.
            var columns = slabA.SubView(own + pairRow, (Pairs * 16) - pairRow);
            var rows = slabB.SubView(own + pairColumn, (Pairs * 16) - pairColumn);
            sums = FourSteps(sums, columns, rows, 0);
            sums = FourSteps(sums, columns, rows, 4);
            sums = FourSteps(sums, columns, rows, 8);
            sums = FourSteps(sums, columns, rows, 12);
        }

        // The quarters' sums in the place of the slabs, and from here on a result a thread.
        Group.Barrier();
        var parts = slabsA.Cast<T>();
        int at = (quarter << 8) + (pairRow << 5) + (pairColumn << 1);
        parts[at] = sums.X;
        parts[at + 1] = sums.Y;
        parts[at + Side] = sums.Z;
        parts[at + Side + 1] = sums.W;
        Group.Barrier();
        int row = top + (thread >> 4), column = left + (thread & 15);
        if (row < grid.Rows && column < grid.Columns)
        {
            T sum = tile.Piece == 0 && grid.BiasLength > 0 ? bias[grid.BiasAt(tile.Matrix, column)] : T.Zero;
            sum = sum + parts[thread] + parts[thread + 256] + parts[thread + 512] + parts[thread + 768];
            results[grid.ResultAt(tile, row, column)] = grid.Result(sum);
        }
    }

    // Four numbers a thread; neighbouring threads read neighbours.
    private static Quad<T> Read(MatMulOperand form, View<T> numbers, int matrix, int first, int k, int end)
    {
        int outer = first + Outer(form), outers = form.AlongInner ? 4 : 0;
        int inner = k + Inner(form), inners = form.AlongInner ? 0 : 16;
        return new(
            form.Read(numbers, matrix, outer, inner, end),
            form.Read(numbers, matrix, outer + outers, inner + inners, end),
            form.Read(numbers, matrix, outer + (2 * outers), inner + (2 * inners), end),
            form.Read(numbers, matrix, outer + (3 * outers), inner + (3 * inners), end));
    }

    private static void Put(MatMulOperand form, ArrayView<T> slab, Quad<T> quad)
    {
        int at = (Inner(form) * 2 * Pairs) + Outer(form), step = form.AlongInner ? 4 : 16 * 2 * Pairs;
        slab[at] = quad.X;
        slab[at + step] = quad.Y;
        slab[at + (2 * step)] = quad.Z;
        slab[at + (3 * step)] = quad.W;
    }

    private static int Outer(MatMulOperand form) => form.AlongInner ? Group.IdxX >> 6 : Group.IdxX & 15;

    private static int Inner(MatMulOperand form) => form.AlongInner ? Group.IdxX & 63 : Group.IdxX >> 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Quad<T> FourSteps(Quad<T> sums, ArrayView<Pair> columns, ArrayView<Pair> rows, int k)
        => Step(Step(Step(Step(sums, columns, rows, k), columns, rows, k + 1), columns, rows, k + 2), columns, rows, k + 3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Quad<T> Step(Quad<T> sums, ArrayView<Pair> columns, ArrayView<Pair> rows, int k)
    {
        Pair x = columns[k * Pairs], y = rows[k * Pairs];
        return new(
            (x.First * y.First) + sums.X, (x.First * y.Second) + sums.Y,
            (x.Second * y.First) + sums.Z, (x.Second * y.Second) + sums.W);
    }

    private readonly struct Pair(T first, T second)
    {
        public readonly T First = first;

        public readonly T Second = second;
    }
}
