namespace Engine.Kernels;

/// <summary>
/// A plain kernel over rows of numbers, for work in which much is the same for a whole row: it does some of a row's columns in one go.
/// Implemented by structs of views and numbers. The processor asks for whole rows, a GPU for one column at a time.
/// </summary>
public interface IRowBody
{
    /// <summary>
    /// Makes a whole row ready before <see cref="Invoke"/> is asked for it: clears and copies, which vectors do best. Only the processor
    /// calls it, so it may use spans. <see cref="Invoke"/> does the same by itself for a part of a row.
    /// </summary>
    void Prepare(int row);

    /// <summary>
    /// Does the work of the columns from <paramref name="start"/> up to, not including, <paramref name="end"/>. Others may be done at the
    /// same time.
    /// </summary>
    void Invoke(int row, int start, int end);
}
