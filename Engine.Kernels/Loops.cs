namespace Engine.Kernels;

/// <summary>
/// The loop nest of a kernel over several operands: the size of each loop, and by how many elements each operand moves in it
/// (0 where an operand is broadcast). Loops of size 1 are dropped and neighbours that act as one loop are merged, so that the
/// innermost loop is as long as it can be.
/// </summary>
public sealed class Loops
{
    private Loops(int[] sizes, int[][] strides)
    {
        Sizes = sizes;
        Strides = strides;
        Inner = sizes.Length == 0 ? 1 : sizes[^1];
        Count = 1;
        foreach (int size in sizes)
            Count = checked(Count * size);
        Rows = Count == 0 ? 0 : Count / Inner;
    }

    /// <summary>Loop sizes, outermost first.</summary>
    public int[] Sizes { get; }

    /// <summary>For each operand, its stride in each loop, in elements.</summary>
    public int[][] Strides { get; }

    /// <summary>The number of times the body runs.</summary>
    public int Count { get; }

    /// <summary>The size of the innermost loop.</summary>
    public int Inner { get; }

    /// <summary>The number of times the innermost loop runs.</summary>
    public int Rows { get; }

    /// <summary>Simplifies a loop nest.</summary>
    /// <param name="sizes">Loop sizes, outermost first.</param>
    /// <param name="strides">One array of strides for each operand.</param>
    public static Loops Of(ReadOnlySpan<int> sizes, params int[][] strides)
    {
        // An empty nest has no rows to start at, whichever of its loops is the empty one.
        if (sizes.Contains(0))
            return new Loops([0], [.. strides.Select(_ => new int[1])]);
        var keptSizes = new List<int>();
        var keptStrides = new List<int>[strides.Length];
        for (int operand = 0; operand < strides.Length; operand++)
            keptStrides[operand] = [];

        for (int axis = 0; axis < sizes.Length; axis++)
        {
            if (sizes[axis] == 1)
                continue;
            // Merge where, for every operand, one step of the loop outside is a full run of this one.
            bool merge = keptSizes.Count > 0;
            for (int operand = 0; operand < strides.Length && merge; operand++)
                merge = keptStrides[operand][^1] == (long)strides[operand][axis] * sizes[axis];
            if (merge)
                keptSizes[^1] *= sizes[axis];
            else
                keptSizes.Add(sizes[axis]);

            for (int operand = 0; operand < strides.Length; operand++)
            {
                var kept = keptStrides[operand];
                if (kept.Count == keptSizes.Count)
                    kept[^1] = strides[operand][axis];
                else
                    kept.Add(strides[operand][axis]);
            }
        }

        return new Loops([.. keptSizes], [.. keptStrides.Select(kept => kept.ToArray())]);
    }

    /// <summary>The same loops over some of the operands, in any order, also more than once.</summary>
    internal Loops Over(params ReadOnlySpan<int> operands)
    {
        int[][] strides = new int[operands.Length][];
        for (int i = 0; i < strides.Length; i++)
            strides[i] = Strides[operands[i]];
        return new(Sizes, strides);
    }

    /// <summary>
    /// Whether an operand, if the runs of the innermost loop's body are cut into rows, has for each row elements of its own one of as many
    /// equal parts of a block of memory only.
    /// </summary>
    /// <param name="operand">The operand.</param>
    /// <param name="start">The element of the block at which it starts.</param>
    /// <param name="length">Elements of the block.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="more">By how many elements it reaches further in each run.</param>
    internal bool IsApart(int operand, long start, long length, int rows, long more = 0)
    {
        // From the outside, rows are whole iterations of some loops and then, perhaps, equal parts of one.
        long row = length / rows, end = start + more;
        int left = rows;
        for (int axis = 0; axis < Sizes.Length; axis++)
        {
            int size = Sizes[axis], own = left < size ? size / left : 1;
            long stride = Strides[operand][axis];
            bool isWhole = (left < size ? size % left : left % size) == 0;
            if (!isWhole || stride < 0 || (left > 1 && own * stride != row * Math.Max(1, left / size)))
                return false;
            end += (own - 1) * stride;
            left = Math.Max(1, left / size);
        }

        return left == 1 && length % rows == 0 && start >= 0 && end < row;
    }

    /// <summary>From the first element of an operand to its last one; null if it goes back.</summary>
    internal long? Reach(int operand)
    {
        long reach = 0;
        for (int axis = 0; axis < Sizes.Length; axis++)
        {
            if (Strides[operand][axis] < 0)
                return null;
            reach += (Sizes[axis] - 1) * (long)Strides[operand][axis];
        }

        return reach;
    }

    /// <summary>The stride of an operand in the innermost loop.</summary>
    public int InnerStride(int operand) => Sizes.Length == 0 ? 0 : Strides[operand][^1];

    /// <summary>The element at which an operand starts row number <paramref name="row"/>.</summary>
    public int RowOffset(int operand, int row)
    {
        int offset = 0;
        int[] strides = Strides[operand];
        for (int axis = Sizes.Length - 2; axis >= 0; axis--)
        {
            (row, int position) = Math.DivRem(row, Sizes[axis]);
            offset += position * strides[axis];
        }

        return offset;
    }
}
