namespace Engine.Kernels.Bodies;

/// <summary>A body of rows, one index for each column of each row.</summary>
internal readonly struct RowColumns<TBody>(TBody body, int columns) : IBody
    where TBody : struct, IRowBody
{
    /// <inheritdoc/>
    public void Invoke(int index)
    {
        int row = index / columns, column = index - (row * columns);
        body.Invoke(row, column, column + 1);
    }
}
