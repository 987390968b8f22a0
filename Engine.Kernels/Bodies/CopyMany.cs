namespace Engine.Kernels.Bodies;

/// <summary>
/// Copies many pieces of memory. One index is one word of 4 bytes; pieces follow each other.
/// </summary>
/// <param name="table">For each piece: the address to copy to, the address to copy from, and the index after its last word.</param>
/// <param name="pieces">The number of pieces.</param>
internal readonly struct CopyManyBody(View<long> table, int pieces) : IBody
{
    /// <summary>Numbers of the table for each piece.</summary>
    public const int Columns = 3;

    /// <inheritdoc/>
    public void Invoke(int index)
    {
        int piece = Pieces.Find(table, pieces, Columns, index), start = Pieces.Start(table, Columns, piece);
        var to = new View<int>(table[piece * Columns], int.MaxValue);
        var from = new View<int>(table[(piece * Columns) + 1], int.MaxValue);
        to[index - start] = from[index - start];
    }
}
