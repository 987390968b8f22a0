using Engine.Core;
using Engine.RL.Environments;

namespace Engine.Tests.RL;

/// <summary>States of <see cref="Snake"/> set up by hand, and what is seen of them.</summary>
internal static class SnakePosition
{
    /// <summary>A position on boards, [boards, numbers].</summary>
    /// <param name="snake">The game.</param>
    /// <param name="body">Cells of the snake, the head first.</param>
    /// <param name="fruit">The cell of the fruit.</param>
    /// <param name="steps">Steps already made; at least as many as the snake has grown.</param>
    /// <param name="boards">How many boards of it.</param>
    public static Tensor Of(Snake snake, int[] body, int fruit, int steps = 20, int boards = 1)
    {
        int clock = steps + 1, cells = snake.Rows * snake.Columns;
        int[] state = [clock, body[0], body.Length, fruit, 0, 0, 0, .. new int[cells]];
        for (int i = 0; i < body.Length; i++)
            state[^(cells - body[i])] = clock - i;
        return Tensor.From([.. Enumerable.Repeat(state, boards).SelectMany(each => each)], [boards, state.Length]);
    }

    /// <summary>Cells of one plane that are not zero, for the first of the observations.</summary>
    public static int[] Cells(Tensor observations, int plane)
        => [.. Plane(observations, plane).Index().Where(cell => cell.Item != 0).Select(cell => cell.Index)];

    /// <summary>The snake's cells, the head first.</summary>
    public static int[] Body(Tensor observations)
        => [.. Plane(observations, 4).Index().Where(cell => cell.Item != 0).OrderByDescending(cell => cell.Item)
            .Select(cell => cell.Index)];

    public static double[] Plane(Tensor observations, int plane) => observations[0, .., .., plane].ToDoubles();
}
