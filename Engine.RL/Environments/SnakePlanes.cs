using System.Runtime.CompilerServices;
using Engine.Kernels;

namespace Engine.RL.Environments;

/// <summary>What is observed of boards of <see cref="Snake"/>, drawn inside a kernel.</summary>
internal static class SnakePlanes
{
    /// <summary>Clears some cells.</summary>
    /// <param name="planes">Float32 [cells of all boards, <see cref="Snake.Planes"/>].</param>
    /// <param name="first">The number of the first of them among those of all boards.</param>
    /// <param name="end">The number after the last.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Clear(View<float> planes, int first, int end)
    {
        for (int i = first * Snake.Planes; i < end * Snake.Planes; i++)
            planes[i] = 0;
    }

    /// <summary>Draws the body in a cell, if it is there.</summary>
    /// <param name="planes">Float32 [cells of all boards, <see cref="Snake.Planes"/>].</param>
    /// <param name="cell">The number of the cell among those of all boards.</param>
    /// <param name="place">From 1 at the tail to the length at the head; the cell is free below.</param>
    /// <param name="length">The length of the snake.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Draw(View<float> planes, int cell, int place, int length)
    {
        if (place <= 0)
            return;
        int at = cell * Snake.Planes;
        planes[at] = 1;
        planes[at + 2] = place == 1 ? 1f : 0f;
        planes[at + 4] = place / (float)length;
    }

    /// <summary>Draws head and fruit where they are among some cells of a board, on what is drawn there.</summary>
    /// <param name="planes">Float32 [cells of all boards, <see cref="Snake.Planes"/>].</param>
    /// <param name="first">The number of the board's first cell.</param>
    /// <param name="facts">What is known of the board.</param>
    /// <param name="start">The first of the cells.</param>
    /// <param name="end">The cell after the last.</param>
    public static void Finish(View<float> planes, int first, SnakeFacts facts, int start, int end)
    {
        if (facts.Head >= start && facts.Head < end)
            planes[((first + facts.Head) * Snake.Planes) + 1] = 1;
        if (facts.Fruit >= start && facts.Fruit < end)
            planes[((first + facts.Fruit) * Snake.Planes) + 3] = 1;
    }
}
