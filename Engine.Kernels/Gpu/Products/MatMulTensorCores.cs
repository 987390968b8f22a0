using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Runtime.Cuda;

namespace Engine.Kernels.Gpu.Products;

/// <summary>
/// Large products of float32 on the tensor cores of a CUDA card: a group computes a tile of 64 x 64, a warp 16 x 32 of it, in slabs
/// as <see cref="MatMulTiles{THeight, TQuads, T}"/>. What is multiplied is rounded to tf32, 10 explicit bits of mantissa; sums are
/// those of float32. A result is off by at most about 2^-10 of the sum of its products' sizes.
/// </summary>
/// <remarks>
/// The instruction is out of reach of C#, so it's written as PTX, with sums in registers of its own: what PTX hands to C# takes the way
/// through memory.
/// </remarks>
internal readonly struct MatMulTensorCores<TQuads>(
    MatMulGrid grid, MatMulOperand formA, MatMulOperand formB, View<float> results, TQuads a, TQuads b, View<float> bias) : IGroupKernel
    where TQuads : struct, IQuads<float>
{
    private const int Side = MatMulTiles.Side, Slab = MatMulTiles.Slab;

    // Two quads more than a slab has for each inner index: so the 4 inner and 8 outer indices that a warp reads at once lie in 32 banks.
    private const int Quads = (Side / 4) + 2, Stride = 4 * Quads;

    private const string Instruction = "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32";

    /// <inheritdoc/>
    public void Invoke()
    {
        var tilesA = SharedMemory.Allocate<Quad<float>>(2 * Slab * Quads);
        var tilesB = SharedMemory.Allocate<Quad<float>>(2 * Slab * Quads);
        var tile = grid.Tile(Grid.IdxX);
        int thread = Group.IdxX, top = tile.Row * Side, left = tile.Column * Side;
        int start = tile.Piece * grid.InnerOfPiece, end = IntrinsicMath.Min(start + grid.InnerOfPiece, grid.Inner);
        int outerA = formA.OuterOf(thread), innerA = formA.InnerOf(thread), outerB = formB.OuterOf(thread), innerB = formB.InnerOf(thread);

        // Where the instruction wants what: the lanes of a warp are 8 rows, or columns, by 4 inner indices, or pairs of columns.
        int warp = thread >> 5, eighth = (thread & 31) >> 2, fourth = thread & 3, warpRow = (warp & 3) << 4, warpColumn = (warp >> 2) << 5;
        int row = top + warpRow + eighth, column = left + warpColumn + (fourth << 1);
        CudaAsm.Emit(".reg .f32 sum<16>;");
        Start(tile, column);

        var quadA = formA.Read<TQuads, float>(a, tile.Matrix, top + outerA, start + innerA, end);
        var quadB = formB.Read<TQuads, float>(b, tile.Matrix, left + outerB, start + innerB, end);
        for (int k = start, half = 0; k < end; k += Slab, half ^= 1)
        {
            var slabA = tilesA.SubView(half * Slab * Quads, Slab * Quads);
            var slabB = tilesB.SubView(half * Slab * Quads, Slab * Quads);
            formA.Put(slabA, Quads, outerA, innerA, Round(quadA));
            formB.Put(slabB, Quads, outerB, innerB, Round(quadB));

            // Whoever gets past has multiplied the slab before this one, whose place the next one takes.
            Group.Barrier();
            quadA = formA.Read<TQuads, float>(a, tile.Matrix, top + outerA, k + Slab + innerA, end);
            quadB = formB.Read<TQuads, float>(b, tile.Matrix, left + outerB, k + Slab + innerB, end);
            int fromA = (fourth * Stride) + warpRow + eighth, fromB = (fourth * Stride) + warpColumn + eighth;
            var columns = slabA.Cast<float>().SubView(fromA, (Slab * Stride) - fromA);
            var rows = slabB.Cast<float>().SubView(fromB, (Slab * Stride) - fromB);
            Multiply(columns, rows, 0);
            Multiply(columns, rows, 8);
        }

        Store(tile, row, column);
    }

    // 16 x 32 results by 8 inner indices.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Multiply(ArrayView<float> columns, ArrayView<float> rows, int k)
    {
        int upper = k * Stride, lower = upper + (4 * Stride);
        int a0 = Bits(columns[upper]), a1 = Bits(columns[upper + 8]), a2 = Bits(columns[lower]), a3 = Bits(columns[lower + 8]);
        CudaAsm.Emit(
            Instruction + " {sum0, sum1, sum2, sum3}, {%0, %1, %2, %3}, {%4, %5}, {sum0, sum1, sum2, sum3};",
            a0, a1, a2, a3, Bits(rows[upper + 0]), Bits(rows[lower + 0]));
        CudaAsm.Emit(
            Instruction + " {sum4, sum5, sum6, sum7}, {%0, %1, %2, %3}, {%4, %5}, {sum4, sum5, sum6, sum7};",
            a0, a1, a2, a3, Bits(rows[upper + 8]), Bits(rows[lower + 8]));
        CudaAsm.Emit(
            Instruction + " {sum8, sum9, sum10, sum11}, {%0, %1, %2, %3}, {%4, %5}, {sum8, sum9, sum10, sum11};",
            a0, a1, a2, a3, Bits(rows[upper + 16]), Bits(rows[lower + 16]));
        CudaAsm.Emit(
            Instruction + " {sum12, sum13, sum14, sum15}, {%0, %1, %2, %3}, {%4, %5}, {sum12, sum13, sum14, sum15};",
            a0, a1, a2, a3, Bits(rows[upper + 24]), Bits(rows[lower + 24]));
    }

    private static Quad<float> Round(Quad<float> quad) => new(Round(quad.X), Round(quad.Y), Round(quad.Z), Round(quad.W));

    // To the nearest tf32, halves away from zero; the hardware cuts bits off.
    private static float Round(float number)
        => float.IsNaN(number) ? float.NaN : BitConverter.Int32BitsToSingle((Bits(number) + 0x1000) & ~0x1FFF);

    private static int Bits(float number) => BitConverter.SingleToInt32Bits(number);

    // Sums start at the bias; those of the other pieces at zero.
    private void Start(MatMulTile tile, int column)
    {
        CudaAsm.Emit(
            "mov.f32 sum0, %0; mov.f32 sum1, %1; mov.f32 sum2, %0; mov.f32 sum3, %1;",
            First(tile, column + 0), First(tile, column + 1));
        CudaAsm.Emit(
            "mov.f32 sum4, %0; mov.f32 sum5, %1; mov.f32 sum6, %0; mov.f32 sum7, %1;",
            First(tile, column + 8), First(tile, column + 9));
        CudaAsm.Emit(
            "mov.f32 sum8, %0; mov.f32 sum9, %1; mov.f32 sum10, %0; mov.f32 sum11, %1;",
            First(tile, column + 16), First(tile, column + 17));
        CudaAsm.Emit(
            "mov.f32 sum12, %0; mov.f32 sum13, %1; mov.f32 sum14, %0; mov.f32 sum15, %1;",
            First(tile, column + 24), First(tile, column + 25));
    }

    private float First(MatMulTile tile, int column)
        => tile.Piece == 0 && column < grid.BiasLength ? bias[grid.BiasAt(tile.Matrix, column)] : 0;

    private void Store(MatMulTile tile, int row, int column)
    {
        if (IsResult(row, column + 0))
            CudaAsm.Emit("st.global.f32 [%0], sum0;", Address(tile, row, column + 0));
        if (IsResult(row, column + 1))
            CudaAsm.Emit("st.global.f32 [%0], sum1;", Address(tile, row, column + 1));
        if (IsResult(row + 8, column + 0))
            CudaAsm.Emit("st.global.f32 [%0], sum2;", Address(tile, row + 8, column + 0));
        if (IsResult(row + 8, column + 1))
            CudaAsm.Emit("st.global.f32 [%0], sum3;", Address(tile, row + 8, column + 1));
        if (IsResult(row, column + 8))
            CudaAsm.Emit("st.global.f32 [%0], sum4;", Address(tile, row, column + 8));
        if (IsResult(row, column + 9))
            CudaAsm.Emit("st.global.f32 [%0], sum5;", Address(tile, row, column + 9));
        if (IsResult(row + 8, column + 8))
            CudaAsm.Emit("st.global.f32 [%0], sum6;", Address(tile, row + 8, column + 8));
        if (IsResult(row + 8, column + 9))
            CudaAsm.Emit("st.global.f32 [%0], sum7;", Address(tile, row + 8, column + 9));
        if (IsResult(row, column + 16))
            CudaAsm.Emit("st.global.f32 [%0], sum8;", Address(tile, row, column + 16));
        if (IsResult(row, column + 17))
            CudaAsm.Emit("st.global.f32 [%0], sum9;", Address(tile, row, column + 17));
        if (IsResult(row + 8, column + 16))
            CudaAsm.Emit("st.global.f32 [%0], sum10;", Address(tile, row + 8, column + 16));
        if (IsResult(row + 8, column + 17))
            CudaAsm.Emit("st.global.f32 [%0], sum11;", Address(tile, row + 8, column + 17));
        if (IsResult(row, column + 24))
            CudaAsm.Emit("st.global.f32 [%0], sum12;", Address(tile, row, column + 24));
        if (IsResult(row, column + 25))
            CudaAsm.Emit("st.global.f32 [%0], sum13;", Address(tile, row, column + 25));
        if (IsResult(row + 8, column + 24))
            CudaAsm.Emit("st.global.f32 [%0], sum14;", Address(tile, row + 8, column + 24));
        if (IsResult(row + 8, column + 25))
            CudaAsm.Emit("st.global.f32 [%0], sum15;", Address(tile, row + 8, column + 25));
    }

    private bool IsResult(int row, int column) => row < grid.Rows && column < grid.Columns;

    private long Address(MatMulTile tile, int row, int column) => results.Address + (4L * grid.ResultAt(tile, row, column));
}
