using Engine.Kernels;

namespace Engine.RL.Environments;

/// <summary>What is observed of one board of <see cref="Snake"/>, drawn inside a kernel.</summary>
/// <param name="planes">Float32 [cells of all boards, <see cref="Snake.Planes"/>].</param>
/// <param name="row">Which board.</param>
/// <param name="cells">The number of cells of one.</param>
internal readonly struct SnakePlanes(View<float> planes, int row, int cells)
{
    private readonly int _at = row * cells * Snake.Planes;

    /// <summary>All numbers of the board, for the processor.</summary>
    public Span<float> Span => planes.Span.Slice(_at, cells * Snake.Planes);

    /// <summary>Clears some cells.</summary>
    public void Clear(int start, int end)
    {
        for (int i = start * Snake.Planes; i < end * Snake.Planes; i++)
            planes[_at + i] = 0;
    }

    /// <summary>Draws what there is in some cells, which are clear.</summary>
    /// <param name="stamps">The time at which the head last came to each cell of the board.</param>
    /// <param name="facts">What else is known of the board.</param>
    /// <param name="start">The first of the cells.</param>
    /// <param name="end">The cell after the last.</param>
    public void Draw(View<int> stamps, SnakeFacts facts, int start, int end)
    {
        var drawn = planes.From(_at);
        int length = facts.Length, lastFree = facts.Clock - length, head = facts.Head, fruit = facts.Fruit;
        for (int cell = start; cell < end; cell++)
        {
            // From 1 at the tail to the length at the head; the cell is free below.
            int place = stamps[cell] - lastFree;
            if (place <= 0)
                continue;
            int at = cell * Snake.Planes;
            drawn[at] = 1;
            drawn[at + 2] = place == 1 ? 1f : 0f;
            drawn[at + 4] = place / (float)length;
        }

        if (head >= start && head < end)
            drawn[(head * Snake.Planes) + 1] = 1;
        if (fruit >= start && fruit < end)
            drawn[(fruit * Snake.Planes) + 3] = 1;
    }
}
