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
    // Panels filled together, so that a row is read for some lines in one go.
    private const int AtOnce = 8;

    /// <summary>Panels of one matrix.</summary>
    public static int Panels(in MatMulForm form) => (form.Columns + V.Count - 1) / V.Count;

    /// <summary>From one inner index of a panel to the next, in elements: transpositions work in whole squares.</summary>
    public static int Stride => Math.Max(V.Count, Transposition.Block);

    /// <summary>Elements from one panel to the next.</summary>
    public static nint PanelLength(in MatMulForm form) => (nint)(form.Inner + Transposition.Block - 1) * Stride;

    public void Run(int start, int end)
    {
        int panels = Panels(form);
        while (start < end)
        {
            int matrix = start / panels, panel = start - (matrix * panels), column = panel * V.Count;
            int count = form.TransposedB ? 1 : Math.Min(Math.Min(panels - panel, end - start), AtOnce);
            T* from = b + (matrix * form.BatchStrideB) + (column * form.ColumnStrideB);
            T* to = packed + (start * PanelLength(form));
            if (form.TransposedB)
                Transposition.Run(from, form.ColumnStrideB, Math.Min(V.Count, form.Columns - column), form.Inner, to, Stride);
            else
                Copy(from, to, count);
            start += count;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Copy(T* from, T* to, int count)
    {
        nint next = PanelLength(form);
        for (int k = 0; k < form.Inner; k++, from += form.InnerStrideB, to += Stride)
        {
            T* source = from, destination = to;
            for (int i = count; i > 0; i--, source += V.Count, destination += next)
                V.Store(V.Load(source), destination);
        }
    }
}

/// <summary>
/// Products of large matrices: a block of a few of the right operand's panels stays in the first cache, a packed block of the left operand
/// in the second. A unit is one tile's height of rows.
/// </summary>
internal readonly unsafe struct LargeProducts<V, R, T>(MatMulForm form, T* c, T* a, T* packed, T* bias) : IKernel
    where V : struct, IRegister<R, T>
    where R : struct
    where T : unmanaged
{
    // Rows of a packed block of the left operand, which is 256 KiB: half of a small second cache.
    private static int BlockRows => 256 * 1024 / (MatMulForm.BlockInner * sizeof(T));

    [SkipLocalsInit]
    public void Run(int start, int end)
    {
        T* block = stackalloc T[(BlockRows * MatMulForm.BlockInner) + (Transposition.Block * MatMulForm.TileHeight)];
        int tiles = form.Tiles;
        while (start < end)
        {
            int matrix = start / tiles, tile = start - (matrix * tiles);
            int count = Math.Min(Math.Min(tiles - tile, end - start), BlockRows / MatMulForm.TileHeight);
            int row = tile * MatMulForm.TileHeight, rows = Math.Min(form.Rows - row, count * MatMulForm.TileHeight);
            for (int k = 0; k < form.Inner; k += MatMulForm.BlockInner)
                Block(matrix, row, rows, k, Math.Min(MatMulForm.BlockInner, form.Inner - k), block);
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
        nint blockTile = (nint)MatMulForm.TileHeight * inner;
        for (int column = 0, vectors; column < form.Columns; column += vectors * V.Count, panel += vectors * panelLength)
        {
            int width = form.Columns - column;
            T* first = kind == Start.Row ? start + column : start;
            vectors = Math.Clamp(width / V.Count, 1, 3);
            if (vectors == 3)
                MatMulWideTiles<V, R, T>.Panels<Three>(strides, rows, block, blockTile, panel, panelLength, result + column, first);
            else if (vectors == 2)
                MatMulWideTiles<V, R, T>.Panels<Two>(strides, rows, block, blockTile, panel, panelLength, result + column, first);
            else
                MatMulVectorTiles<V, R, T>.Panel(strides, rows, block, blockTile, panel, result + column, first, width, Limit(width));
        }

        // Nothing may spill to the right: what is there is an earlier sum.
        static T* Limit(int width) => width < V.Count ? null : (T*)nuint.MaxValue;
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
