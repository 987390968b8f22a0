using Engine.RL.Environments;

namespace Engine.Bench.Games;

/// <summary>A moment of an episode, where it is played.</summary>
/// <param name="Game">The game.</param>
/// <param name="State">Its state.</param>
/// <param name="Action">What led to it; null at the beginning.</param>
/// <param name="Step">Steps taken.</param>
/// <param name="Return">The sum of rewards so far.</param>
/// <param name="Terminated">Whether the episode has come to its end.</param>
/// <param name="Truncated">Whether the step limit has cut it off.</param>
internal sealed record Moment(
    IEnvironment<object> Game, object State, int? Action, int Step, double Return, bool Terminated, bool Truncated);
