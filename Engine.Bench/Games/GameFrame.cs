using Engine.RL.Environments;
using static System.FormattableString;

namespace Engine.Bench.Games;

/// <summary>One frame of a game, on the host.</summary>
/// <param name="Step">Steps taken in the episode.</param>
/// <param name="Return">The sum of rewards so far.</param>
public abstract record GameFrame(int Step, double Return)
{
    /// <summary>Says how the episode ended, for people; empty while it goes on.</summary>
    public abstract string Outcome { get; }

    /// <summary>Whether it ended as well as it can.</summary>
    public abstract bool Won { get; }

    /// <summary>How the episode stands, in a line.</summary>
    public virtual string Status => Invariant($"step {Step}  return {Return:0.##}");

    /// <summary>What is to be seen.</summary>
    public abstract Board Draw();

    /// <summary>Reads a moment of any game that can be shown: a game is a class like <see cref="MazeFrame"/> and a line here.</summary>
    /// <exception cref="ArgumentException">The game can't be shown.</exception>
    internal static GameFrame Read(Moment moment) => moment.State switch
    {
        Engine.Core.Tensor => SnakeFrame.Read(moment),
        Catch.State => CatchFrame.Read(moment),
        CartPole.State => CartPoleFrame.Read(moment),
        Maze.State => MazeFrame.Read(moment),
        _ => throw new ArgumentException($"There is no picture of a {moment.State.GetType()}.", nameof(moment)),
    };
}
