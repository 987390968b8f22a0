namespace Engine.Kernels.Bodies;

/// <summary>
/// Rows side by side: each row of the result is a row of each part, one after the other. One index is one word of 4 bytes of the result.
/// </summary>
/// <param name="y">The result, [rows, width].</param>
/// <param name="table">For each part: its address, and the word of a row after its last one.</param>
/// <param name="parts">The number of parts.</param>
/// <param name="width">Words of a row.</param>
internal readonly struct ConcatenateBody(View<int> y, View<long> table, int parts, int width) : IBody
{
    /// <summary>Numbers of the table for each part.</summary>
    public const int Columns = 2;

    /// <inheritdoc/>
    public void Invoke(int index)
    {
        int row = index / width, at = index - (row * width);
        int part = Pieces.Find(table, parts, Columns, at), start = Pieces.Start(table, Columns, part);
        int length = (int)table[(part * Columns) + 1] - start;
        y[index] = new View<int>(table[part * Columns], int.MaxValue)[(row * length) + at - start];
    }
}
