using Engine.Core;
using Engine.RL.Environments;

namespace Engine.Bench.Games;

/// <summary>An agent that has learned to play a game.</summary>
internal interface ITrainedAgent
{
    /// <summary>The game it learned.</summary>
    IEnvironment<object> Environment { get; }

    /// <summary>The agent in a few words: where it comes from and how long it learned.</summary>
    string Describe { get; }

    /// <summary>The policy's logits, [actions].</summary>
    /// <param name="observation">What it sees.</param>
    Tensor Logits(Tensor observation);
}
