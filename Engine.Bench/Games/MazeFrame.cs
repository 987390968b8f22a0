using Engine.RL.Environments;
using Spectre.Console;

namespace Engine.Bench.Games;

/// <summary>One frame of an episode in the maze, on the host.</summary>
/// <param name="Rows">Rows of the maze.</param>
/// <param name="Columns">Columns of the maze.</param>
/// <param name="Walls">Whether there is a wall, of each cell along rows.</param>
/// <param name="Agent">The agent's cell.</param>
/// <param name="Goal">The goal's cell.</param>
/// <param name="Step">Steps taken in the episode.</param>
/// <param name="Return">The sum of rewards so far.</param>
/// <param name="Truncated">Whether the step limit has cut off the episode.</param>
public sealed record MazeFrame(
    int Rows, int Columns, IReadOnlyList<bool> Walls, int Agent, int Goal, int Step, double Return, bool Truncated)
    : GameFrame(Step, Return)
{
    private static readonly Color s_wall = new(88, 97, 109);

    /// <inheritdoc/>
    public override string Outcome => Won ? "reached the goal" : Truncated ? "step limit" : "";

    /// <inheritdoc/>
    public override bool Won => Agent == Goal;

    /// <summary>@@ is the agent, the goal (), and ## a wall.</summary>
    public override Board Draw()
    {
        var board = new Board(Rows, Columns);
        foreach (var (cell, isWall) in Walls.Index())
        {
            if (isWall)
                Place(cell, Cell.Filled("##", s_wall));
        }

        Place(Goal, Cell.Thing("()", Cell.Orange));
        Place(Agent, Cell.Hero);
        return board;

        void Place(int cell, Cell thing) => board[cell / Columns, cell % Columns] = thing;
    }

    /// <summary>Reads a moment of an episode.</summary>
    internal static new MazeFrame Read(Moment moment)
    {
        var (shape, state) = (moment.Game.ObservationShape, (Maze.State)moment.State);
        float[] planes = moment.Game.Observe(state).ToArray<float>();
        bool[] walls = [.. planes.Where((_, at) => at % Maze.Planes == 0).Select(wall => wall != 0)];
        return new MazeFrame(
            shape[0], shape[1], walls, (int)state.Agent.Item(), (int)state.Goal.Item(), moment.Step, moment.Return, moment.Truncated);
    }
}
