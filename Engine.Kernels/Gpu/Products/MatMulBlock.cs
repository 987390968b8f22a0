using System.Numerics;
using System.Runtime.CompilerServices;

namespace Engine.Kernels.Gpu.Products;

/// <summary>The 4 x 4 results that a thread sums up, by rows.</summary>
/// <typeparam name="T">The element type.</typeparam>
internal readonly struct MatMulBlock<T>(Quad<T> row0, Quad<T> row1, Quad<T> row2, Quad<T> row3)
    where T : unmanaged, INumber<T>
{
    /// <summary>Row 0.</summary>
    public readonly Quad<T> Row0 = row0;

    /// <summary>Row 1.</summary>
    public readonly Quad<T> Row1 = row1;

    /// <summary>Row 2.</summary>
    public readonly Quad<T> Row2 = row2;

    /// <summary>Row 3.</summary>
    public readonly Quad<T> Row3 = row3;

    /// <summary>Adds the products of a part of a column and a part of a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public MatMulBlock<T> Plus(Quad<T> column, Quad<T> row)
        => new(
            Row0.PlusProduct(column.X, row), Row1.PlusProduct(column.Y, row), Row2.PlusProduct(column.Z, row),
            Row3.PlusProduct(column.W, row));
}
