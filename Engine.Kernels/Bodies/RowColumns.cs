namespace Engine.Kernels.Bodies;

/// <summary>A body of rows, one index for each column of each row.</summary>
internal readonly struct RowColumns<TBody, TRow>(TBody body, int columns) : IBody
    where TBody : struct, IRowBody<TRow>
    where TRow : struct
{
    /// <inheritdoc/>
    public void Invoke(int index)
    {
        int row = index / columns;
        body.Invoke(body.Prepare(row), row, index - (row * columns));
    }
}
