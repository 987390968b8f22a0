using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>
/// Right matrices rearranged for <see cref="LargeProducts{V, R, T}"/>: panel after panel of one vector's width, each from top to bottom,
/// so that tiles read memory in one go. A unit is a panel.
/// </summary>
internal readonly unsafe struct PackPanels<V, R, T>(MatMulForm form, T* packed, T* b) : IKernel
    where V : struct, IRegister<R, T>
    where R : struct
    where T : unmanaged
{
    /// <summary>Panels of one matrix.</summary>
    public static int Panels(in MatMulForm form) => (form.Columns + V.Count - 1) / V.Count;

    /// <summary>From one inner index of a panel to the next, in elements: transpositions work in whole squares.</summary>
    public static int Stride => Math.Max(V.Count, Transposition.Block);

    /// <summary>Elements from one panel to the next.</summary>
    public static nint PanelLength(in MatMulForm form) => (nint)(form.Inner + Transposition.Block - 1) * Stride;

    public void Run(int start, int end)
    {
        int panels = Panels(form);
        for (int unit = start; unit < end; unit++)
        {
            int matrix = unit / panels, column = (unit - (matrix * panels)) * V.Count;
            T* from = b + (matrix * form.BatchStrideB) + (column * form.ColumnStrideB);
            T* to = packed + (unit * PanelLength(form));
            if (form.TransposedB)
            {
                Transposition.Run(from, form.ColumnStrideB, Math.Min(V.Count, form.Columns - column), form.Inner, to, Stride);
                continue;
            }

            for (int k = 0; k < form.Inner; k++, from += form.InnerStrideB, to += Stride)
                V.Store(V.Load(from), to);
        }
    }
}

/// <summary>
/// Products of large matrices: a block of the right operand's panel stays in the first cache, a packed block of the left operand in
/// the second. A unit is one tile's height of rows.
/// </summary>
internal readonly unsafe struct LargeProducts<V, R, T>(MatMulForm form, T* c, T* a, T* packed, T* bias) : IKernel
    where V : struct, IRegister<R, T>
    where R : struct
    where T : unmanaged
{
    // Rows of a packed block of the left operand.
    private const int BlockRows = 16 * MatMulForm.TileHeight;

    // Inner indices of a block: at most 16 KiB of a panel of 512-bit vectors, 128 KiB of the left operand.
    private static int BlockInner => MatMulTiles<V, R, T>.BlockInner;

    [SkipLocalsInit]
    public void Run(int start, int end)
    {
        T* block = stackalloc T[(BlockRows * BlockInner) + (Transposition.Block * MatMulForm.TileHeight)];
        int tiles = form.Tiles;
        while (start < end)
        {
            int matrix = start / tiles, tile = start - (matrix * tiles);
            int count = Math.Min(Math.Min(tiles - tile, end - start), BlockRows / MatMulForm.TileHeight);
            int row = tile * MatMulForm.TileHeight, rows = Math.Min(form.Rows - row, count * MatMulForm.TileHeight);
            for (int k = 0; k < form.Inner; k += BlockInner)
                Block(matrix, row, rows, k, Math.Min(BlockInner, form.Inner - k), block);
            T* results = c + ((((nint)matrix * form.Rows) + row) * form.Columns);
            if (form.Rectifies)
                Rectifier<T>.Run(results, results + ((nint)rows * form.Columns));
            start += count;
        }
    }

    private void Block(int matrix, int row, int rows, int k, int inner, T* block)
    {
        for (int tile = 0; tile < rows; tile += MatMulForm.TileHeight)
            PackTile(matrix, row + tile, Math.Min(MatMulForm.TileHeight, rows - tile), k, inner, block + (tile * (nint)inner));

        Start kind = k > 0 ? Start.Result : form.Start;
        var strides = new MatMulStrides(inner, 1, MatMulForm.TileHeight, PackPanels<V, R, T>.Stride, form.Columns, kind);
        int panels = PackPanels<V, R, T>.Panels(form);
        nint panelLength = PackPanels<V, R, T>.PanelLength(form);
        T* panel = packed + (form.BatchStrideB == 0 ? 0 : matrix * panels * panelLength) + ((nint)k * PackPanels<V, R, T>.Stride);
        T* result = c + ((((nint)matrix * form.Rows) + row) * form.Columns);
        T* start = bias + (matrix * form.BatchStrideBias);
        for (int column = 0; column < form.Columns; column += V.Count, panel += panelLength)
        {
            // Nothing may spill to the right: what is there is an earlier sum.
            int width = form.Columns - column;
            MatMulTiles<V, R, T>.Panel(
                strides, rows, block, (nint)MatMulForm.TileHeight * inner, panel, result + column,
                kind == Start.Row ? start + column : start, width, width < V.Count ? null : (T*)nuint.MaxValue);
        }
    }

    // Rows side by side, so that a tile finds what it needs for an inner index in one place.
    private void PackTile(int matrix, int row, int rows, int k, int inner, T* to)
    {
        T* from = a + (matrix * form.BatchStrideA) + (row * form.RowStrideA) + (k * form.InnerStrideA);
        if (form.RowStrideA != 1)
        {
            Transposition.Run(from, form.RowStrideA, rows, inner, to, MatMulForm.TileHeight);
            return;
        }

        if (rows == MatMulForm.TileHeight)
        {
            for (int i = 0; i < inner; i++, from += form.InnerStrideA, to += MatMulForm.TileHeight)
                Unsafe.CopyBlockUnaligned(to, from, (uint)(MatMulForm.TileHeight * sizeof(T)));
            return;
        }

        for (int i = 0; i < inner; i++, from += form.InnerStrideA, to += MatMulForm.TileHeight)
        {
            for (int j = 0; j < rows; j++)
                to[j] = from[j];
        }
    }
}
