using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Engine.Kernels.Cpu;

/// <summary>How many vectors of the result lie side by side in a tile: 2 or 3.</summary>
internal interface IWidth
{
    static abstract int Vectors { get; }
}

/// <inheritdoc cref="IWidth"/>
internal readonly struct Two : IWidth
{
    public static int Vectors => 2;
}

/// <inheritdoc cref="IWidth"/>
internal readonly struct Three : IWidth
{
    public static int Vectors => 3;
}

/// <summary>
/// Tiles of several whole vectors: a number of the left operand is loaded once for two or three multiply-adds, so that loads keep up with
/// the arithmetic. Rows are as many as there are registers for.
/// </summary>
/// <inheritdoc cref="MatMulVectorTiles{V, R, T}" path="/remarks"/>
internal static unsafe class MatMulWideTiles<V, R, T>
    where V : struct, IRegister<R, T>
    where R : struct
    where T : unmanaged
{
    private const int Height = MatMulForm.TileHeight;

    /// <summary>Two or three vectors' width of columns of the result, from top to bottom.</summary>
    /// <typeparam name="W">How many.</typeparam>
    /// <param name="strides">How to move.</param>
    /// <param name="rows">Rows of the result.</param>
    /// <param name="a">The left operand at the first row.</param>
    /// <param name="aTile">From one full tile of it to the next.</param>
    /// <param name="b">The right operand at the first column.</param>
    /// <param name="bNext">From there to the next vector.</param>
    /// <param name="c">The result at the first row and column.</param>
    /// <param name="start">The numbers that sums start at.</param>
    public static void Panels<W>(in MatMulStrides strides, int rows, T* a, nint aTile, T* b, nint bNext, T* c, T* start)
        where W : struct, IWidth
    {
        for (; rows >= Height; rows -= Height, a += aTile, c += Height * strides.CRow)
            Tile<W>(strides, Height, a, b, bNext, c, start);
        if (rows >= Height / 2)
        {
            Tile<W>(strides, Height / 2, a, b, bNext, c, start);
            rows -= Height / 2;
            a += Height / 2 * strides.ARow;
            c += Height / 2 * strides.CRow;
        }

        int step = strides.Start == Start.Row ? V.Count : 0;
        for (int i = 0; rows > 0 && i < W.Vectors; i++, b += bNext, c += V.Count, start += step)
            MatMulVectorTiles<V, R, T>.Panel(strides, rows, a, aTile, b, c, start, V.Count, (T*)nuint.MaxValue);
    }

    // A tile of all blocks.
    private static void Tile<W>(in MatMulStrides strides, int rows, T* a, T* b, nint bNext, T* c, T* start)
        where W : struct, IWidth
    {
        for (int k = 0; k == 0 || k < strides.Inner; k += MatMulForm.BlockInner)
        {
            var block = MatMulVectorTiles<V, R, T>.Block(strides, k);
            if (rows == Height && V.Count * sizeof(T) == 64)
            {
                Eight<W>(block, a, b, bNext, c, start);
            }
            else
            {
                for (int row = 0; row < rows; row += 4)
                    Four<W>(block, a + (row * strides.ARow), b, bNext, c + (row * strides.CRow), start);
            }

            a += block.Inner * strides.AInner;
            b += block.Inner * strides.BInner;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Eight<W>(in MatMulStrides strides, T* a, T* b, nint bNext, T* c, T* start)
        where W : struct, IWidth
    {
        nint aRow = strides.ARow, aInner = strides.AInner, bInner = strides.BInner, cRow = strides.CRow;
        Start kind = strides.Start;
        nint row2 = 2 * aRow, row3 = 3 * aRow;
        T* lower = a + (4 * aRow);
        Prefetch<W>(c);
        Prefetch<W>(c + cRow);
        Prefetch<W>(c + (2 * cRow));
        Prefetch<W>(c + (3 * cRow));
        Prefetch<W>(c + (4 * cRow));
        Prefetch<W>(c + (5 * cRow));
        Prefetch<W>(c + (6 * cRow));
        Prefetch<W>(c + (7 * cRow));
        int step = kind == Start.Row ? V.Count : 0;
        R x0 = MatMulVectorTiles<V, R, T>.First(start, kind), x1 = x0, x2 = x0, x3 = x0, x4 = x0, x5 = x0, x6 = x0, x7 = x0;
        R y0 = MatMulVectorTiles<V, R, T>.First(start + step, kind), y1 = y0, y2 = y0, y3 = y0, y4 = y0, y5 = y0, y6 = y0, y7 = y0;
        R z0 = W.Vectors == 3 ? MatMulVectorTiles<V, R, T>.First(start + (2 * step), kind) : default, z1 = z0, z2 = z0, z3 = z0;
        R z4 = z0, z5 = z0, z6 = z0, z7 = z0;
        for (int k = strides.Inner; k > 0; k--, a += aInner, lower += aInner, b += bInner)
        {
            R right = V.Load(b), next = V.Load(b + bNext), last = W.Vectors == 3 ? V.Load(b + (2 * bNext)) : default;
            Row<W>(V.Splat(*a), right, next, last, ref x0, ref y0, ref z0);
            Row<W>(V.Splat(a[aRow]), right, next, last, ref x1, ref y1, ref z1);
            Row<W>(V.Splat(a[row2]), right, next, last, ref x2, ref y2, ref z2);
            Row<W>(V.Splat(a[row3]), right, next, last, ref x3, ref y3, ref z3);
            Row<W>(V.Splat(*lower), right, next, last, ref x4, ref y4, ref z4);
            Row<W>(V.Splat(lower[aRow]), right, next, last, ref x5, ref y5, ref z5);
            Row<W>(V.Splat(lower[row2]), right, next, last, ref x6, ref y6, ref z6);
            Row<W>(V.Splat(lower[row3]), right, next, last, ref x7, ref y7, ref z7);
        }

        Store<W>(x0, y0, z0, c, kind);
        Store<W>(x1, y1, z1, c + cRow, kind);
        Store<W>(x2, y2, z2, c + (2 * cRow), kind);
        Store<W>(x3, y3, z3, c + (3 * cRow), kind);
        Store<W>(x4, y4, z4, c + (4 * cRow), kind);
        Store<W>(x5, y5, z5, c + (5 * cRow), kind);
        Store<W>(x6, y6, z6, c + (6 * cRow), kind);
        Store<W>(x7, y7, z7, c + (7 * cRow), kind);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Four<W>(in MatMulStrides strides, T* a, T* b, nint bNext, T* c, T* start)
        where W : struct, IWidth
    {
        nint aRow = strides.ARow, aInner = strides.AInner, bInner = strides.BInner, cRow = strides.CRow;
        Start kind = strides.Start;
        nint row2 = 2 * aRow, row3 = 3 * aRow;
        Prefetch<W>(c);
        Prefetch<W>(c + cRow);
        Prefetch<W>(c + (2 * cRow));
        Prefetch<W>(c + (3 * cRow));
        int step = kind == Start.Row ? V.Count : 0;
        R x0 = MatMulVectorTiles<V, R, T>.First(start, kind), x1 = x0, x2 = x0, x3 = x0;
        R y0 = MatMulVectorTiles<V, R, T>.First(start + step, kind), y1 = y0, y2 = y0, y3 = y0;
        R z0 = W.Vectors == 3 ? MatMulVectorTiles<V, R, T>.First(start + (2 * step), kind) : default, z1 = z0, z2 = z0, z3 = z0;
        for (int k = strides.Inner; k > 0; k--, a += aInner, b += bInner)
        {
            R right = V.Load(b), next = V.Load(b + bNext), last = W.Vectors == 3 ? V.Load(b + (2 * bNext)) : default;
            Row<W>(V.Splat(*a), right, next, last, ref x0, ref y0, ref z0);
            Row<W>(V.Splat(a[aRow]), right, next, last, ref x1, ref y1, ref z1);
            Row<W>(V.Splat(a[row2]), right, next, last, ref x2, ref y2, ref z2);
            Row<W>(V.Splat(a[row3]), right, next, last, ref x3, ref y3, ref z3);
        }

        Store<W>(x0, y0, z0, c, kind);
        Store<W>(x1, y1, z1, c + cRow, kind);
        Store<W>(x2, y2, z2, c + (2 * cRow), kind);
        Store<W>(x3, y3, z3, c + (3 * cRow), kind);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row<W>(R left, R right, R next, R last, ref R x, ref R y, ref R z)
        where W : struct, IWidth
    {
        x = V.MultiplyAdd(left, right, x);
        y = V.MultiplyAdd(left, next, y);
        if (W.Vectors == 3)
            z = V.MultiplyAdd(left, last, z);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<W>(R x, R y, R z, T* c, Start kind)
        where W : struct, IWidth
    {
        Store(x, c, kind);
        Store(y, c + V.Count, kind);
        if (W.Vectors == 3)
            Store(z, c + (2 * V.Count), kind);
    }

    // A row of the result is wanted at the end of the tile.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch<W>(T* row)
        where W : struct, IWidth
    {
        if (!Sse.IsSupported)
            return;
        Sse.Prefetch0(row);
        Sse.Prefetch0(row + V.Count);
        if (W.Vectors == 3)
            Sse.Prefetch0(row + (2 * V.Count));
        Sse.Prefetch0(row + (W.Vectors * V.Count) - 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(R sum, T* c, Start kind) => V.Store(kind == Start.Result ? V.Add(sum, V.Load(c)) : sum, c);
}
