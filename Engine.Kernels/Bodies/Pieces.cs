namespace Engine.Kernels.Bodies;

/// <summary>Pieces of memory that follow each other, listed in a table with a row of numbers for each.</summary>
internal static class Pieces
{
    /// <summary>The first piece that ends after an index.</summary>
    /// <param name="table">The table.</param>
    /// <param name="count">The number of pieces.</param>
    /// <param name="columns">Numbers for each piece; the last is the index after its end.</param>
    /// <param name="index">The index, which some piece has.</param>
    public static int Find(View<long> table, int count, int columns, int index)
    {
        int low = 0, high = count - 1;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (index < table[((middle + 1) * columns) - 1])
                high = middle;
            else
                low = middle + 1;
        }

        return low;
    }

    /// <summary>The index at which a piece begins.</summary>
    public static int Start(View<long> table, int columns, int piece) => piece > 0 ? (int)table[(piece * columns) - 1] : 0;
}
