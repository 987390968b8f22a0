namespace Engine.Kernels;

/// <summary>
/// A plain kernel over rows of numbers, where something is the same for a whole row: it is prepared once for each row where indices have
/// their turns, and by each index for itself where they run at the same time. Implemented by structs of views and numbers.
/// </summary>
/// <typeparam name="TRow">What is the same for a row.</typeparam>
public interface IRowBody<TRow>
    where TRow : struct
{
    /// <summary>Works out what is the same for a row; reads only.</summary>
    TRow Prepare(int row);

    /// <summary>Does the work of one column of a row. Columns run in any order, and at the same time.</summary>
    void Invoke(TRow prepared, int row, int column);
}
