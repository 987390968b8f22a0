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
        // The first piece that ends after the index.
        int low = 0, high = pieces - 1;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (index < table[(middle * Columns) + 2])
                high = middle;
            else
                low = middle + 1;
        }

        int start = low > 0 ? (int)table[(low * Columns) - 1] : 0;
        var to = new View<int>(table[low * Columns], int.MaxValue);
        var from = new View<int>(table[(low * Columns) + 1], int.MaxValue);
        to[index - start] = from[index - start];
    }
}
