namespace Engine.Kernels;

/// <summary>
/// A batch of matrix products of [rows, inner] by [inner, columns]. A transposed operand is stored with its two axes exchanged.
/// </summary>
/// <param name="Batch">The number of products.</param>
/// <param name="Rows">Rows of the left matrix.</param>
/// <param name="Inner">Columns of the left matrix and rows of the right one.</param>
/// <param name="Columns">Columns of the right matrix.</param>
/// <param name="TransposeA">Whether left matrices are stored as [inner, rows].</param>
/// <param name="TransposeB">Whether right matrices are stored as [columns, inner].</param>
/// <param name="BatchStrideA">Elements from one left matrix to the next: 0 if all products share it.</param>
/// <param name="BatchStrideB">Elements from one right matrix to the next: 0 if all products share it.</param>
/// <param name="BatchStrideBias">Elements from one bias row to the next: 0 if all products share it.</param>
/// <param name="Rectifies">Whether results below 0 become 0, as by <see cref="Functions.ReluFunction"/>.</param>
public sealed record MatMulShape(
    int Batch,
    int Rows,
    int Inner,
    int Columns,
    bool TransposeA,
    bool TransposeB,
    int BatchStrideA,
    int BatchStrideB,
    int BatchStrideBias = 0,
    bool Rectifies = false)
{
    /// <summary>Floating-point operations, a multiply-add as two.</summary>
    public double Operations => 2.0 * Batch * Rows * Inner * Columns;
}
