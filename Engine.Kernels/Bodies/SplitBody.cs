namespace Engine.Kernels.Bodies;

/// <summary>
/// Takes rows apart: each row of a part is some consecutive words of a row of the source. One index is one word of 4 bytes; parts follow
/// each other.
/// </summary>
/// <param name="source">The rows, [rows, width].</param>
/// <param name="table">
/// For each part: its address, the word of a row it starts at, its words of a row, and the index after its last.
/// </param>
/// <param name="parts">The number of parts.</param>
/// <param name="width">Words of a row of the source.</param>
internal readonly struct SplitBody(View<int> source, View<long> table, int parts, int width) : IBody
{
    /// <summary>Numbers of the table for each part.</summary>
    public const int Columns = 4;

    /// <inheritdoc/>
    public void Invoke(int index)
    {
        int part = Pieces.Find(table, parts, Columns, index), at = index - Pieces.Start(table, Columns, part);
        int start = (int)table[(part * Columns) + 1], length = (int)table[(part * Columns) + 2], row = at / length;
        var to = new View<int>(table[part * Columns], int.MaxValue);
        to[at] = source[(row * width) + start + at - (row * length)];
    }
}
