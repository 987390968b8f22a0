using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Engine.Kernels.Cpu;

/// <summary>Turns rows into columns, in squares of <see cref="Block"/> by <see cref="Block"/> that fit registers.</summary>
internal static unsafe class Transposition
{
    /// <summary>The side of a square.</summary>
    public const int Block = 4;

    /// <summary>
    /// <c>to[column, row] = from[row, column]</c>. Works in whole squares: it may read up to <see cref="Block"/> - 1 elements past the end
    /// of a source row, and the destination must have room for its rows and columns rounded up to <see cref="Block"/>.
    /// </summary>
    /// <param name="from">The source, rows by columns.</param>
    /// <param name="fromStride">Elements from one of its rows to the next.</param>
    /// <param name="rows">Rows of the source.</param>
    /// <param name="columns">Columns of the source.</param>
    /// <param name="to">The destination, columns by rows.</param>
    /// <param name="toStride">Elements from one of its rows to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<T>(T* from, nint fromStride, int rows, int columns, T* to, nint toStride)
        where T : unmanaged
    {
        for (int row = 0; row < rows; row += Block)
        {
            // Rows that don't exist repeat the last one.
            T* from0 = from + (row * fromStride);
            T* from1 = from + (Math.Min(row + 1, rows - 1) * fromStride);
            T* from2 = from + (Math.Min(row + 2, rows - 1) * fromStride);
            T* from3 = from + (Math.Min(row + 3, rows - 1) * fromStride);
            T* at = to + row;
            for (int column = 0; column < columns; column += Block, at += Block * toStride)
                Square(from0 + column, from1 + column, from2 + column, from3 + column, at, toStride);
        }
    }

    /// <summary>Transposes four vectors of four floats in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Exchange(ref Vector128<float> row0, ref Vector128<float> row1, ref Vector128<float> row2, ref Vector128<float> row3)
    {
        Vector128<float> low01 = Sse.UnpackLow(row0, row1), high01 = Sse.UnpackHigh(row0, row1);
        Vector128<float> low23 = Sse.UnpackLow(row2, row3), high23 = Sse.UnpackHigh(row2, row3);
        row0 = Sse.MoveLowToHigh(low01, low23);
        row1 = Sse.MoveHighToLow(low23, low01);
        row2 = Sse.MoveLowToHigh(high01, high23);
        row3 = Sse.MoveHighToLow(high23, high01);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Square<T>(T* from0, T* from1, T* from2, T* from3, T* to, nint stride)
        where T : unmanaged
    {
        if (typeof(T) == typeof(float) && Sse.IsSupported)
        {
            Vector128<float> row0 = Vector128.Load((float*)from0), row1 = Vector128.Load((float*)from1);
            Vector128<float> row2 = Vector128.Load((float*)from2), row3 = Vector128.Load((float*)from3);
            Exchange(ref row0, ref row1, ref row2, ref row3);
            row0.Store((float*)to);
            row1.Store((float*)(to + stride));
            row2.Store((float*)(to + (2 * stride)));
            row3.Store((float*)(to + (3 * stride)));
            return;
        }

        if (typeof(T) == typeof(double) && Sse2.IsSupported)
        {
            Pair((double*)from0, (double*)from1, (double*)to, stride);
            Pair((double*)from2, (double*)from3, (double*)to + 2, stride);
            Pair((double*)from0 + 2, (double*)from1 + 2, (double*)to + (2 * stride), stride);
            Pair((double*)from2 + 2, (double*)from3 + 2, (double*)to + (2 * stride) + 2, stride);
            return;
        }

        for (int i = 0; i < Block; i++, to += stride)
        {
            to[0] = from0[i];
            to[1] = from1[i];
            to[2] = from2[i];
            to[3] = from3[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pair(double* from0, double* from1, double* to, nint stride)
    {
        Vector128<double> row0 = Vector128.Load(from0), row1 = Vector128.Load(from1);
        Sse2.UnpackLow(row0, row1).Store(to);
        Sse2.UnpackHigh(row0, row1).Store(to + stride);
    }
}
